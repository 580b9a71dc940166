// Hand-written matchers for the regular expressions by which published tokenizers cut text into words;
// see Specs/Tokenizers.md, "Split patterns".

/// A known pattern. Each finds, at a position, the end of the match that starts there, in one pass and
/// without backtracking: the comments say why the regular expression's choice is the same.
enum SplitPattern: Equatable {
  /// GPT-2's words.
  case gpt2
  /// Words of Llama-3, Qwen2 and their kin.
  case words(digits: Int, marks: Bool)
  /// Words that also end where a small letter meets a capital: GPT-4o's and Mistral's newer ones.
  case cased(digits: Int, contractions: Bool)
  /// DeepSeek's words. Numbers and what else it leaves out stand between its matches.
  case deepSeek
  /// Han, Hiragana and Katakana, in runs.
  case ideographs
  /// Runs of at most this many numeric characters.
  case numbers(digits: Int)
  /// A single line break.
  case newline
  /// A text that is matched as it is.
  case literal([UInt8])

  /// The published regular expressions, as tokenizer.json spells them.
  static let known: [(regex: String, pattern: SplitPattern)] = [
    (
      #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#, .gpt2
    ),
    (
      #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
      .words(digits: 3, marks: false)
    ),
    (
      #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
      .words(digits: 1, marks: false)
    ),
    (
      #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#,
      .words(digits: 3, marks: false)
    ),
    (
      #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
      .words(digits: 1, marks: true)
    ),
    (
      #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
      .cased(digits: 3, contractions: true)
    ),
    (
      #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
      .cased(digits: 1, contractions: false)
    ),
    (
      ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"##,
      .deepSeek
    ),
    ("[一-龥\u{3040}-ゟ゠-ヿ]+", .ideographs),
    (#"\p{N}{1,3}"#, .numbers(digits: 3)),
    (#"\p{N}"#, .numbers(digits: 1)),
    (#"\p{N}+"#, .numbers(digits: Int.max)),
    (#"[\r\n]"#, .newline),
  ]

  private static let meta = Array(#"\.[](){}*+?|^$#-&~"#.utf8)

  /// The pattern of a regular expression, or nil for an unknown one.
  init?(regex: String) {
    // Without a character that has a meaning of its own, the expression is the text that it matches.
    if !regex.isEmpty, !regex.utf8.contains(where: { Self.meta.contains($0) }) {
      self = .literal(Array(regex.utf8))
      return
    }
    guard let found = Self.known.first(where: { $0.regex.utf8.elementsEqual(regex.utf8) }) else {
      return nil
    }
    self = found.pattern
  }

  /// The end of the match that starts at `index`, or nil if none starts there.
  @inline(always) func matchEnd(
    _ text: Span<UInt8>, _ index: Int, _ end: Int, _ classes: borrowing CharacterClasses
  ) -> Int? {
    switch self {
    case .gpt2: return Self.gpt2(text, index, end, classes)
    case .words(let digits, let marks):
      return Self.words(text, index, end, classes, digits: digits, marks: marks)
    case .cased(let digits, let contractions):
      return CasedWords.end(text, index, end, classes, digits, contractions)
    case .deepSeek: return DeepSeekWords.end(text, index, end, classes)
    case .ideographs: return DeepSeekWords.ideographs(text, index, end)
    case .numbers(let digits):
      let stop = Self.digits(text, index, end, classes, atMost: digits)
      return stop > index ? stop : nil
    case .newline:
      return text[index] == 0x0A || text[index] == 0x0D ? index + 1 : nil
    case .literal(let bytes):
      guard end - index >= bytes.count else { return nil }
      for offset in bytes.indices where text[index + offset] != bytes[offset] { return nil }
      return index + bytes.count
    }
  }

  /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`: every character
  /// begins one of the alternatives, and the class of the first one (after a space, of the second)
  /// says which.
  private static func gpt2(
    _ text: Span<UInt8>, _ index: Int, _ end: Int, _ classes: borrowing CharacterClasses
  ) -> Int {
    let first = text[index]
    if first == UInt8(ascii: "'"), let stop = contraction(text, index, end, folded: false) {
      return stop
    }
    let start = first == UInt8(ascii: " ") && index + 1 < end ? index + 1 : index
    let (code, length) = classes.step(text, start)
    if CharacterSet.letters.contains(code) {
      return classes.run(of: .letters, text, start + length, end)
    }
    if CharacterSet.numbers.contains(code) {
      return classes.run(of: .numbers, text, start + length, end)
    }
    if CharacterSet.signs.contains(code) {
      return classes.run(of: .signs, text, start + length, end)
    }
    return spaces(text, index, end, classes)
  }

  /// `(?i:'s|…)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,n}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
  private static func words(
    _ text: Span<UInt8>, _ index: Int, _ end: Int, _ classes: borrowing CharacterClasses,
    digits: Int, marks: Bool
  ) -> Int {
    let first = text[index]
    if first == UInt8(ascii: "'"), let stop = contraction(text, index, end, folded: true) {
      return stop
    }
    let letters = marks ? CharacterSet.lettersAndMarks : .letters
    let (code, length) = classes.step(text, index)
    // A letter: a word. (Its optional sign is not a letter, so taking it or not is no choice.)
    if CharacterSet.letters.contains(code) {
      return classes.run(of: letters, text, index + length, end)
    }
    if CharacterSet.numbers.contains(code) {
      return Self.digits(text, index, end, classes, atMost: digits)
    }
    if first != 0x0A, first != 0x0D {
      // One character that is no letter, number or line break may stand before the letters.
      let next = index + length
      if next < end, letters.contains(classes.step(text, next).code) {
        return classes.run(of: letters, text, next, end)
      }
      if letters.contains(code) { return classes.run(of: letters, text, index, end) }
    }
    let signs = marks ? CharacterSet.signsWithoutMarks : .signs
    let start = first == UInt8(ascii: " ") && index + 1 < end ? index + 1 : index
    let stop = classes.run(of: signs, text, start, end)
    if stop > start { return lineBreaks(text, stop, end) }
    return spacesWithLines(text, index, end, classes)
  }

  /// Numeric characters from `index` on, `limit` at most.
  static func digits(
    _ text: Span<UInt8>, _ index: Int, _ end: Int, _ classes: borrowing CharacterClasses,
    atMost limit: Int
  ) -> Int {
    var position = index
    var count = 0
    while position < end, count < limit {
      let (code, length) = classes.step(text, position)
      if !CharacterSet.numbers.contains(code) { break }
      position += length
      count += 1
    }
    return position
  }

  /// `'s 't 'm 'd 're 've 'll`, also in capitals when folded. U+017F folds to s.
  @inline(always) static func contraction(
    _ text: Span<UInt8>, _ index: Int, _ end: Int, folded: Bool
  ) -> Int? {
    guard index + 1 < end else { return nil }
    let mask: UInt8 = folded ? 0x20 : 0
    let second = text[index + 1]
    switch second | (second < 0x80 ? mask : 0) {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return index + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"):
      return index + 2 < end && text[index + 2] | mask == UInt8(ascii: "e") ? index + 3 : nil
    case UInt8(ascii: "l"):
      return index + 2 < end && text[index + 2] | mask == UInt8(ascii: "l") ? index + 3 : nil
    case 0xC5 where folded && text[index + 2] == 0xBF: return index + 3
    default: return nil
    }
  }

  @inline(always) static func lineBreaks(_ text: Span<UInt8>, _ index: Int, _ end: Int) -> Int {
    var position = index
    while position < end, text[position] == 0x0A || text[position] == 0x0D { position += 1 }
    return position
  }

  /// `\s+(?!\S)|\s+` at white space: all of the run at the end of the text; before something else all
  /// but its last character, or the only one.
  static func spaces(
    _ text: Span<UInt8>, _ index: Int, _ end: Int, _ classes: borrowing CharacterClasses
  ) -> Int {
    let stop = classes.run(of: .spaces, text, index, end)
    if stop == end { return stop }
    let last = TextScan.previous(text, stop)
    return last > index ? last : stop
  }

  /// `\s*[\r\n]+|\s+(?!\S)|\s+` at white space: through the last line break of the run, if it has one.
  static func spacesWithLines(
    _ text: Span<UInt8>, _ index: Int, _ end: Int, _ classes: borrowing CharacterClasses
  ) -> Int {
    let stop = classes.run(of: .spaces, text, index, end)
    var position = stop
    while position > index {
      let byte = text[position - 1]
      if byte == 0x0A || byte == 0x0D { return position }
      position -= 1
    }
    if stop == end { return stop }
    let last = TextScan.previous(text, stop)
    return last > index ? last : stop
  }
}
