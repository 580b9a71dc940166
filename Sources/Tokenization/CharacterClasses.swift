// The class of every character, as the split patterns need it; see Specs/Tokenizers.md, "Characters".

/// A class of characters; the raw value is the bit in a `CharacterSet`.
enum CharacterClass: UInt8 {
  case other = 0
  case upper, lower, title, modifier, otherLetter
  case number, mark, punctuation, symbol, space
}

/// A set of character classes.
struct CharacterSet: Equatable {
  var bits: UInt32

  init(_ classes: CharacterClass...) {
    bits = classes.reduce(0) { $0 | 1 << UInt32($1.rawValue) }
  }

  @inline(always) func contains(_ code: UInt8) -> Bool {
    bits >> UInt32(code) & 1 != 0
  }

  static let letters = CharacterSet(.upper, .lower, .title, .modifier, .otherLetter)
  static let lettersAndMarks = CharacterSet(
    .upper, .lower, .title, .modifier, .otherLetter, .mark)
  /// Letters that can stand before a small letter in a word written with capitals.
  static let leading = CharacterSet(.upper, .title, .modifier, .otherLetter, .mark)
  static let trailing = CharacterSet(.lower, .modifier, .otherLetter, .mark)
  static let numbers = CharacterSet(.number)
  static let spaces = CharacterSet(.space)
  /// Neither space nor letter nor number.
  static let signs = CharacterSet(.other, .mark, .punctuation, .symbol)
  static let signsWithoutMarks = CharacterSet(.other, .punctuation, .symbol)
  static let punctuationAndSymbols = CharacterSet(.punctuation, .symbol)
}

/// One byte for each scalar: a megabyte that is built once, so that a look-up is one load.
struct CharacterClasses: Sendable {
  let codes: [UInt8]

  static let shared = CharacterClasses()

  private init() {
    var codes = [UInt8](repeating: 0, count: 0x110000)
    var position = 0
    var code: UInt8 = 0
    var length = 0
    func fill(_ codes: inout [UInt8]) {
      let end = min(position + max(length, 1), codes.count)
      if code != 0 { for index in position..<end { codes[index] = code } }
      position = end
    }
    var first = true
    for byte in CharacterTable.runs.utf8 {
      switch byte {
      case 0x30...0x39: length = length * 36 + Int(byte - 0x30)
      case 0x41...0x5A: length = length * 36 + Int(byte - 0x41) + 10
      default:
        if !first { fill(&codes) }
        first = false
        length = 0
        code = Self.code(of: byte)
      }
    }
    fill(&codes)
    self.codes = codes
  }

  private static func code(of letter: UInt8) -> UInt8 {
    let name: CharacterClass =
      switch letter {
      case UInt8(ascii: "u"): .upper
      case UInt8(ascii: "l"): .lower
      case UInt8(ascii: "t"): .title
      case UInt8(ascii: "m"): .modifier
      case UInt8(ascii: "o"): .otherLetter
      case UInt8(ascii: "n"): .number
      case UInt8(ascii: "k"): .mark
      case UInt8(ascii: "p"): .punctuation
      case UInt8(ascii: "s"): .symbol
      case UInt8(ascii: "w"): .space
      default: .other
      }
    return name.rawValue
  }

  @inline(always) func code(of scalar: UInt32) -> UInt8 { codes[Int(scalar)] }

  /// The class and the length in bytes of the character at `index` of well-formed UTF-8.
  @inline(always) func step(_ text: Span<UInt8>, _ index: Int) -> (code: UInt8, length: Int) {
    let lead = text[index]
    if lead < 0x80 { return (codes[Int(lead)], 1) }
    let (scalar, length) = TextScan.scalar(text, index)
    return (codes[Int(scalar)], length)
  }

  /// Where the run of characters of `set` that starts at `index` ends.
  @inline(always) func run(
    of set: CharacterSet, _ text: Span<UInt8>, _ index: Int, _ end: Int
  ) -> Int {
    var position = index
    while position < end {
      let (code, length) = step(text, position)
      if !set.contains(code) { break }
      position += length
    }
    return position
  }
}

/// Walking over well-formed UTF-8.
enum TextScan {
  /// The scalar at `index` and its length. At most 21 bits, also for ill-formed text.
  @inline(always) static func scalar(_ text: Span<UInt8>, _ index: Int) -> (UInt32, Int) {
    let lead = UInt32(text[index])
    if lead < 0x80 { return (lead, 1) }
    if lead < 0xE0 {
      return ((lead & 0x1F) << 6 | UInt32(text[index + 1] & 0x3F), 2)
    }
    if lead < 0xF0 {
      return (
        (lead & 0x0F) << 12 | UInt32(text[index + 1] & 0x3F) << 6 | UInt32(text[index + 2] & 0x3F),
        3
      )
    }
    let high = (lead & 0x07) << 18 | UInt32(text[index + 1] & 0x3F) << 12
    let low = UInt32(text[index + 2] & 0x3F) << 6 | UInt32(text[index + 3] & 0x3F)
    return (min(high | low, 0x10FFFF), 4)
  }

  /// Where the character that ends before `index` starts.
  @inline(always) static func previous(_ text: Span<UInt8>, _ index: Int) -> Int {
    var position = index - 1
    while position > 0, text[position] & 0xC0 == 0x80 { position -= 1 }
    return position
  }

  /// Where the character that holds the byte at `index` ends.
  @inline(always) static func end(_ text: Span<UInt8>, _ index: Int) -> Int {
    var position = index + 1
    while position < text.count, text[position] & 0xC0 == 0x80 { position += 1 }
    return position
  }

  /// Where the character that holds the byte at `index` starts.
  @inline(always) static func start(_ text: Span<UInt8>, _ index: Int) -> Int {
    var position = index
    while position > 0, text[position] & 0xC0 == 0x80 { position -= 1 }
    return position
  }
}
