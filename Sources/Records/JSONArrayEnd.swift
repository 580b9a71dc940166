// Elements of a file that is one JSON array: where each begins and ends; see Specs/Records.md,
// "Arrays".

/// Finds the elements in a stream by brackets and quotes alone. Whether an element is JSON is
/// found out afterwards, so that a fault stays in the element that has it.
struct JSONArrayEnd: Sendable {
  private enum State: Sendable {
    /// A byte order mark and white space may have come; the array's bracket may follow.
    case fileStart
    /// Between elements, or in one but not in a string.
    case inside
    case string
    /// Behind a backslash in a string.
    case escape
    /// An element is over and the bracket that closes the array follows.
    case closing
    /// The array is over.
    case closed
  }

  /// An element by its own bytes, counted from the stream's start.
  struct Element {
    var start: Int
    var contentEnd: Int
    /// The line on which it begins, counted from 1.
    var line: Int
    /// It stands behind the array's end.
    var isBehind: Bool
  }

  /// Line feeds that have gone by.
  private(set) var lines = 0
  private var state: State
  /// Brackets and braces that are open in the element.
  private var depth = 0
  private var element: Element?
  /// Bytes of a byte order mark that have come.
  private var markSeen = 0

  init(isFileStart: Bool) { state = isFileStart ? .fileStart : .inside }

  /// The place in the buffer where the piece ends that an element makes: behind its comma, or
  /// before the bracket that closes the array; nil when the buffer ends before. `base` is the place
  /// of the buffer in the stream.
  mutating func end(in buffer: UnsafeRawBufferPointer, from first: Int, base: Int) -> Int? {
    var at = first
    while at < buffer.count {
      if state == .string {
        let found = unsafe ByteSearch.first(0x22, or: 0x5C, in: buffer, from: at)
        unsafe countLines(in: buffer, at..<found)
        at = found + 1
        element?.contentEnd = base + min(at, buffer.count)
        if found == buffer.count { return nil }
        state = unsafe buffer[found] == 0x22 ? .inside : .escape
        continue
      }
      let byte = unsafe buffer[at]
      if byte == 0x0A { lines += 1 }
      let isSpace = byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
      switch state {
      case .fileStart:
        let place = base + at
        if place == markSeen, place < 3, byte == LineRules.byteOrderMark[place] {
          markSeen += 1
          break
        }
        let isWhole = markSeen == 0 || markSeen == 3
        if isWhole, isSpace { break }
        state = .inside
        if !isWhole {
          begin(at: 0)
          continue
        }
        // Something else than an array: its first value is an element.
        if byte != 0x5B { continue }
      case .inside:
        if isSpace { break }
        if depth == 0, byte == 0x2C {
          if element == nil { take(base + at) }
          return at + 1
        }
        if depth == 0, byte == 0x5D {
          state = element == nil ? .closed : .closing
          if element != nil { return at }
          break
        }
        open(byte)
        take(base + at)
      case .string: break
      case .escape:
        state = .string
        take(base + at)
      case .closing: state = .closed
      case .closed: if !isSpace { take(base + at) }
      }
      at += 1
    }
    return nil
  }

  /// The element whose piece has just ended, or that the stream's end leaves.
  mutating func takeElement() -> Element? {
    defer { element = nil }
    return element
  }

  private mutating func begin(at place: Int) {
    element = Element(
      start: place, contentEnd: place + 1, line: lines + 1, isBehind: state == .closed)
  }

  /// A byte that belongs to an element.
  private mutating func take(_ place: Int) {
    if element == nil { begin(at: place) }
    element?.contentEnd = place + 1
  }

  private mutating func open(_ byte: UInt8) {
    switch byte {
    case 0x22: state = .string
    case 0x5B, 0x7B: depth += 1
    case 0x5D, 0x7D: depth = max(0, depth - 1)
    default: break
    }
  }

  private mutating func countLines(in buffer: UnsafeRawBufferPointer, _ range: Range<Int>) {
    let string = unsafe UnsafeRawBufferPointer(rebasing: buffer[range])
    var at = 0
    while let next = unsafe ByteSearch.first(0x0A, in: string, from: at) {
      lines += 1
      at = next + 1
    }
  }
}
