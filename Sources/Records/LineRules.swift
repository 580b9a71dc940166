// What a line is taken for: blank, a heading, a fence; see Specs/Records.md, "Lines".

enum LineRules {
  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  @inline(__always) static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0D
  }

  /// A line of spaces, tabs and carriage returns only.
  static func isBlank(_ line: some Sequence<UInt8>) -> Bool { line.allSatisfy(isSpace) }

  static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard let first = line.firstIndex(where: { !isSpace($0) }),
      let last = line.lastIndex(where: { !isSpace($0) })
    else { return [] }
    return line[first...last]
  }

  /// CommonMark's ATX heading: up to three spaces, one to six `#`, then a space or the line's end.
  static func isHeading(_ line: some Collection<UInt8>) -> Bool {
    let (indent, rest) = indentation(of: line)
    guard indent <= 3 else { return false }
    let marks = rest.prefix { $0 == 0x23 }.count
    guard marks >= 1, marks <= 6 else { return false }
    return rest.dropFirst(marks).first.map(isSpace) ?? true
  }

  static func indentation<Line: Collection<UInt8>>(of line: Line) -> (Int, Line.SubSequence) {
    let rest = line.drop { $0 == 0x20 }
    return (line.count - rest.count, rest)
  }
}

/// CommonMark's fenced code: three or more backticks or tildes, closed by as many of the same.
struct MarkdownFence: Sendable {
  private var mark: UInt8 = 0
  private var length = 0

  var isOpen: Bool { length > 0 }

  mutating func take(_ line: some Collection<UInt8>) {
    let (indent, rest) = LineRules.indentation(of: line)
    guard indent <= 3, let first = rest.first, first == 0x60 || first == 0x7E else { return }
    let run = rest.prefix { $0 == first }.count
    guard run >= 3 else { return }
    let info = rest.dropFirst(run)
    if !isOpen {
      // An info string behind backticks has none itself, or this is inline code.
      if first == 0x60, info.contains(0x60) { return }
      (mark, length) = (first, run)
    } else if first == mark, run >= length, info.allSatisfy(LineRules.isSpace) {
      (mark, length) = (0, 0)
    }
  }
}
