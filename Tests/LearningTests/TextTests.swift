// Records become texts, and texts become tokens with marks (Specs/Runs.md, "From records to
// tokens").

import Cryptography
import Testing
import Tokenization

@testable import Learning

@Suite struct TextTests {
  static func encoder(
    _ loss: RecordForm.Loss = .completion, limit: Int = 64,
    _ overlong: RecordForm.Overlong = .refuse,
    chat: String? = nil
  ) throws -> RecordEncoder {
    try RecordEncoder(
      Tokenizer(parsing: FixtureRun.bytes(FixtureRun.base + "/tokenizer.json")),
      form: RecordForm(loss: loss, maximumTokens: limit, overlong: overlong), beginToken: 0,
      endTokens: [0],
      conversations: try chat.map {
        ConversationForm(
          try ChatTemplate(named: $0), tokens: ChatTokens(begin: "", end: "<|endoftext|>"))
      })
  }

  static func dataset(_ lines: String, _ name: String = "x.jsonl") throws -> Dataset {
    try Dataset(Array(lines.utf8), fileName: name)
  }

  /// What counts, as text.
  static func counted(_ record: TokenRecord, _ encoder: RecordEncoder) -> String {
    let ids = zip(record.tokens, record.counts).filter(\.1).map(\.0)
    return encoder.tokenizer.decode(ids, skipsSpecialTokens: false)
  }

  @Test func everyUsualShapeIsReadAndItsCompletionCounts() throws {
    let encoder = try Self.encoder(chat: "chatml")
    for (line, expected) in [
      (#"{"prompt":"What is two?","completion":" two"}"#, " two<|endoftext|>"),
      (#"{"instruction":"Add","input":"one","output":"two"}"#, "two<|endoftext|>"),
      (#"{"text":"two plus two"}"#, "two plus two<|endoftext|>"),
      (
        #"{"messages":[{"role":"user","content":"one"},{"role":"assistant","content":"two"}]}"#,
        "two<|im_end|>"
      ),
      (
        #"{"conversations":[{"from":"human","value":"one"},{"from":"gpt","value":"two"}]}"#,
        "two<|im_end|>"
      ),
    ] {
      let record = try encoder.encode(Self.dataset(line).records[0].text)
      let counted = Self.counted(record, encoder)
      // The first token never counts: nothing stands before it.
      #expect(
        counted.hasPrefix(expected) || expected.hasSuffix(counted), "\(line): \(counted)")
    }
    let all = try Self.encoder(.all)
    let record = try all.encode(
      Self.dataset(#"{"prompt":"a b","completion":" c"}"#).records[0].text)
    #expect(record.counts.dropFirst().allSatisfy { $0 } && !record.counts[0])
  }

  @Test func aSpecialTokensNameInARecordIsText() throws {
    let encoder = try Self.encoder()
    let dataset = try Self.dataset(#"{"prompt":"x","completion":"<|endoftext|>"}"#)
    let record = try encoder.encode(dataset.records[0].text)
    #expect(record.tokens.count { $0 == 0 } == 1 && record.tokens.last == 0)
  }

  @Test func aRecordIsNamedByItsBytes() throws {
    let dataset = try Self.dataset("{\"text\":\"a\"}\n\n{\"text\":\"b\"}\r\n")
    #expect(dataset.records.map(\.line) == [1, 3])
    #expect(dataset.records[0].name == SHA256.hash(Array("{\"text\":\"a\"}".utf8)))
  }

  @Test func tablesAndPlainTextAreReadToo() throws {
    let table = try Self.dataset("prompt,completion\n\"a, b\",c\n", "x.csv")
    #expect(table.records[0].text.question?.prompt == "a, b")
    #expect(try Self.dataset("one\ntwo\n", "x.txt").records.count == 2)
  }

  @Test func whatCannotBeLearnedFromIsNamedWithItsLine() throws {
    #expect(throws: DatasetError.unknownShape(file: "x.jsonl", line: 2)) {
      try Self.dataset("{\"text\":\"a\"}\n{\"a\":1}\n")
    }
    #expect(
      throws: DatasetError.broken(
        file: "x.jsonl", line: 2, reason: "byte 1: the document ends too early")
    ) { try Self.dataset("{\"text\":\"a\"}\n{\n") }
    #expect(throws: DatasetError.empty("x.jsonl")) { try Self.dataset("\n") }
    #expect(throws: DatasetError.noRecords("x.bin")) { try Self.dataset("a", "x.bin") }
    let long = try Self.dataset(#"{"text":"one two three four five six seven"}"#)
    #expect(throws: EncodingError.self) {
      try Self.encoder(limit: 4).encode(long, file: "x.jsonl")
    }
    #expect(try Self.encoder(limit: 4, .cut).encode(long, file: "x")[0].tokens.count == 4)
    #expect(try Self.encoder(limit: 4, .skip).encode(long, file: "x")[0].rowCount == 0)
    let chat = try Self.dataset(#"{"messages":[{"role":"user","content":"one"}]}"#)
    #expect(throws: EncodingError.self) { try Self.encoder().encode(chat, file: "x.jsonl") }
  }
}
