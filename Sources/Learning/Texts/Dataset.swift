// A file's records as texts, each under its name (Specs/Runs.md, "From records to tokens").

public import Cryptography
import JSON
public import Records

public struct Dataset: Sendable {
  public struct Record: Sendable {
    /// SHA-256 of the record's own bytes.
    public let name: Digest
    /// The line of the file on which it begins, counted from 1.
    public let line: Int
    public let text: TrainingText

    public init(name: Digest, line: Int, text: TrainingText) {
      self.name = name
      self.line = line
      self.text = text
    }
  }

  public private(set) var records: [Record] = []
  public let format: RecordFormat

  /// Reads the file called `fileName`. Records that cannot be learned from are refused with their
  /// line, not skipped: what is trained on is what was given.
  public init(_ bytes: [UInt8], fileName: String) throws(DatasetError) {
    let head = Array(bytes.prefix(RecordFormat.headLength))
    format = RecordFormat.recognised(
      fileName: fileName, head: head, isWhole: bytes.count <= RecordFormat.headLength)
    guard format.hasRecords else { throw .noRecords(fileName) }
    var scanner = RecordScanner(format: format)
    var spans: [RecordSpan] = []
    scanner.scan(bytes, spans: &spans)
    scanner.finish(spans: &spans)
    let columns = scanner.header.map { Self.columns($0, format) } ?? []
    var line = 1
    var counted = 0
    for span in spans {
      line += bytes[counted..<span.start].count { $0 == 0x0A }
      counted = span.start
      let content = Array(bytes[span.content])
      guard !span.isBroken else {
        let problem = scanner.summary.problems.first { $0.line == line }
        throw .broken(
          file: fileName, line: line, reason: problem?.reason ?? "the record does not parse")
      }
      guard let text = Self.text(content, format, columns) else {
        throw .unknownShape(file: fileName, line: line)
      }
      records.append(Record(name: SHA256.hash(content), line: line, text: text))
    }
    guard !records.isEmpty else { throw .empty(fileName) }
  }

  /// Records that were read elsewhere.
  public init(records: [Record]) {
    format = .jsonLines
    self.records = records
  }

  /// Records that are already texts.
  public init(_ exercises: [Exercise]) {
    format = .jsonLines
    records = exercises.enumerated().map { index, exercise in
      Record(
        name: SHA256.hash(exercise.line), line: index + 1,
        text: TrainingText(
          .parts([
            .init(exercise.prompt, isCompletion: false),
            .init(exercise.completion, isCompletion: true),
          ])))
    }
  }

  /// Whether some record is a conversation, which needs a template.
  public var hasConversations: Bool {
    records.contains { if case .conversation = $0.text.content { true } else { false } }
  }

  public var list: RecordList { RecordList(names: records.map(\.name)) }

  private static func columns(_ header: [UInt8], _ format: RecordFormat) -> [String] {
    guard case .csv(let dialect) = format else { return [] }
    return CSVRow.fields(of: header, separator: dialect.separator).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  /// One record's text; nil where its members make none.
  public static func text(
    _ content: [UInt8], _ format: RecordFormat, _ columns: [String] = []
  ) -> TrainingText? {
    switch format {
    case .jsonLines, .jsonArray:
      guard let value = try? JSONValue(parsing: content) else { return nil }
      return TrainingText(value)
    case .csv(let dialect):
      let fields = CSVRow.fields(of: content, separator: dialect.separator)
        .map { JSONValue.string(String(decoding: $0, as: UTF8.self)) }
      if columns.isEmpty {
        let names = fields.count == 1 ? ["text"] : ["prompt", "completion"]
        return fields.count <= 2 ? TrainingText(.object(JSONObject(zip(names, fields)))) : nil
      }
      return TrainingText(.object(JSONObject(zip(columns, fields))))
    case .opaque: return nil
    default:
      return TrainingText(
        .parts([.init(String(decoding: content, as: UTF8.self), isCompletion: true)]))
    }
  }
}

public enum DatasetError: Error, Equatable, CustomStringConvertible {
  case noRecords(String)
  case empty(String)
  case broken(file: String, line: Int, reason: String)
  case unknownShape(file: String, line: Int)

  public var description: String {
    switch self {
    case .noRecords(let file):
      "\(file) has no records that this program knows: give .jsonl, .json with one array, .csv, .tsv, .txt or .md"
    case .empty(let file): "\(file) is empty: there is nothing to learn from"
    case .broken(let file, let line, let reason):
      "\(file), line \(line): the record does not parse (\(reason)); repair or remove it"
    case .unknownShape(let file, let line):
      "\(file), line \(line): no text to learn; a record has text, or prompt and completion, or "
        + "instruction and output, or messages, or conversations"
    }
  }
}
