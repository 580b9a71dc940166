// Tests of chat templates against Jinja2, and of the marks of answers; see Specs/Tokenizers.md, "Chat
// templates".

import JSON
import Testing
import Tokenization

@Suite struct ChatTests {
  static let tokens = ChatTokens(begin: "<s>", end: "</s>")

  func messages(_ value: JSONValue?) -> [ChatMessage] {
    (value?.array ?? []).map {
      ChatMessage(role: $0["role"]?.string ?? "", content: $0["content"]?.string ?? "")
    }
  }

  @Test func `every template gives the text that Jinja gives`() throws {
    let file = try #require(Repository.contents("\(Repository.fixtures)/chat/cases.jsonl"))
    var named = 0
    for line in file.split(separator: 0x0A) {
      let item = try JSONValue(parsing: Array(line))
      let name = try #require(item["name"]?.string)
      let source = try #require(item["source"]?.string)
      let template = try ChatTemplate(source: source, file: name)
      if ChatTemplate.names.contains(name) {
        named += 1
        #expect(try ChatTemplate(named: name).source == source, "\(name)")
        #expect(template.name == name)
      }
      let label = "\(name) \(item["messages"]?.serialized() ?? "") \(item["prompt"] ?? nil)"
      do {
        let chat = try template.render(
          messages(item["messages"]), tokens: Self.tokens,
          addsGenerationPrompt: item["prompt"]?.bool ?? false)
        #expect(chat.text == item["text"]?.string, "\(label)")
      } catch {
        #expect(item["error"] != nil, "\(label): \(error)")
      }
    }
    #expect(named == 12 * ChatTemplate.names.count)
  }

  @Test func `answers reach from the prompt to the end of the turn`() throws {
    let talk = [
      ChatMessage(role: "user", content: "2+2?"), ChatMessage(role: "assistant", content: " 4 "),
      ChatMessage(role: "user", content: "3+3?"), ChatMessage(role: "assistant", content: "6"),
    ]
    let expected: [String: [String]] = [
      "chatml": [" 4 <|im_end|>\n", "6<|im_end|>\n"],
      "qwen2": [" 4 <|im_end|>\n", "6<|im_end|>\n"],
      "smollm": [" 4 <|im_end|>\n", "6<|im_end|>\n"],
      "llama-3": ["4<|eot_id|>", "6<|eot_id|>"],
      "llama-2": [" 4 </s>", " 6 </s>"],
      "mistral": [" 4 </s>", "6</s>"],
      "zephyr": [" 4 </s>\n", "6</s>\n"],
      "alpaca": [" 4 </s>\n\n", "6</s>\n\n"],
      "gemma": ["4<end_of_turn>\n", "6<end_of_turn>\n"],
      "phi-3": [" 4 <|end|>\n", "6<|end|>\n"],
      "vicuna": ["  4 </s>", " 6</s>"],
    ]
    for name in ChatTemplate.names {
      let chat = try ChatTemplate(named: name).render(talk, tokens: Self.tokens)
      let bytes = Array(chat.text.utf8)
      let answers = chat.answers.map { String(decoding: bytes[$0], as: UTF8.self) }
      #expect(answers == expected[name], "\(name): \(answers)")
      let contents = chat.contents.map { String(decoding: bytes[$0], as: UTF8.self) }
      #expect(contents.map { $0.filter { $0 != " " } } == ["2+2?", "4", "3+3?", "6"], "\(name)")
    }
    let marked = try ChatTemplate(
      source: "{% for m in messages %}{% if m.role == 'assistant' %}<a>{% generation %}"
        + "{{ m.content }}.{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}",
      file: "x")
    let chat = try marked.render(talk, tokens: Self.tokens)
    #expect(chat.text == "2+2?<a> 4 .3+3?<a>6.")
    #expect(chat.answers == [7..<11, 18..<20])
  }

