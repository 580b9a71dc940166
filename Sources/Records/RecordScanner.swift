// Cuts a stream of bytes into records, in bounded memory; see Specs/Records.md, "Scanning".

internal import JSON

/// Fed with consecutive buffers of any size, it answers where records end, counts them by shape, and
/// notes those that do not parse. What it finds does not depend on where the buffers are cut.
///
/// The bytes from the end of one span to the end of the next make a piece that, scanned by itself
/// with `isFileStart` false, gives the same one record: chunks cut at ends can be scanned alone.
public struct RecordScanner: Sendable {
  /// A line or row with more bytes than this is not held in memory to be looked at, so it counts as
  /// one that does not parse.
  public static let longestRecord = 16 << 20

  public let format: RecordFormat
  public private(set) var summary: RecordSummary
  /// Of a CSV file with a header, the row that names the columns.
  public private(set) var header: [UInt8]?

  /// Offset of the next byte to come.
  private var position = 0
  /// The beginning of a line or row whose end has not come yet.
  private var carry: [UInt8] = []
  private var carryStart = 0
  private var carryLength = 0
  private var isFileStart: Bool
  private var row: CSVRowEnd
  /// Of a CSV file, how many fields its first row has.
  public private(set) var columns: Int?
  private var array: JSONArrayEnd
  private var judge = JSONRecordJudge.unused
  private var open: OpenRecord?
  private var fence = MarkdownFence()

  /// A record of several lines that has begun.
  private struct OpenRecord: Sendable {
    var start: Int
    var contentEnd: Int
    var end: Int
    var line: Int
    var problem: String?
  }

  /// `isFileStart` is false for a piece from the middle of a file, which has neither a byte order
  /// mark nor a header; `columns` is then the number of fields of the file's first row. Of records
  /// that do not parse the first `mostProblems` are told.
  public init(
    format: RecordFormat, isFileStart: Bool = true, columns: Int? = nil,
    mostProblems: Int = RecordSummary.greatestProblems
  ) {
    self.format = format
    summary = RecordSummary(mostProblems: mostProblems)
    self.isFileStart = isFileStart
    self.columns = columns
    array = JSONArrayEnd(isFileStart: isFileStart)
    if case .csv(let dialect) = format {
      row = CSVRowEnd(separator: dialect.separator, isFileStart: isFileStart)
    } else {
      row = CSVRowEnd(separator: 0)
    }
  }

  /// Appends the ends of the records that the buffer completes, in order. An end may lie before the
  /// buffer, when only the buffer tells that a record was over.
  public mutating func scan(_ buffer: UnsafeRawBufferPointer, ends: inout [Int]) {
    var spans: [RecordSpan] = []
    unsafe scan(buffer, spans: &spans)
    for span in spans { ends.append(span.end) }
  }

  /// To be called behind the last buffer. Bytes behind the last end hold no record.
  public mutating func finish(ends: inout [Int]) {
    var spans: [RecordSpan] = []
    finish(spans: &spans)
    for span in spans { ends.append(span.end) }
  }

  public mutating func scan(_ bytes: [UInt8], spans: inout [RecordSpan]) {
    unsafe bytes.withUnsafeBytes { unsafe scan($0, spans: &spans) }
  }

  public mutating func scan(_ buffer: UnsafeRawBufferPointer, spans: inout [RecordSpan]) {
    guard format.hasRecords else {
      position += buffer.count
      return
    }
    if format == .jsonArray { return unsafe scanArray(buffer, spans: &spans) }
    var at = 0
    while at < buffer.count {
      let end: Int?
      if case .csv = format {
        end = unsafe row.end(in: buffer, from: at, carried: carryLength)
      } else {
        end = unsafe ByteSearch.first(0x0A, in: buffer, from: at)
      }
      guard let end else {
        unsafe keep(UnsafeRawBufferPointer(rebasing: buffer[at...]), from: position + at)
        break
      }
      if carryLength == 0 {
        unsafe take(
          UnsafeRawBufferPointer(rebasing: buffer[at...]), length: end - at, start: position + at,
          hasLineEnd: true, into: &spans)
      } else {
        unsafe keep(UnsafeRawBufferPointer(rebasing: buffer[at..<end]), from: position + at)
        takeCarried(hasLineEnd: true, into: &spans)
      }
      at = end + 1
    }
    position += buffer.count
  }

  public mutating func finish(spans: inout [RecordSpan]) {
    if format == .jsonArray {
      takeElement(behind: position, into: &spans)
    } else if carryLength > 0 {
      takeCarried(hasLineEnd: false, into: &spans)
    }
    close(into: &spans)
  }

