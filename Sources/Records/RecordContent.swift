// What counts of a record when records are compared: its texts, not its identifiers and dates; see
// Specs/Duplicates.md, "Content".

internal import JSON

/// Takes the texts out of records' bytes without building values. One that is used for many records
/// allocates next to nothing.
public struct RecordContentReader: Sendable {
  private let format: RecordFormat
  private let header: CSVHeader?
  private var judge = JSONRecordJudge.unused

  public init(format: RecordFormat, header: CSVHeader? = nil) {
    self.format = format
    self.header = header
  }

  /// Appends the texts that make up the record, a line feed between them, as UTF-8. Of a record
  /// without a shape, or one that does not parse, all bytes count.
  public mutating func append(
    _ buffer: UnsafeRawBufferPointer, to content: inout [UInt8]
  ) {
    switch format {
    case .jsonLines, .jsonArray: unsafe appendJSON(buffer, to: &content)
    case .csv(let dialect): unsafe appendRow(buffer, dialect, to: &content)
    default: unsafe content.append(contentsOf: buffer)
    }
  }

  public mutating func content(of bytes: [UInt8]) -> [UInt8] {
    var content: [UInt8] = []
    unsafe bytes.withUnsafeBytes { unsafe append($0, to: &content) }
    return content
  }

  private mutating func appendJSON(
    _ buffer: UnsafeRawBufferPointer, to content: inout [UInt8]
  ) {
    guard case .shape(let shape) = unsafe judge.verdict(on: buffer, count: buffer.count) else {
      unsafe content.append(contentsOf: buffer)
      return
    }
    let keys: [RecordKey]
    switch shape {
    case .text: keys = [.text]
    case .promptCompletion: keys = [.prompt, .completion]
    case .instruction: keys = [.instruction, .input, .output]
    case .messages:
      unsafe appendTurns(.messages, content: 1, of: buffer, to: &content)
      return
    case .conversations:
      unsafe appendTurns(.conversations, content: 3, of: buffer, to: &content)
      return
    case .other:
      unsafe content.append(contentsOf: buffer)
      return
    }
    let start = content.count
    for key in keys {
      guard let field = judge.field(key), field.kind == .string else { continue }
      if content.count > start { content.append(0x0A) }
      unsafe RecordContentReader.appendText(field, of: buffer, to: &content)
    }
  }

  private mutating func appendTurns(
    _ key: RecordKey, content place: Int, of buffer: UnsafeRawBufferPointer,
    to content: inout [UInt8]
  ) {
    guard let list = judge.field(key) else { return }
    let start = content.count
    _ = unsafe judge.forEachElement(of: list, in: buffer) { turns in
      guard let field = turns.fields[place] else { return true }
      if content.count > start { content.append(0x0A) }
      if field.kind == .string {
        unsafe RecordContentReader.appendText(field, of: buffer, to: &content)
      } else {
        unsafe content.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[field.range]))
      }
      return true
    }
  }

  private static func appendText(
    _ field: JSONField, of buffer: UnsafeRawBufferPointer, to content: inout [UInt8]
  ) {
    let raw = unsafe UnsafeRawBufferPointer(rebasing: buffer[field.range])
    if field.isEscaped {
      unsafe JSONEscapes.append(raw, to: &content)
    } else {
      unsafe content.append(contentsOf: raw)
    }
  }

  private func appendRow(
    _ buffer: UnsafeRawBufferPointer, _ dialect: CSVDialect, to content: inout [UInt8]
  ) {
    let fields = unsafe CSVRow.fields(of: buffer, separator: dialect.separator)
    let keys: [RecordKey]
    switch header?.shape {
    case .text: keys = [.text]
    case .promptCompletion: keys = [.prompt, .completion]
    case .instruction: keys = [.instruction, .input, .output]
    default: keys = []
    }
    let places = keys.compactMap { header?.place(of: $0) }.filter { $0 < fields.count }
    let chosen = places.isEmpty ? fields : places.map { fields[$0] }
    for (place, field) in chosen.enumerated() {
      if place > 0 { content.append(0x0A) }
      content.append(contentsOf: field)
    }
  }
}
