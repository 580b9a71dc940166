// Which format a file has, by its name and its first bytes; see Specs/Records.md, "Recognition".

extension RecordFormat {
  /// No more of a file than this is looked at to recognise it.
  public static let headLength = 64 << 10
  /// So many rows of a CSV file decide about its separator.
  private static let rowsCompared = 20

  /// `head` is the file's first `headLength` bytes, or all of them if it is shorter; `isWhole` says
  /// that nothing follows. The same name and head give the same format everywhere.
  public static func recognised(fileName: String, head: [UInt8], isWhole: Bool) -> RecordFormat {
    let head = head.count > headLength ? Array(head.prefix(headLength)) : head
    let suffix = fileExtension(of: fileName)
    // Text has no NUL; UTF-16 and binary files do. Among lines of JSON it makes one record bad.
    if unsafe head.withUnsafeBytes({ unsafe ByteSearch.first(0, in: $0, from: 0) }) != nil {
      return isLinesName(suffix) && beginsLikeJSON(head) ? .jsonLines : .opaque
    }
    if isLinesName(suffix) { return .jsonLines }
    switch suffix {
    case "json": return isJSONLines(head) ? .jsonLines : isArray(head) ? .jsonArray : .opaque
    case "csv": return csv(head, isWhole: isWhole, separators: separators)
    case "tsv", "tab": return csv(head, isWhole: isWhole, separators: [0x09])
    case "txt", "text": return hasParagraphs(head) ? .textParagraphs : .textLines
    case "md", "markdown": return hasHeading(head) ? .markdownSections : .markdownParagraphs
    default: return .opaque
    }
  }

  private static func isLinesName(_ suffix: String) -> Bool {
    ["jsonl", "ndjson", "jsonlines"].contains(suffix)
  }

  /// A brace or bracket, and behind it no NUL, as UTF-16 would have.
  private static func beginsLikeJSON(_ head: [UInt8]) -> Bool {
    let start = head.starts(with: LineRules.byteOrderMark) ? 3 : 0
    let rest = head[start...].drop { LineRules.isSpace($0) || $0 == 0x0A }
    guard let first = rest.first, let second = rest.dropFirst().first else { return false }
    return (first == 0x7B || first == 0x5B) && second != 0
  }

  /// What follows the last dot of the last path component, in lower case; empty without one.
  static func fileExtension(of name: String) -> String {
    let bytes = Array(name.utf8)
    let end = (bytes.lastIndex { $0 != 0x2F } ?? -1) + 1
    let start = bytes[..<end].lastIndex(of: 0x2F).map { $0 + 1 } ?? 0
    guard let dot = bytes[start..<end].lastIndex(of: 0x2E), dot > start else { return "" }
    let letters = bytes[(dot + 1)..<end].map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 0x20 : $0 }
    return String(decoding: letters, as: UTF8.self)
  }

  /// Many a `.json` file holds a document a line: so it is if the first two lines that are not
  /// blank begin and end like objects.
  private static func isJSONLines(_ head: [UInt8]) -> Bool {
    let lines = lines(of: head).lazy.filter { !LineRules.isBlank($0) }.prefix(3)
    var seen = 0
    for line in lines {
      let line = LineRules.trimmed(line)
      guard line.first == 0x7B else { return false }
      // The third line may have been cut off by the end of the head.
      if seen < 2, line.last != 0x7D { return false }
      seen += 1
    }
    return seen >= 2
  }

  /// Alpaca's and ShareGPT's files are one array of objects.
  private static func isArray(_ head: [UInt8]) -> Bool {
    let start = head.starts(with: LineRules.byteOrderMark) ? 3 : 0
    let marks = head[start...].lazy.filter { !LineRules.isSpace($0) && $0 != 0x0A }.prefix(2)
    return marks.elementsEqual([0x5B, 0x7B])
  }

  /// A blank line between two others.
  private static func hasParagraphs(_ head: [UInt8]) -> Bool {
    var sawText = false
    var sawBlank = false
    for line in lines(of: head) {
      if LineRules.isBlank(line) {
        sawBlank = sawText
      } else if sawBlank {
        return true
      } else {
        sawText = true
      }
    }
    return false
  }

  private static func hasHeading(_ head: [UInt8]) -> Bool {
    var fence = MarkdownFence()
    for line in lines(of: head) {
      let wasOpen = fence.isOpen
      fence.take(line)
      if !wasOpen, !fence.isOpen, LineRules.isHeading(line) { return true }
    }
    return false
  }

  /// The head's lines without a byte order mark and line ends.
  private static func lines(of head: [UInt8]) -> HeadLines {
    HeadLines(rest: head[(head.starts(with: LineRules.byteOrderMark) ? 3 : 0)...])
  }

  /// One by one: the first few decide about most files.
  private struct HeadLines: Sequence, IteratorProtocol {
    var rest: ArraySlice<UInt8>?

    mutating func next() -> ArraySlice<UInt8>? {
      guard let left = rest else { return nil }
      let place = unsafe left.withUnsafeBytes { unsafe ByteSearch.first(0x0A, in: $0, from: 0) }
      guard let end = place.map({ left.startIndex + $0 }) else {
        rest = nil
        return left
      }
      rest = left[(end + 1)...]
      return left[..<end]
    }
  }

  /// Of the separators that give all rows compared the same number of fields, and more than one,
  /// the one with the most fields; if there is none, the first of the candidates.
  private static func csv(
    _ head: [UInt8], isWhole: Bool, separators: [UInt8]
  ) -> RecordFormat {
    var best = (separator: separators[0], fields: 1)
    for separator in separators {
      let rows = rows(of: head, isWhole: isWhole, separator: separator)
      guard let fields = rows.first?.count, fields > best.fields,
        rows.allSatisfy({ $0.count == fields })
      else { continue }
      best = (separator, fields)
    }
    let rows = rows(of: head, isWhole: isWhole, separator: best.separator)
    return .csv(CSVDialect(separator: best.separator, hasHeader: isHeader(rows)))
  }

  private static func rows(of head: [UInt8], isWhole: Bool, separator: UInt8) -> [[[UInt8]]] {
    let dialect = CSVDialect(separator: separator, hasHeader: false)
    var scanner = RecordScanner(format: .csv(dialect))
    var spans: [RecordSpan] = []
    scanner.scan(head, spans: &spans)
    if isWhole { scanner.finish(spans: &spans) }
    return spans.prefix(rowsCompared).map { span in
      CSVRow.fields(of: head[span.start..<span.contentEnd], separator: separator)
    }
  }

  /// A first row names the columns if there are more rows, and its fields are neither empty nor
  /// numbers nor long nor twice the same, nor broken over lines.
  private static func isHeader(_ rows: [[[UInt8]]]) -> Bool {
    guard rows.count > 1, let names = rows.first else { return false }
    for (place, name) in names.enumerated() {
      let name = LineRules.trimmed(name[...])
      guard !name.isEmpty, name.count <= 64, !name.contains(0x0A) else { return false }
      guard Double(String(decoding: name, as: UTF8.self)) == nil else { return false }
      guard !names[..<place].contains(where: { LineRules.trimmed($0[...]) == name }) else {
        return false
      }
    }
    return true
  }
}