  private mutating func scanArray(
    _ buffer: UnsafeRawBufferPointer, spans: inout [RecordSpan]
  ) {
    var at = 0
    while let end = unsafe array.end(in: buffer, from: at, base: position) {
      if carryLength == 0 {
        unsafe takeElement(
          UnsafeRawBufferPointer(rebasing: buffer[at...]), count: end - at, from: position + at,
          into: &spans)
      } else {
        unsafe keep(UnsafeRawBufferPointer(rebasing: buffer[at..<end]), from: position + at)
        takeElement(behind: position + end, into: &spans)
      }
      at = end
    }
    unsafe keep(UnsafeRawBufferPointer(rebasing: buffer[at...]), from: position + at)
    position += buffer.count
    summary.lines = array.lines
  }

  /// The element that what was carried makes; nothing if there is none in it.
  private mutating func takeElement(behind end: Int, into spans: inout [RecordSpan]) {
    let (bytes, start) = (carry, carryStart)
    carry = []
    carryLength = 0
    unsafe bytes.withUnsafeBytes { buffer in
      unsafe takeElement(buffer, count: end - start, from: start, into: &spans)
    }
    carry = bytes
    carry.removeAll(keepingCapacity: true)
  }

  /// A piece of `count` bytes with one element; the buffer is shorter if that was too much to keep.
  private mutating func takeElement(
    _ buffer: UnsafeRawBufferPointer, count: Int, from start: Int, into spans: inout [RecordSpan]
  ) {
    guard let element = array.takeElement() else { return }
    let record = OpenRecord(
      start: element.start, contentEnd: element.contentEnd, end: start + count, line: element.line)
    let length = element.contentEnd - element.start
    var problem: String?
    if count > buffer.count || count > RecordScanner.longestRecord {
      problem = "longer than the limit of \(RecordScanner.longestRecord) bytes"
    } else if element.isBehind {
      problem = "text stands behind the end of the array"
    } else if length == 1, unsafe buffer[element.start - start] == 0x2C {
      problem = "a comma stands where an element should"
    } else {
      let room = unsafe UnsafeRawBufferPointer(rebasing: buffer[(element.start - start)...])
      switch unsafe judge.verdict(on: room, count: length) {
      case .shape(let shape): return add(record, shape: shape, into: &spans)
      case .refused(let reason):
        problem =
          unsafe reason
          ?? JSONRecordJudge.explanation(of: UnsafeRawBufferPointer(rebasing: room[..<length]))
      }
    }
    summary.countBroken(line: element.line) { problem ?? "" }
    spans.append(span(record, shape: nil))
  }

  private mutating func keep(_ bytes: UnsafeRawBufferPointer, from start: Int) {
    if carryLength == 0 { carryStart = start }
    carryLength += bytes.count
    if carryLength <= RecordScanner.longestRecord {
      unsafe carry.append(contentsOf: bytes)
    } else {
      carry.removeAll()
    }
  }

  private mutating func takeCarried(hasLineEnd: Bool, into spans: inout [RecordSpan]) {
    let (bytes, length, start) = (carry, carryLength, carryStart)
    carry = []
    carryLength = 0
    unsafe bytes.withUnsafeBytes { buffer in
      unsafe take(buffer, length: length, start: start, hasLineEnd: hasLineEnd, into: &spans)
    }
    // The memory is kept for the next line that two buffers share.
    carry = bytes
    carry.removeAll(keepingCapacity: true)
  }
}

