// Mutated and structured hostile input to the tokenizer's parsers and hostile texts: a named error or a
// value, never a crash; see Specs/Tokenizers.md, "Limits".

import Testing
import Tokenization

@Suite struct HostileTests {
  struct Mutator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(truncatingIfNeeded: state >> 33) % max(bound, 1)
    }

    static let json = [
      "9223372036854775807", "-1", "4194304", "null", "[]", "{}", "[[[[", "\"", "{", "}", "]", ",",
      ":", "true", "false", "\"\"", "\"Sequence\"", "\"ByteLevel\"", "\"Metaspace\"", "\"NFKC\"",
      "\"first\"", "\"Strip\"", "\"▁\"", "\"a\"", "\\ud83d", "\"normalized\":true,",
    ].map { Array($0.utf8) }

    static let jinja = [
      "{%", "%}", "{{", "}}", "-", "'", "(", ")", "[", "]", "|", ".", " if ", " for x in messages ",
      "{% endif %}", "{% endfor %}", "{% set x = x + 'a' %}", " is ", " not ", "loop.", "[::-1]",
      "|tojson", "range(9)", "9223372036854775807", "~", "messages", "{#", "#}", "x.y", "//0",
    ].map { Array($0.utf8) }

    mutating func mutated(_ bytes: [UInt8], _ scraps: [[UInt8]]) -> [UInt8] {
      var output = bytes
      for _ in 0...next(4) {
        let place = next(output.count + 1)
        switch next(5) {
        case 0: if place < output.count { output[place] = UInt8(next(256)) }
        case 1: output.insert(contentsOf: scraps[next(scraps.count)], at: place)
        case 2: output.removeSubrange(place..<min(output.count, place + next(30)))
        case 3:
          let end = min(output.count, place + next(60))
          output.insert(contentsOf: Array(output[place..<end]), at: next(output.count + 1))
        default: output.removeLast(min(output.count, next(20)))
        }
      }
      return output
    }
  }

  static let names = ["gpt2", "llama2", "added", "metaspace", "mistral", "contiguous", "unknown"]

  @Test(arguments: names)
  func `mutated tokenizer files never crash the reader or the encoder`(_ name: String) throws {
    let file = try #require(Repository.contents("\(Repository.fixtures)/\(name).json"))
    let seed: UInt64 = 21
    var mutator = Mutator(seed: seed)
    TokenizationFuzzing.tokenizer(file)
    for _ in 0..<700 { TokenizationFuzzing.tokenizer(mutator.mutated(file, Mutator.json)) }
    // The steps stand at both ends; most of the middle is vocabulary.
    for _ in 0..<700 {
      let start = mutator.mutated(Array(file.prefix(900)), Mutator.json)
      TokenizationFuzzing.tokenizer(start + file.dropFirst(900))
    }
    print("seed \(seed): 1400 mutated files of \(name)")
  }

  @Test(arguments: names)
  func `random bytes never crash the encoder or the decoder`(_ name: String) throws {
    let file = try #require(Repository.contents("\(Repository.fixtures)/\(name).json"))
    let tokenizer = try Tokenizer(parsing: file)
    let seed: UInt64 = 22
    var mutator = Mutator(seed: seed)
    for _ in 0..<1500 {
      let bytes = (0..<mutator.next(60)).map { _ in
        mutator.next(3) == 0 ? UInt8(mutator.next(256)) : UInt8(0x20 + mutator.next(96))
      }
      TokenizationFuzzing.text(bytes, tokenizer)
    }
    print("seed \(seed): 1500 random texts through \(name)")
  }

  @Test func `mutated chat templates never crash the interpreter`() throws {
    let seed: UInt64 = 23
    var mutator = Mutator(seed: seed)
    for name in ChatTemplate.names {
      let source = Array(try ChatTemplate(named: name).source.utf8)
      for _ in 0..<400 {
        TokenizationFuzzing.chatTemplate(mutator.mutated(source, Mutator.jinja))
      }
    }
    let configuration = Array(#"{"chat_template":[{"name":"default","template":"x"}]}"#.utf8)
    for _ in 0..<2000 {
      TokenizationFuzzing.configuration(mutator.mutated(configuration, Mutator.json))
    }
    print("seed \(seed): \(400 * ChatTemplate.names.count) mutated templates")
  }

  func tokenizer(_ model: String, _ rest: String = "") -> String {
    do {
      let file =
        #"{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":[]\#(model)}\#(rest)}"#
      return "accepted \(try Tokenizer(parsing: Array(file.utf8)).vocabularySize)"
    } catch {
      return "\(error)"
    }
  }

  @Test func `what is not implemented is refused by its name`() {
    #expect(tokenizer("") == "accepted 3")
    let cases: [(String, String, String)] = [
      (#","dropout":0.1"#, "", "dropout"),
      (#","end_of_word_suffix":"</w>""#, "", "end_of_word_suffix"),
      (#","new_option":1"#, "", "model.new_option"),
      ("", #","normalizer":{"type":"Precompiled"}"#, "normalizer.type = Precompiled"),
      ("", #","normalizer":{"type":"BertNormalizer"}"#, "BertNormalizer"),
      ("", #","pre_tokenizer":{"type":"Whitespace"}"#, "Whitespace"),
      (
        "",
        #","pre_tokenizer":{"type":"Split","pattern":{"Regex":"x+"},"behavior":"Isolated"}"#, "x+"
      ),
      ("", #","decoder":{"type":"WordPiece"}"#, "WordPiece"),
      ("", #","post_processor":{"type":"BertProcessing"}"#, "BertProcessing"),
      ("", #","extra":1"#, "extra"),
    ]
    for (model, rest, expected) in cases {
      #expect(tokenizer(model, rest).contains(expected), "\(tokenizer(model, rest))")
    }
  }

  @Test func `absurd tokenizer files are refused before they cost anything`() {
    func refusal(_ text: String) -> String {
      do {
        _ = try Tokenizer(parsing: Array(text.utf8))
        return "accepted"
      } catch {
        return "\(error)"
      }
    }
    #expect(refusal(#"{"model":{"vocab":{"a":2000000000},"merges":[]}}"#).contains("limit"))
    #expect(refusal(#"{"model":{"vocab":{"a":-1},"merges":[]}}"#).contains("whole number"))
    #expect(refusal(#"{"model":{"vocab":{"a":0},"merges":["a a"]}}"#).contains("merge 0"))
    #expect(refusal(#"{"model":{"vocab":{"a":0,"":1},"merges":[["a",""]]}}"#).contains("empty"))
    #expect(refusal(#"{"model":{"vocab":{"a":0,"a":1},"merges":[]}}"#).contains("twice"))
    let commas = #"{"x":["# + String(repeating: "0,", count: 9_000_000) + "0]}"
    #expect(refusal(commas).contains("commas"))
    var nested = #"{"type":"NFC"}"#
    for _ in 0..<20 { nested = #"{"type":"Sequence","normalizers":[\#(nested)]}"# }
    #expect(tokenizer("", #","normalizer":\#(nested)"#).contains("limit"))
    let many = (0..<40).map { _ in #"{"type":"NFC"}"# }.joined(separator: ",")
    #expect(
      tokenizer("", #","normalizer":{"type":"Sequence","normalizers":[\#(many)]}"#)
        .contains("limit"))
  }

  @Test func `steps that would blow up a text are refused before they do`() {
    func steps(_ kind: String, _ step: String, _ count: Int) -> String {
      let list = [String](repeating: step, count: count).joined(separator: ",")
      return #","\#(kind)":{"type":"Sequence","\#(kind)s":[\#(list)]}"#
    }
    func replace(_ pattern: String, _ content: String) -> String {
      #"{"type":"Replace","pattern":{"String":"\#(pattern)"},"content":"\#(content)"}"#
    }
    let long = String(repeating: "a", count: 1000)
    let cases = [
      steps("normalizer", replace("a", long), 10), steps("decoder", replace("a", long), 10),
      steps("normalizer", #"{"type":"Prepend","prepend":"\#(long)"}"#, 30),
      steps("normalizer", replace("a", "\u{FDFA}") + #",{"type":"NFKC"}"#, 10),
    ]
    for rest in cases {
      #expect(tokenizer("", rest).contains("times longer"), "\(tokenizer("", rest))")
    }
    // What published tokenizers do.
    let usual =
      steps("normalizer", #"{"type":"Prepend","prepend":"▁"},\#(replace(" ", "▁"))"#, 1)
      + steps("decoder", replace("▁", " ") + #",{"type":"ByteFallback"}"#, 1)
    #expect(tokenizer("", usual) == "accepted 3")
    let added =
      steps("normalizer", replace("a", long), 1)
      + #","added_tokens":[{"id":3,"content":"aaaaaaaaaa","normalized":true}]"#
    #expect(tokenizer("", added).contains("once normalised"), "\(tokenizer("", added))")
    let spaces =
      #","normalizer":{"type":"Strip","strip_left":false,"strip_right":true}"#
      + #","added_tokens":[{"id":3,"content":"  ","normalized":true}]"#
    #expect(tokenizer("", spaces).contains("empty once normalised"))
  }

  @Test func `a merge that gives one of its own parts back ends`() throws {
    // The nearest thing to a cycle that the format allows: long words of tokens of each other.
    let file =
      #"{"model":{"vocab":{"a":0,"aa":1,"aaa":2,"aaaa":3},"merges":["a a","aa a","a aa","aa aa","aaa a"]}}"#
    let tokenizer = try Tokenizer(parsing: Array(file.utf8))
    for count in [1, 2, 3, 47, 48, 49, 1000] {
      let ids = try tokenizer.encode(String(repeating: "a", count: count)).ids
      #expect(ids.reduce(0) { $0 + Int($1) + 1 } == count)
    }
  }

  @Test func `a long line without a break is encoded in proportion or refused`() throws {
    let file = try #require(Repository.contents("\(Repository.fixtures)/gpt2.json"))
    let tokenizer = try Tokenizer(parsing: file)
    let letters = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20)
    #expect(try tokenizer.encode(letters).ids.count > 1000)
    let long = [UInt8](repeating: UInt8(ascii: "a"), count: TokenizerLimits.wordBytes + 1)
    // Either it can be cut where no token spans, or the limit has a name.
    do {
      _ = try tokenizer.encode(long)
    } catch {
      #expect("\(error)".contains("the length of a word"))
    }
    let spaces = [UInt8](repeating: 0x20, count: 1 << 20)
    #expect(try tokenizer.decodeBytes(tokenizer.encode(spaces).ids) == spaces)
  }
}