  @Test(.enabled(if: Repository.hasReference, "../shared/reference is absent"))
  func `the reference conversation has the reference ids`() throws {
    let file = try #require(Repository.contents(Repository.reference + "/chat.json"))
    let chat = try JSONValue(parsing: file)
    let model = try #require(
      Repository.contents(Repository.reference + "/tokenizers/gpt2.json"))
    let tokenizer = try Tokenizer(parsing: model)
    let source = try #require(chat["chat_template"]?.string)
    let template = try ChatTemplate(source: source, file: "chat.json")
    #expect(template.name == "chatml")
    for item in try #require(chat["cases"]?.array) {
      let rendered = try template.render(
        messages(item["messages"]), tokens: Self.tokens,
        addsGenerationPrompt: item["add_generation_prompt"]?.bool ?? false)
      #expect(rendered.text == item["text"]?.string)
      let ids = try #require(item["ids"]?.array).compactMap { $0.int.map(Int32.init) }
      #expect(try tokenizer.encode(rendered.text, addsSpecialTokens: false).ids == ids)
      // In a record, a stranger's <|im_end|> is text; apart from that the ids are the same.
      let safe = try tokenizer.encode(rendered)
      if !rendered.text.contains("<|im_end|>?") { #expect(safe.ids == ids) }
      #expect(safe.ids.count == safe.answers.count)
      #expect(safe.answers.contains(true) == !rendered.answers.isEmpty)
    }
    let config = try #require(
      Repository.contents(Repository.reference + "/nano/tokenizer_config.json"))
    #expect(try ChatTemplate(configuration: config, file: "c")?.name == "chatml")
    #expect(try TokenizerConfiguration.chatTokens(config).end == "<|endoftext|>")
  }

  @Test func `a special token's name in a message is text, the template's is a token`() throws {
    let model = try #require(Repository.contents("\(Repository.fixtures)/llama3.json"))
    let tokenizer = try Tokenizer(parsing: model)
    let end = try #require(tokenizer.id(of: "<|im_end|>"))
    let chat = try ChatTemplate(named: "chatml").render(
      [
        ChatMessage(role: "user", content: "<|im_end|>"),
        ChatMessage(role: "assistant", content: "a<|im_start|>b"),
      ], tokens: Self.tokens)
    let (ids, answers) = try tokenizer.encode(chat)
    #expect(ids.filter { $0 == end }.count == 2)
    #expect(tokenizer.decode(ids, skipsSpecialTokens: false) == chat.text)
    let learned = zip(ids, answers).filter(\.1).map(\.0)
    #expect(
      tokenizer.decode(learned, skipsSpecialTokens: false) == "a<|im_start|>b<|im_end|>\n")
  }

  @Test func `what a template asks for and is not there is refused with a way out`() {
    for source in [
      "{% include 'x' %}", "{{ messages|sort }}", "{{ 1 +", "{% for x in y %}",
      "{{ ''|tojson(4) }}",
      "{% if %}{% endif %}", "{{ x.y.z }}", "{{ 'a' }", "{# open",
      "{{ messages|first.content.foo() }}",
      "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
      "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
      String(repeating: "(", count: 5000), "{{ " + String(repeating: "1+", count: 5000) + "1 }}",
      "{% set x = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' %}"
        + String(repeating: "{% set x = x + x %}", count: 60),
      "{{ " + String(repeating: "[", count: 500), "{{ raise_exception('no') }}",
      "{{ 9223372036854775807 * 2 }}",
      "{{ 1 // 0 }}", "{{ -9223372036854775807 // -1 }}{{ 1 % 0 }}",
      String(repeating: "{% if 1 %}", count: 3000),
    ] where !source.hasPrefix("(") {
      do {
        let template = try ChatTemplate(source: source, file: "tokenizer_config.json")
        _ = try template.render([ChatMessage(role: "user", content: "x")], tokens: Self.tokens)
        Issue.record("accepted: \(source.prefix(60))")
      } catch {
        #expect("\(error)".contains("chatml"), "\(error)")
      }
    }
    #expect(throws: TokenizerError.self) { try ChatTemplate(named: "nonesuch") }
  }
}
