// Records are cut out of files by rule; see Specs/Records.md.

import Records
import Testing

/// What a scan of whole bytes finds.
struct Scan: Equatable {
  var spans: [RecordSpan] = []
  var summary = RecordSummary()
  var bytes: [UInt8] = []
  var columns: Int?

  init(_ bytes: [UInt8], _ format: RecordFormat, cuts: [Int] = []) {
    var scanner = RecordScanner(format: format)
    var start = 0
    for cut in cuts + [bytes.count] {
      scanner.scan(Array(bytes[start..<cut]), spans: &spans)
      start = cut
    }
    scanner.finish(spans: &spans)
    summary = scanner.summary
    columns = scanner.columns
    self.bytes = bytes
  }

  init(_ text: String, _ format: RecordFormat) { self.init(Array(text.utf8), format) }

  var contents: [String] { spans.map { String(decoding: bytes[$0.content], as: UTF8.self) } }
  var pieces: [String] {
    zip([0] + spans.map(\.end), spans.map(\.end)).map {
      String(decoding: bytes[$0..<$1], as: UTF8.self)
    }
  }
}

@Suite struct ScannerTests {
  @Test func `lines of JSON are told apart by their members`() {
    let scan = Scan(
      """
      \u{FEFF}{"text": "a"}\r
      {"prompt": "a", "completion": "b", "text": 1}

      {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": null, "tool_calls": []}]}
      {"instruction": "a", "input": "", "output": "b"}
      {"conversations": [{"from": "human", "value": "a"}]}
         \t
      {"else": 1}
      [1, 2]
      """, .jsonLines)
    #expect(
      scan.spans.map(\.shape) == [
        .text, .promptCompletion, .messages, .instruction, .conversations, .other, .other,
      ])
    #expect(scan.contents[0] == "{\"text\": \"a\"}")
    #expect(scan.pieces[0] == "\u{FEFF}{\"text\": \"a\"}\r\n")
    #expect(scan.pieces[2].hasPrefix("\n{\"messages"))
    #expect(scan.summary.records == 7)
    #expect(scan.summary.blankLines == 2)
    #expect(scan.summary.lines == 9)
    #expect(scan.summary.count(of: .other) == 2)
    #expect(scan.spans.last?.end == scan.bytes.count)
  }

  @Test func `a line that does not parse is counted and shown with its number`() {
    let scan = Scan(
      """
      {"text": "a"}
      {"text": "b"

      {"messages": [{"role": "user", "content": "a"}, {"role": 1}]}
      {"messages": []}
      {"text": "a", "text": "b"}
      {"conversations": [{"from": "gpt"}]}
      {"text": "c"}
      """, .jsonLines)
    #expect(scan.spans.map(\.isBroken) == [false, true, true, true, true, true, false])
    #expect(
      scan.summary.problems.map(\.description) == [
        "line 2: byte 12: the document ends too early",
        "line 4: messages[1] has no 'role' that is a string", "line 5: messages is empty",
        "line 6: byte 14: the key \"text\" occurs twice in one object",
        "line 7: conversations[0] has no 'value' that is a string",
      ])
    #expect(scan.summary.broken == 5)
    #expect(scan.summary.records == 7)
  }

  @Test func `only the first hundred problems are kept but all are counted`() {
    let scan = Scan(String(repeating: "{\n", count: 500), .jsonLines)
    #expect(scan.summary.broken == 500)
    #expect(scan.summary.problems.count == RecordSummary.greatestProblems)
  }

  @Test func `elements of an array are records wherever they are broken over lines`() {
    let scan = Scan(
      """
      [
        {"instruction": "a", "output": "b]}, "},
        {"text": "c",
         "n": [1, {"x": 2}]},, {"text": }
        ,{"conversations": [{"from": "human"}]}, 5
      ] []
      """, .jsonArray)
    #expect(
      scan.contents == [
        "{\"instruction\": \"a\", \"output\": \"b]}, \"}",
        "{\"text\": \"c\",\n   \"n\": [1, {\"x\": 2}]}", ",", "{\"text\": }",
        "{\"conversations\": [{\"from\": \"human\"}]}", "5", "[]",
      ])
    #expect(scan.spans.map(\.shape) == [.instruction, .text, nil, nil, nil, .other, nil])
    #expect(
      scan.summary.problems.map(\.description) == [
        "line 4: a comma stands where an element should",
        "line 4: byte 9: expected a value, found '}'",
        "line 5: conversations[0] has no 'value' that is a string",
        "line 6: text stands behind the end of the array",
      ])
  }

  @Test func `an array that is cut off keeps its whole elements`() {
    #expect(Scan("[{\"text\": \"a\"}, {\"text\": \"b\"}", .jsonArray).spans.count == 2)
    let open = Scan("[{\"text\": \"a\"}, {\"text\": \"b", .jsonArray)
    #expect(open.spans.map(\.isBroken) == [false, true])
  }

  @Test func `rows of CSV may hold line feeds, quotes and separators in quotes`() {
    let text = "name,text\r\nada,\"one\ntwo, \"\"three\"\"\"\r\n\r\nben,5\" pipe\n"
    let scan = Scan(text, .csv(CSVDialect()))
    #expect(scan.contents == ["ada,\"one\ntwo, \"\"three\"\"\"", "ben,5\" pipe"])
    #expect(scan.summary.lines == 5)
    #expect(scan.summary.broken == 0)
    #expect(scan.columns == 2)
    #expect(
      CSVRow.fields(of: Array(scan.contents[0].utf8), separator: 0x2C).map {
        String(decoding: $0, as: UTF8.self)
      } == ["ada", "one\ntwo, \"three\""])
    #expect(scan.pieces[0].hasPrefix("name,text"))
  }

  @Test func `rows that do not fit are counted as problems`() {
    let text = "a,b\n1,2\n1,2,3\n\"x\"y,2\n1,\"open\n"
    let scan = Scan(text, .csv(CSVDialect()))
    #expect(
      scan.summary.problems.map(\.description) == [
        "line 3: 3 fields where the first row has 2",
        "line 4: text behind a closing quote in field 1",
        "line 5: field 2 opens a quote that is not closed",
      ])
  }

  @Test func `paragraphs end at blank lines, and lines without them are records`() {
    let text = "one\ntwo\n\n \n three\r\n\r\nfour"
    #expect(Scan(text, .textParagraphs).contents == ["one\ntwo", " three", "four"])
    #expect(Scan(text, .textParagraphs).pieces == ["one\ntwo\n", "\n \n three\r\n", "\r\nfour"])
    #expect(Scan(text, .textLines).contents == ["one", "two", " three", "four"])
  }

  @Test func `sections of Markdown begin at headings outside of code`() {
    let text = """
      before

      # One
      text

      ```sh
      # not a heading
      ~~~
      ```
      ## Two ##
          # code
      #nothing
      ####### seven
      #
      """
    #expect(
      Scan(text, .markdownSections).contents == [
        "before", "# One\ntext\n\n```sh\n# not a heading\n~~~\n```",
        "## Two ##\n    # code\n#nothing\n####### seven", "#",
      ])
    #expect(
      Scan("a\n\n```\nb\n\nc\n```\n\nd", .markdownParagraphs).contents
        == ["a", "```\nb\n\nc\n```", "d"])
  }

  @Test func `text that is not UTF-8 is a problem of its record alone`() {
    let bytes = Array("good\n\nb\nad ".utf8) + [0xFF] + Array("\n\ngood\n".utf8)
    let scan = Scan(bytes, .textParagraphs)
    #expect(scan.spans.map(\.isBroken) == [false, true, false])
    #expect(
      scan.summary.problems.map(\.description) == [
        "line 3: line 4 is not valid UTF-8 from its byte 3 on"
      ])
  }

  @Test(arguments: RecordFormat.all)
  func `nothing is found in nothing, and opaque bytes have no records`(format: RecordFormat) {
    #expect(Scan("", format).spans.isEmpty)
    #expect(Scan("\n \r\n\n", format).spans.isEmpty)
    #expect(RecordFormat(name: format.name) == format)
    #expect(RecordFormat(name: "\(format.name)s") == nil)
  }

  @Test func `a line beyond the limit is one broken record and takes no memory for it`() {
    let long = [UInt8](repeating: 0x61, count: RecordScanner.longestRecord)
    let bytes =
      Array("{\"text\": \"a\"}\n{\"text\": \"".utf8) + long + Array("\"}\n{\"text\": \"b\"}\n".utf8)
    let whole = Scan(bytes, .jsonLines)
    #expect(whole.spans.map(\.isBroken) == [false, true, false])
    #expect(whole == Scan(bytes, .jsonLines, cuts: [20, 1000, 16 << 20, bytes.count - 3]))
  }

  @Test func `a quote that nobody closes does not swallow the rest of a file`() {
    var line = [UInt8](repeating: 0x61, count: 100_000)
    line[line.count - 1] = 0x0A
    var bytes = Array("a,b\n1,\"".utf8)
    for _ in 0..<180 { bytes += line }
    let rows = Scan(bytes, .csv(CSVDialect()))
    #expect(rows.spans.count == 180 - RecordScanner.longestRecord / line.count)
    #expect(rows == Scan(bytes, .csv(CSVDialect()), cuts: [3, 5_000_000, 17_000_000]))
  }

  @Test(arguments: RecordFormat.all)
  func `buffers may be cut anywhere, and pieces may be scanned alone`(format: RecordFormat) {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    var records = 0
    for _ in 0..<200 {
      let bytes = generator.file()
      let whole = Scan(bytes, format)
      records += whole.spans.count
      let cuts = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
        Int.random(in: 0...bytes.count, using: &generator)
      }
      #expect(whole == Scan(bytes, format, cuts: cuts.sorted()), "seed \(seed)")
      #expect(whole == Scan(bytes, format, cuts: Array(bytes.indices)), "seed \(seed)")
      #expect(whole.spans.count == whole.summary.records)
      var start = 0
      for span in whole.spans {
        #expect(start <= span.start && span.start < span.contentEnd && span.contentEnd <= span.end)
        if start > 0 {
          var alone = RecordScanner(format: format, isFileStart: false, columns: whole.columns)
          var spans: [RecordSpan] = []
          alone.scan(Array(bytes[start..<span.end]), spans: &spans)
          alone.finish(spans: &spans)
          let expected = RecordSpan(
            start: span.start - start, contentEnd: span.contentEnd - start, end: span.end - start,
            shape: span.shape)
          #expect(spans == [expected], "seed \(seed)")
        }
        start = span.end
      }
      // Nothing but blank lines lies behind the last record, or an array's end.
      let tail = bytes[start...]
      if format.hasRecords, start > 0 {
        let blank: [UInt8] = [0x20, 0x0A, 0x0D, 0x09] + (format == .jsonArray ? [0x5D] : [])
        #expect(tail.allSatisfy { blank.contains($0) }, "seed \(seed)")
      }
    }
    if format.hasRecords { #expect(records > 100, "seed \(seed)") }
  }
}

