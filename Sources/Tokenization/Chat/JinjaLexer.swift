// Cuts a Jinja template into text and tags, and tags into tokens; see Specs/Tokenizers.md, "Chat
// templates". The white space rules are those that transformers sets: trim_blocks and lstrip_blocks.

/// What a template can be refused for.
struct JinjaError: Error, Equatable {
  var message: String
}

enum JinjaToken: Equatable {
  case name(String)
  case integer(Int)
  case real(Double)
  case string(String)
  case sign(String)
  case end
}

enum JinjaPiece: Equatable {
  case text(String)
  case output([JinjaToken])
  case statement([JinjaToken])
}

struct JinjaLexer {
  private let source: [UInt8]
  private var position = 0
  private var pieces: [JinjaPiece] = []
  /// What the tag before does to the text that follows.
  private var trimsLine = false
  private var stripsAll = false

  init(_ text: String) {
    // One line break at the end is not part of a template.
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if byte == 0x0A, bytes.last == 0x0D { bytes.removeLast() }
      bytes.append(byte)
    }
    if bytes.last == 0x0A { bytes.removeLast() }
    source = bytes
  }

  mutating func cut() throws(JinjaError) -> [JinjaPiece] {
    while position < source.count {
      var opening = position
      while opening + 1 < source.count, kind(at: opening) == nil { opening += 1 }
      guard opening + 1 < source.count, let kind = kind(at: opening) else {
        text(position..<source.count, before: nil, control: nil)
        break
      }
      let control = opening + 2 < source.count ? source[opening + 2] : 0
      text(position..<opening, before: kind, control: control)
      position = opening + 2
      if control == UInt8(ascii: "-") || control == UInt8(ascii: "+") { position += 1 }
      if kind == UInt8(ascii: "#") {
        try comment()
      } else {
        let tokens = try tag(closing: kind == UInt8(ascii: "{") ? "}}" : "%}")
        pieces.append(kind == UInt8(ascii: "{") ? .output(tokens) : .statement(tokens))
      }
    }
    return pieces
  }

  private func kind(at index: Int) -> UInt8? {
    guard source[index] == UInt8(ascii: "{") else { return nil }
    let next = source[index + 1]
    return next == UInt8(ascii: "{") || next == UInt8(ascii: "%") || next == UInt8(ascii: "#")
      ? next : nil
  }

  private mutating func text(_ range: Range<Int>, before kind: UInt8?, control: UInt8?) {
    var (start, end) = (range.lowerBound, range.upperBound)
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    if stripsAll {
      while start < end, isSpace(source[start]) { start += 1 }
    } else if trimsLine, start < end, source[start] == 0x0A {
      start += 1
    }
    stripsAll = false
    trimsLine = false
    if control == UInt8(ascii: "-") {
      while end > start, isSpace(source[end - 1]) { end -= 1 }
    } else if let kind, kind != UInt8(ascii: "{"), control != UInt8(ascii: "+") {
      // A tag that is alone so far in its line takes the line's indentation with it.
      var line = end
      while line > start, source[line - 1] != 0x0A, isSpace(source[line - 1]) { line -= 1 }
      let atLineStart =
        line > start ? source[line - 1] == 0x0A : line == 0 || source[line - 1] == 0x0A
      if atLineStart { end = line }
    }
    if start < end { pieces.append(.text(String(decoding: source[start..<end], as: UTF8.self))) }
  }

  private mutating func comment() throws(JinjaError) {
    while position + 1 < source.count {
      if source[position] == UInt8(ascii: "#"), source[position + 1] == UInt8(ascii: "}") {
        stripsAll = source[position - 1] == UInt8(ascii: "-")
        trimsLine = !stripsAll
        position += 2
        return
      }
      position += 1
    }
    throw JinjaError(message: "a comment is not closed")
  }

  private static let signs = [
    "//", "**", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[",
    "]", "{", "}", ",", ":", ".", "|",
  ]

  private func starts(with text: String) -> Bool { source[position...].starts(with: text.utf8) }

  private mutating func tag(closing: String) throws(JinjaError) -> [JinjaToken] {
    var tokens: [JinjaToken] = []
    var nesting = 0
    while position < source.count {
      let byte = source[position]
      if byte == 0x20 || (0x09...0x0D).contains(byte) {
        position += 1
        continue
      }
      if starts(with: "-" + closing) || starts(with: "+" + closing) {
        stripsAll = byte == UInt8(ascii: "-")
        position += 3
        return tokens
      }
      // A dictionary's brace may stand before the tag's.
      if nesting == 0, starts(with: closing) {
        trimsLine = closing == "%}"
        position += 2
        return tokens
      }
      switch byte {
      case UInt8(ascii: "'"), UInt8(ascii: "\""): tokens.append(.string(try string(byte)))
      case 0x30...0x39: tokens.append(try number())
      case 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"):
        let start = position
        while position < source.count, isNamePart(source[position]) { position += 1 }
        tokens.append(.name(String(decoding: source[start..<position], as: UTF8.self)))
      default:
        guard let sign = Self.signs.first(where: { starts(with: $0) }) else {
          throw JinjaError(message: "the character \(Unicode.Scalar(byte).escaped(asASCII: true))")
        }
        if sign == "{" { nesting += 1 }
        if sign == "}" { nesting -= 1 }
        tokens.append(.sign(sign))
        position += sign.utf8.count
      }
    }
    throw JinjaError(message: "a tag is not closed")
  }

  private func isNamePart(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): true
    default: false
    }
  }

  private mutating func number() throws(JinjaError) -> JinjaToken {
    let start = position
    var real = false
    while position < source.count {
      let byte = source[position]
      if byte == UInt8(ascii: "."), !real, position + 1 < source.count,
        (0x30...0x39).contains(source[position + 1])
      {
        real = true
      } else if !(0x30...0x39).contains(byte) {
        break
      }
      position += 1
    }
    let text = String(decoding: source[start..<position], as: UTF8.self)
    if real, let value = Double(text) { return .real(value) }
    guard let value = Int(text) else { throw JinjaError(message: "the number \(text)") }
    return .integer(value)
  }

  private mutating func string(_ quote: UInt8) throws(JinjaError) -> String {
    position += 1
    var bytes: [UInt8] = []
    while position < source.count {
      let byte = source[position]
      position += 1
      if byte == quote { return String(decoding: bytes, as: UTF8.self) }
      guard byte == UInt8(ascii: "\\"), position < source.count else {
        bytes.append(byte)
        continue
      }
      let escape = source[position]
      position += 1
      switch escape {
      case UInt8(ascii: "n"): bytes.append(0x0A)
      case UInt8(ascii: "t"): bytes.append(0x09)
      case UInt8(ascii: "r"): bytes.append(0x0D)
      case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): bytes.append(escape)
      case UInt8(ascii: "x"): try scalar(digits: 2, &bytes)
      case UInt8(ascii: "u"): try scalar(digits: 4, &bytes)
      case UInt8(ascii: "U"): try scalar(digits: 8, &bytes)
      default: bytes += [UInt8(ascii: "\\"), escape]
      }
    }
    throw JinjaError(message: "a string is not closed")
  }

  private mutating func scalar(digits: Int, _ bytes: inout [UInt8]) throws(JinjaError) {
    let end = min(position + digits, source.count)
    let text = String(decoding: source[position..<end], as: UTF8.self)
    guard let value = UInt32(text, radix: 16), let scalar = Unicode.Scalar(value) else {
      throw JinjaError(message: "the escape \\u\(text)")
    }
    position = end
    bytes += String(scalar).utf8
  }
}
