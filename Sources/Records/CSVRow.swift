// Rows after RFC 4180: where they end, and their fields; see Specs/Records.md, "CSV".

/// Finds row ends in a stream. A quote opens a quoted field only where a field begins; elsewhere it
/// is a character like any other, as most writers and readers have it.
struct CSVRowEnd: Sendable {
  private enum State: Sendable {
    case fieldStart, unquoted, quoted
    /// Behind a quote inside a quoted field: it closed the field or is the first half of a pair.
    case quoteSeen
  }

  private let separator: UInt8
  private var state = State.fieldStart
  private var fields = 1
  private var lines = 0
  private var problem: String?
  /// How many bytes of a byte order mark may still come: a quote behind it opens a field.
  private var markLeft: Int

  init(separator: UInt8, isFileStart: Bool = false) {
    self.separator = separator
    markLeft = isFileStart ? LineRules.byteOrderMark.count : 0
  }

  /// The place of the line feed that ends the row, or `nil` if the buffer has none. `carried` bytes
  /// of the row came before.
  mutating func end(in buffer: UnsafeRawBufferPointer, from start: Int, carried: Int) -> Int? {
    var at = start
    while at < buffer.count {
      switch state {
      case .fieldStart:
        let byte = unsafe buffer[at]
        if markLeft > 0 {
          let seen = LineRules.byteOrderMark.count - markLeft
          if byte == LineRules.byteOrderMark[seen] {
            markLeft -= 1
            at += 1
            continue
          }
          markLeft = 0
          if seen > 0 {
            state = .unquoted
            continue
          }
        }
        if byte == 0x0A { return at }
        at += 1
        if byte == 0x22 {
          state = .quoted
        } else if byte == separator {
          fields += 1
        } else {
          state = .unquoted
        }
      case .unquoted:
        at = unsafe ByteSearch.first(separator, or: 0x0A, in: buffer, from: at)
        guard at < buffer.count else { return nil }
        if unsafe buffer[at] == 0x0A { return at }
        fields += 1
        state = .fieldStart
        at += 1
      case .quoted:
        at = unsafe ByteSearch.first(0x22, or: 0x0A, in: buffer, from: at)
        guard at < buffer.count else { return nil }
        if unsafe buffer[at] == 0x22 {
          state = .quoteSeen
        } else {
          // A quote that nobody closes must not make one record of the rest of the file.
          if carried + at - start > RecordScanner.longestRecord { return at }
          lines += 1
        }
        at += 1
      case .quoteSeen:
        switch unsafe buffer[at] {
        case 0x0A: return at
        case 0x22: state = .quoted
        case separator:
          fields += 1
          state = .fieldStart
        case 0x0D: break
        default:
          problem = "text behind a closing quote in field \(fields)"
          state = .unquoted
        }
        at += 1
      }
    }
    return nil
  }

  /// The line feeds inside the row's quotes since the last call.
  mutating func takeLines() -> Int {
    defer { lines = 0 }
    return lines
  }

  /// The finished row's number of fields, and what is wrong with it; ready for the next row.
  mutating func finish() -> (fields: Int, problem: String?) {
    let problem = state == .quoted ? "field \(fields) opens a quote that is not closed" : problem
    let found = (fields, problem)
    state = .fieldStart
    fields = 1
    self.problem = nil
    return found
  }
}

public enum CSVRow {
  /// The fields of one row without its line end, unquoted.
  public static func fields(of row: some Sequence<UInt8>, separator: UInt8) -> [[UInt8]] {
    var fields: [[UInt8]] = []
    var field: [UInt8] = []
    var isQuoted = false
    var quoteSeen = false
    var isStart = true
    for byte in row {
      if isQuoted {
        if byte == 0x22 { (isQuoted, quoteSeen) = (false, true) } else { field.append(byte) }
        continue
      }
      if quoteSeen, byte == 0x22 {
        field.append(byte)
        (isQuoted, quoteSeen) = (true, false)
      } else if byte == separator {
        fields.append(field)
        field = []
        (isStart, quoteSeen) = (true, false)
        continue
      } else if isStart, byte == 0x22 {
        isQuoted = true
      } else {
        field.append(byte)
        quoteSeen = false
      }
      isStart = false
    }
    fields.append(field)
    return fields
  }
}
