// How a file is cut into records, and the name under which manifests keep that; see
// Specs/Records.md, "Formats".

/// How a file separates its fields and whether its first row names them.
public struct CSVDialect: Sendable, Hashable {
  public var separator: UInt8
  public var hasHeader: Bool

  public init(separator: UInt8 = 0x2C, hasHeader: Bool = true) {
    self.separator = separator
    self.hasHeader = hasHeader
  }
}

public enum RecordFormat: Sendable, Hashable {
  /// Bytes without records.
  case opaque
  /// A JSON document a line.
  case jsonLines
  /// One JSON array whose elements are the records.
  case jsonArray
  /// Rows after RFC 4180.
  case csv(CSVDialect)
  /// Every line that is not blank.
  case textLines
  /// Lines up to a blank one.
  case textParagraphs
  /// A heading with all that follows it up to the next.
  case markdownSections
  /// Lines up to a blank one outside of fenced code.
  case markdownParagraphs
}

extension RecordFormat {
  /// What a manifest calls it. A CSV dialect is part of the name, so that a chunk from the middle
  /// of a file is cut as the whole file was.
  public var name: String {
    switch self {
    case .opaque: "opaque"
    case .jsonLines: "jsonl"
    case .jsonArray: "json-array"
    case .csv(let dialect):
      "csv-\(RecordFormat.separatorName(dialect.separator))-\(dialect.hasHeader ? "header" : "rows")"
    case .textLines: "text-lines"
    case .textParagraphs: "text-paragraphs"
    case .markdownSections: "markdown-sections"
    case .markdownParagraphs: "markdown-paragraphs"
    }
  }

  public init?(name: String) {
    guard let format = RecordFormat.all.first(where: { $0.name == name }) else { return nil }
    self = format
  }

  /// The separators that are looked for, in the order in which a tie is decided.
  public static let separators: [UInt8] = [0x2C, 0x09, 0x3B, 0x7C]

  /// Every format there is.
  public static let all: [RecordFormat] =
    [
      .opaque, .jsonLines, .jsonArray, .textLines, .textParagraphs, .markdownSections,
      .markdownParagraphs,
    ]
    + separators.flatMap { separator in
      [true, false].map { .csv(CSVDialect(separator: separator, hasHeader: $0)) }
    }

  private static func separatorName(_ separator: UInt8) -> String {
    switch separator {
    case 0x2C: "comma"
    case 0x09: "tab"
    case 0x3B: "semicolon"
    default: "bar"
    }
  }

  /// Records are cut out of it.
  public var hasRecords: Bool { self != .opaque }
}