@Suite struct RecognitionTests {
  @Test(arguments: [
    ("a.jsonl", "", "jsonl"), ("A/B.NDJSON", "{}", "jsonl"),
    ("a.json", "{\"a\":1}\n{\"b\":2}", "jsonl"),
    ("a.json", "{\n\"a\":1}\n", "opaque"), ("a.json", "[{\"a\":1}]", "json-array"),
    ("a.json", "\u{FEFF} [\n {", "json-array"), ("a.json", "[1, 2]", "opaque"),
    ("a.json", "[]", "opaque"), ("a.jsonl", "[{\"a\":1}]", "jsonl"),
    ("a.csv", "name,text\nada,one\n", "csv-comma-header"),
    ("a.csv", "1,2\n3,4\n", "csv-comma-rows"),
    ("a.csv", "a;b;c\n1,5;2;3\n4,5;5;6\n", "csv-semicolon-header"),
    ("a.csv", "one\ntwo\n", "csv-comma-header"), ("a.csv", "a,a\nb,c\n", "csv-comma-rows"),
    ("a.csv", "a|b\nc|d\n", "csv-bar-header"), ("a.tsv", "a\tb\nc\td\n", "csv-tab-header"),
    ("a.csv", "a,b", "csv-comma-rows"), ("a.txt", "one\ntwo\n\n", "text-lines"),
    ("a.txt", "\n\none\n\ntwo\n", "text-paragraphs"), ("notes.md", "# One\n", "markdown-sections"),
    ("notes.md", "One\n\n```\n# two\n```\n", "markdown-paragraphs"), ("a.txt", "a\0b", "opaque"),
    ("README", "one", "opaque"), (".txt", "one", "opaque"), ("a.txt/b", "one", "opaque"),
    ("a.bin", "one", "opaque"), ("a.jsonl", "{\"a\":1}\n\0\n", "jsonl"),
    ("a.jsonl", "{\0\"\0", "opaque"), ("a.jsonl", "\u{1F}\0", "opaque"),
  ])
  func `a file's name and first bytes tell its format`(name: String, head: String, format: String) {
    #expect(
      RecordFormat.recognised(fileName: name, head: Array(head.utf8), isWhole: true).name == format)
  }
}

/// SplitMix64, so that a printed seed replays the same values everywhere.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  /// Pieces of every format in any order, sometimes with a byte that belongs nowhere.
  mutating func file() -> [UInt8] {
    let pieces = [
      "{\"text\": \"a\"}\n", "{\"text\": \"b\"\n",
      "{\"messages\": [{\"role\":\"user\",\"content\":\"a\"}]}\n",
      "a,b\n", "\"a\nb\",c\r\n", "\"a\"\"b\",", "\"", ",", ";", "\t", "\n", "\n\n", "\r\n", "  \n",
      "# One\n",
      "  ## Two\n", "#", "```\n", "~~~\n", "text\n", "text", "é\n", " ", "\r", "\u{FEFF}", "|",
    ]
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 0...12, using: &self) {
      bytes += Array(pieces.randomElement(using: &self)!.utf8)
    }
    if !bytes.isEmpty, Int.random(in: 0..<8, using: &self) == 0 {
      bytes[Int.random(in: 0..<bytes.count, using: &self)] = 0xFF
    }
    return bytes
  }
}
