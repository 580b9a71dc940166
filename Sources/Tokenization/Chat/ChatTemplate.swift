// Conversations as the text that a model was trained on; see Specs/Tokenizers.md, "Chat templates".

internal import JSON

/// One turn of a conversation.
public struct ChatMessage: Sendable, Equatable {
  /// Usually system, user or assistant.
  public var role: String
  public var content: String

  public init(role: String, content: String) {
    self.role = role
    self.content = content
  }
}

/// A conversation as text, and which parts of it are what. Ranges count UTF-8 bytes.
public struct RenderedChat: Sendable, Equatable {
  public var text: String
  /// What the messages say. A special token's name in there is plain text.
  public var contents: [Range<Int>]
  /// What the model should come to write: each answer with the token that ends its turn.
  public var answers: [Range<Int>]
}

/// The names of special tokens that templates may print.
public struct ChatTokens: Sendable, Equatable {
  public var begin: String
  public var end: String
  public var unknown: String?
  public var padding: String?

  public init(begin: String, end: String, unknown: String? = nil, padding: String? = nil) {
    self.begin = begin
    self.end = end
    self.unknown = unknown
    self.padding = padding
  }
}

public struct ChatTemplate: Sendable {
  /// A built-in template's name, or where the template was found.
  public let name: String
  /// The template in Jinja.
  public let source: String

  /// A conversation has at most this many messages, because answers are found by rendering its
  /// beginnings.
  public static let messages = 4096

  /// The names that `init(named:)` knows, sorted.
  public static var names: [String] { BuiltInTemplates.all.map(\.name) }

  /// A built-in template.
  public init(named name: String) throws(TokenizerError) {
    guard let found = BuiltInTemplates.all.first(where: { $0.name == name }) else {
      throw .unsupported(
        file: "chat template", option: "name", value: shown(name),
        advice: "choose one of \(Self.names.joined(separator: ", "))")
    }
    self.name = name
    source = found.source
  }

  /// A template in Jinja, checked for what is not implemented. `file` is its name for messages.
  public init(source: String, file: String) throws(TokenizerError) {
    do {
      var parser = try JinjaParser(source)
      _ = try parser.template()
      name = try Self.knownName(source) ?? file
    } catch {
      throw Self.refusal(error, file)
    }
    self.source = source
  }

  /// The template of tokenizer_config.json. Of several, the one called `default`. Nil if the file has
  /// none; then one must be chosen by name.
  public init?(configuration bytes: [UInt8], file: String) throws(TokenizerError) {
    let fields = try TokenizerFields(
      TokenizerConfiguration.value(bytes, file), file: file, path: "tokenizer_config")
    guard let value = fields.object["chat_template"], !value.isNull else { return nil }
    if let text = value.string {
      try self.init(source: text, file: file)
      return
    }
    guard let list = value.array else {
      throw .malformed(file: file, problem: "chat_template is \(value.kind)")
    }
    guard let chosen = list.first(where: { $0["name"]?.string == "default" }),
      let text = chosen["template"]?.string
    else {
      throw .unsupported(
        file: file, option: "chat_template", value: "a list without a default",
        advice: "choose a template by name: \(Self.names.joined(separator: ", "))")
    }
    try self.init(source: text, file: file)
  }

  /// The built-in template that consists of the same text and tags, however they are spelt.
  private static func knownName(_ source: String) throws(JinjaError) -> String? {
    var lexer = JinjaLexer(source)
    let pieces = try lexer.cut()
    for (name, known) in BuiltInTemplates.all {
      var lexer = JinjaLexer(known)
      if try lexer.cut() == pieces { return name }
    }
    return nil
  }

  private static func refusal(_ error: JinjaError, _ file: String) -> TokenizerError {
    .unsupported(
      file: file, option: "chat_template", value: shown(error.message),
      advice: "choose a template by name instead: \(names.joined(separator: ", "))")
  }

  /// The conversation as text. With `addsGenerationPrompt` it ends where the model should answer.
  public func render(
    _ messages: [ChatMessage], tokens: ChatTokens, addsGenerationPrompt: Bool = false
  ) throws(TokenizerError) -> RenderedChat {
    if messages.count > Self.messages {
      throw .limit(
        what: "the number of messages", value: messages.count, limit: Self.messages,
        advice: "cut the conversation")
    }
    let nodes: [JinjaNode]
    let whole: JinjaInterpreter
    do {
      var parser = try JinjaParser(source)
      nodes = try parser.template()
      whole = try run(nodes, messages, tokens, addsGenerationPrompt)
    } catch { throw Self.refusal(error, name) }
    var answers = whole.generated
    if answers.isEmpty {
      for place in messages.indices where messages[place].role == "assistant" {
        if let range = answer(place, nodes, messages, tokens, whole.output) {
          answers.append(range)
        }
      }
    }
    return RenderedChat(
      text: whole.output.string, contents: whole.output.contentRanges.map(\.range),
      answers: answers)
  }

