// Records as values, and the texts that count when they are compared; see Specs/Records.md.

import JSON
import Records
import Testing

private func value(_ text: String) throws -> Record {
  try Record(Array(text.utf8), format: .jsonLines)
}

private func content(_ text: String, _ format: RecordFormat = .jsonLines, header: CSVHeader? = nil)
  -> String
{
  var reader = RecordContentReader(format: format, header: header)
  return String(decoding: reader.content(of: Array(text.utf8)), as: UTF8.self)
}

@Suite struct RecordValueTests {
  @Test func `every shape of a JSON record becomes its value`() throws {
    #expect(try value(#"{"id": 1, "text": "a\nb"}"#) == .text("a\nb"))
    #expect(
      try value(#"{"prompt": "a", "completion": "b"}"#)
        == .promptCompletion(prompt: "a", completion: "b"))
    #expect(
      try value(#"{"instruction": "a", "output": "b"}"#)
        == .instruction(instruction: "a", input: "", output: "b"))
    #expect(
      try value(
        #"{"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}, {"role": "assistant", "content": null, "tool_calls": []}]}"#
      )
        == .messages([Message(role: "user", content: "a"), Message(role: "assistant", content: "")])
    )
    #expect(
      try value(
        #"{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}"#)
        == .messages([
          Message(role: "user", content: "a"), Message(role: "assistant", content: "b"),
        ]))
    #expect(try value(#"{"a": [1]}"#) == .document(["a": [1]]))
  }

  @Test func `a record that does not parse says why`() {
    #expect(throws: RecordError(reason: "byte 9: the document ends too early")) {
      try value(#"{"text": "#)
    }
    #expect(throws: RecordError(reason: "messages is empty")) { try value(#"{"messages": []}"#) }
    #expect(throws: RecordError(reason: "byte 1: the text is not valid UTF-8")) {
      try Record([0x61, 0xFF], format: .textLines)
    }
  }

  @Test func `column names make a row's value`() throws {
    let dialect = CSVDialect()
    let header = CSVHeader(row: Array("prompt, completion ,id".utf8), dialect: dialect)
    let row = Array("\"a\"\"b\",c,7".utf8)
    #expect(
      try Record(row, format: .csv(dialect), header: header)
        == .promptCompletion(prompt: "a\"b", completion: "c"))
    #expect(
      try Record(row, format: .csv(dialect))
        == .row([
          RowField(column: "1", value: "a\"b"), RowField(column: "2", value: "c"),
          RowField(column: "3", value: "7"),
        ]))
    #expect(throws: RecordError.self) {
      try Record(Array("a,b".utf8), format: .csv(dialect), header: header)
    }
    #expect(content("\"a\"\"b\",c,7", .csv(dialect), header: header) == "a\"b\nc")
  }

  @Test func `the content is the texts without identifiers, unescaped`() {
    #expect(content(#"{"id": 7, "text": "a\u00e9\ud83d\ude00\n\"b\""}"#) == "aé😀\n\"b\"")
    #expect(content(#"{"output": "c", "instruction": "a", "input": "b"}"#) == "a\nb\nc")
    #expect(
      content(
        #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}"#)
        == "a\nb")
    #expect(content(#"{"conversations": [{"value": "a", "from": "gpt"}]}"#) == "a")
    #expect(content(#"{"else": 1}"#) == #"{"else": 1}"#)
    #expect(content("not json") == "not json")
  }

  @Test func `unescaping by bytes equals reading`() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let pieces = [
        "a", "\\n", "\\\"", "\\\\", "\\/", "\\u00e9", "\\ud83d\\ude00", "é", "😀", "\\b\\f\\r\\t",
      ]
      let raw = (0..<8).map { _ in pieces.randomElement(using: &generator)! }.joined()
      var text: [UInt8] = []
      unsafe Array(raw.utf8).withUnsafeBytes { unsafe JSONEscapes.append($0, to: &text) }
      #expect(
        try JSONValue(parsing: "\"\(raw)\"") == .string(String(decoding: text, as: UTF8.self)),
        "seed \(seed)")
    }
  }
}