extension RecordScanner {
  /// One line or row of `length` bytes without its line end. `buffer` holds it, and perhaps more
  /// behind it; it is shorter if the line was too long to keep.
  private mutating func take(
    _ buffer: UnsafeRawBufferPointer, length: Int, start: Int, hasLineEnd: Bool,
    into spans: inout [RecordSpan]
  ) {
    let line = summary.lines + 1
    if case .csv = format {
      summary.lines += row.takeLines() + (hasLineEnd ? 1 : 0)
    } else {
      summary.lines += 1
    }
    let end = start + length + (hasLineEnd ? 1 : 0)
    guard length <= buffer.count, length <= RecordScanner.longestRecord else {
      isFileStart = false
      let problem = "longer than the limit of \(RecordScanner.longestRecord) bytes"
      var record = OpenRecord(
        start: start, contentEnd: start + length, end: end, line: line, problem: problem)
      if let open { (record.start, record.line) = (open.start, open.line) }
      open = record
      _ = row.finish()
      if !hasParagraphs { close(into: &spans) }
      return
    }
    var first = 0
    var last = length
    if isFileStart, length >= 3, unsafe buffer[0] == 0xEF, unsafe buffer[1] == 0xBB,
      unsafe buffer[2] == 0xBF
    {
      first = 3
    }
    if last > first, unsafe buffer[last - 1] == 0x0D { last -= 1 }
    let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer[first..<last])
    let isBlank = unsafe LineRules.isBlank(bytes)
    let record = OpenRecord(
      start: start + first, contentEnd: start + last, end: end, line: line, problem: nil)
    switch format {
    case .opaque, .jsonArray: break
    case .jsonLines:
      if isBlank {
        summary.blankLines += 1
      } else {
        let room = unsafe UnsafeRawBufferPointer(rebasing: buffer[first...])
        switch unsafe judge.verdict(on: room, count: last - first) {
        case .shape(let shape): add(record, shape: shape, into: &spans)
        case .refused(let reason):
          summary.countBroken(line: line) {
            unsafe reason ?? JSONRecordJudge.explanation(of: bytes)
          }
          spans.append(span(record, shape: nil))
        }
      }
    case .csv: unsafe takeRow(record, bytes, isBlank: isBlank, into: &spans)
    case .textLines:
      if isBlank {
        summary.blankLines += 1
      } else {
        open = record
        unsafe checkUTF8(bytes, line: line)
        close(into: &spans)
      }
    case .textParagraphs, .markdownParagraphs, .markdownSections:
      unsafe takeLine(record, bytes, isBlank: isBlank, into: &spans)
    }
    isFileStart = false
  }

  private var hasParagraphs: Bool {
    switch format {
    case .textParagraphs, .markdownParagraphs, .markdownSections: true
    default: false
    }
  }

  /// A line of a format whose records have several.
  private mutating func takeLine(
    _ record: OpenRecord, _ bytes: UnsafeRawBufferPointer, isBlank: Bool,
    into spans: inout [RecordSpan]
  ) {
    let wasFenced = fence.isOpen
    if format != .textParagraphs { unsafe fence.take(bytes) }
    if isBlank {
      summary.blankLines += 1
      if format != .markdownSections, !wasFenced { close(into: &spans) }
      return
    }
    if format == .markdownSections, !wasFenced, !fence.isOpen, unsafe LineRules.isHeading(bytes) {
      close(into: &spans)
    }
    if var open {
      open.contentEnd = record.contentEnd
      open.end = record.end
      self.open = open
    } else {
      open = record
    }
    unsafe checkUTF8(bytes, line: record.line)
  }

  private mutating func takeRow(
    _ record: OpenRecord, _ bytes: UnsafeRawBufferPointer, isBlank: Bool,
    into spans: inout [RecordSpan]
  ) {
    let found = row.finish()
    if isBlank {
      summary.blankLines += 1
      return
    }
    if columns == nil {
      columns = found.fields
      if isFileStart, case .csv(let dialect) = format, dialect.hasHeader {
        header = unsafe Array(bytes)
        return
      }
    }
    open = record
    if let problem = found.problem {
      open?.problem = problem
    } else if let columns, columns != found.fields {
      open?.problem = "\(found.fields) fields where the first row has \(columns)"
    } else {
      unsafe checkUTF8(bytes, line: record.line)
    }
    close(into: &spans)
  }

  private mutating func checkUTF8(_ bytes: UnsafeRawBufferPointer, line: Int) {
    guard open?.problem == nil, let fault = unsafe UTF8Check.firstFault(in: bytes) else { return }
    open?.problem = "line \(line) is not valid UTF-8 from its byte \(fault) on"
  }

  /// Ends the record that has begun, if there is one.
  private mutating func close(into spans: inout [RecordSpan]) {
    guard let record = open else { return }
    open = nil
    fence = MarkdownFence()
    if let problem = record.problem {
      summary.countBroken(line: record.line) { problem }
      spans.append(span(record, shape: nil))
    } else {
      add(record, shape: .text, into: &spans)
    }
  }

  private mutating func add(
    _ record: OpenRecord, shape: RecordShape, into spans: inout [RecordSpan]
  ) {
    summary.count(shape)
    spans.append(span(record, shape: shape))
  }

  private func span(_ record: OpenRecord, shape: RecordShape?) -> RecordSpan {
    RecordSpan(
      start: record.start, contentEnd: record.contentEnd, end: record.end, shape: shape)
  }
}