  /// The part that message `place` adds behind what asks for it: what stands after the messages before
  /// it with a generation prompt, up to where the text with it ends. Where a template writes the
  /// beginning of a conversation differently, what the message says and the token that follows.
  private func answer(
    _ place: Int, _ nodes: [JinjaNode], _ messages: [ChatMessage], _ tokens: ChatTokens,
    _ whole: TemplateText
  ) -> Range<Int>? {
    let contents = whole.contentRanges.filter { $0.message == place }.map(\.range)
    guard let first = contents.first, let last = contents.last else { return nil }
    let before = try? run(nodes, Array(messages[..<place]), tokens, true).output.bytes
    let after = try? run(nodes, Array(messages[...place]), tokens, false).output.bytes
    if let before, let after, before.count <= first.lowerBound, after.count >= last.upperBound,
      whole.bytes.starts(with: before), whole.bytes.starts(with: after)
    {
      return before.count..<after.count
    }
    var end = last.upperBound
    let endings = [tokens.end] + BuiltInTemplates.turnEndings
    for ending in endings where !ending.isEmpty {
      var start = end
      // Some templates put a space before it.
      if start < whole.bytes.count, whole.bytes[start] == 0x20 { start += 1 }
      if whole.bytes[start...].starts(with: ending.utf8) {
        end = start + ending.utf8.count
        break
      }
    }
    return first.lowerBound..<end
  }

  private func run(
    _ nodes: [JinjaNode], _ messages: [ChatMessage], _ tokens: ChatTokens, _ prompt: Bool
  ) throws(JinjaError) -> JinjaInterpreter {
    let list = messages.enumerated().map { place, message in
      JinjaValue.dictionary([
        JinjaMember("role", .string(message.role)),
        JinjaMember(
          "content",
          .text(
            TemplateText(Array(message.content.utf8), origin: Int32(truncatingIfNeeded: place)))),
      ])
    }
    // Today's date is not given, so that the same conversation is the same text tomorrow: templates
    // that print one have a fixed date for this case.
    var variables: [(name: String, value: JinjaValue)] = [
      ("messages", .list(list)), ("add_generation_prompt", .bool(prompt)),
      ("tools", .none), ("documents", .none), ("bos_token", .string(tokens.begin)),
      ("eos_token", .string(tokens.end)),
    ]
    if let unknown = tokens.unknown { variables.append(("unk_token", .string(unknown))) }
    if let padding = tokens.padding { variables.append(("pad_token", .string(padding))) }
    var interpreter = JinjaInterpreter(variables)
    try interpreter.run(nodes)
    return interpreter
  }
}

/// The parts of tokenizer_config.json that matter beside tokenizer.json.
public enum TokenizerConfiguration {
  static func value(_ bytes: [UInt8], _ file: String) throws(TokenizerError) -> JSONValue {
    do {
      return try JSONValue(parsing: bytes, limits: JSONLimits(depth: 32, bytes: 16 << 20))
    } catch {
      throw .malformed(file: file, problem: "not valid JSON: \(error)")
    }
  }

  /// The special tokens that templates print; empty where the file names none.
  public static func chatTokens(
    _ bytes: [UInt8], file: String = "tokenizer_config.json"
  ) throws(TokenizerError) -> ChatTokens {
    let value = try value(bytes, file)
    func token(_ key: String) -> String? {
      value[key]?.string ?? value[key]?["content"]?.string
    }
    return ChatTokens(
      begin: token("bos_token") ?? "", end: token("eos_token") ?? "",
      unknown: token("unk_token"), padding: token("pad_token"))
  }
}

extension Tokenizer {
  /// The tokens of a rendered conversation, and for each whether it belongs to an answer. The template's
  /// special tokens are recognised, those in the messages are text. The template has put the begin
  /// token where it belongs, so none is added.
  public func encode(
    _ chat: RenderedChat
  ) throws(TokenizerError) -> (ids: [Int32], answers: [Bool]) {
    let encoding = try encode(
      Array(chat.text.utf8), addsSpecialTokens: false, literal: chat.contents, withOffsets: true)
    var place = 0
    var marks: [Bool] = []
    marks.reserveCapacity(encoding.ids.count)
    for offset in encoding.offsets {
      while place < chat.answers.count, chat.answers[place].upperBound <= offset.lowerBound {
        place += 1
      }
      // A token that begins before an answer and reaches into it is part of the question.
      marks.append(place < chat.answers.count && chat.answers[place].contains(offset.lowerBound))
    }
    return (encoding.ids, marks)
  }
}
