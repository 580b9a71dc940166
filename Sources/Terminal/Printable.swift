// Text that may stand on a terminal: how wide it is, and strangers' words without the power to
// move the cursor or hide a line (Specs/CommandLine.md, "Strangers' words").

public enum Printable {
  /// One line: control characters and direction marks, which can forge or hide what stands on the
  /// screen, are shown as escapes; at most `limit` characters.
  public static func line(_ text: String, limit: Int = 300) -> String {
    var result = ""
    var count = 0
    for scalar in text.unicodeScalars {
      if count == limit { return result + "…" }
      count += 1
      switch scalar.value {
      case 0x0A: result += "\\n"
      case 0x0D: result += "\\r"
      case 0x09: result += "\\t"
      case 0x00..<0x20, 0x7F..<0xA0, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
        0xE0000...0xE0FFF:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Terminal columns that a text takes: two for East Asian wide characters and emoji, none for
  /// combining marks.
  public static func columns(_ text: String) -> Int {
    var total = 0
    for scalar in text.unicodeScalars { total += columns(scalar) }
    return total
  }

  static func columns(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x20..<0x300: return 1
    case 0x300...0x36F, 0x483...0x489, 0x591...0x5BD, 0x610...0x61A, 0x64B...0x65F,
      0x1AB0...0x1AFF, 0x1DC0...0x1DFF, 0x200B...0x200F, 0x20D0...0x20FF, 0xFE00...0xFE0F,
      0xFE20...0xFE2F:
      return 0
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
      0xA000...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
      0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF,
      0x20000...0x3FFFD:
      return 2
    default: return scalar.value < 0x20 ? 0 : 1
    }
  }

  /// Cuts a text in the middle so that it takes at most `width` columns.
  public static func shortened(_ text: String, to width: Int) -> String {
    if columns(text) <= width { return text }
    guard width > 1 else { return width == 1 ? "…" : "" }
    let scalars = Array(text.unicodeScalars)
    var head = 0
    var tail = 0
    var used = 1
    var takesHead = true
    while head + tail < scalars.count {
      let next = takesHead ? scalars[head] : scalars[scalars.count - 1 - tail]
      let size = columns(next)
      if used + size > width { break }
      used += size
      if takesHead { head += 1 } else { tail += 1 }
      takesHead.toggle()
    }
    var result = String.UnicodeScalarView(scalars[..<head])
    result.append("…")
    result.append(contentsOf: scalars[(scalars.count - tail)...])
    return String(result)
  }

  static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - columns(text)))
  }
}

/// Emphasis, where the terminal shows it and nobody asked for none (`NO_COLOR`, `TERM=dumb`).
public struct Style: Sendable {
  public let isOn: Bool

  public init(isOn: Bool) { self.isOn = isOn }

  public static let plain = Style(isOn: false)

  public func bold(_ text: String) -> String { wrapped(text, "1") }
  public func dim(_ text: String) -> String { wrapped(text, "2") }
  public func green(_ text: String) -> String { wrapped(text, "32") }
  public func yellow(_ text: String) -> String { wrapped(text, "33") }
  public func red(_ text: String) -> String { wrapped(text, "31") }

  private func wrapped(_ text: String, _ code: String) -> String {
    isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
