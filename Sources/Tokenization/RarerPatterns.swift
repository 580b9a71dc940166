// Matchers of the longer split patterns: GPT-4o's, Mistral's newer one and DeepSeek's; see
// Specs/Tokenizers.md, "Split patterns".

enum CasedWords {
  static func end(
    _ text: Span<UInt8>, _ index: Int, _ end: Int, _ classes: borrowing CharacterClasses,
    _ digits: Int, _ contractions: Bool
  ) -> Int {
    let first = text[index]
    let (code, length) = classes.step(text, index)
    let optional =
      first != 0x0A && first != 0x0D && !CharacterSet.letters.contains(code)
      && !CharacterSet.numbers.contains(code)
    // The first alternative with and without the optional sign, then the second likewise.
    var stop: Int? = nil
    if optional { stop = capitalsThenSmall(text, index + length, end, classes) }
    stop = stop ?? capitalsThenSmall(text, index, end, classes)
    if optional { stop = stop ?? capitals(text, index + length, end, classes) }
    stop = stop ?? capitals(text, index, end, classes)
    if let stop {
      guard contractions, stop < end, text[stop] == UInt8(ascii: "'") else { return stop }
      return SplitPattern.contraction(text, stop, end, folded: true) ?? stop
    }
    if CharacterSet.numbers.contains(code) {
      return SplitPattern.digits(text, index, end, classes, atMost: digits)
    }
    let start = first == UInt8(ascii: " ") && index + 1 < end ? index + 1 : index
    var position = classes.run(of: .signs, text, start, end)
    if position > start {
      while position < end,
        text[position] == 0x0A || text[position] == 0x0D || text[position] == UInt8(ascii: "/")
      {
        position += 1
      }
      return position
    }
    return SplitPattern.spacesWithLines(text, index, end, classes)
  }

  /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+`. The first part takes all it can. If
  /// a small letter follows, the second part runs on from there; otherwise the first part gives back
  /// characters until the second can take one: the last character that belongs to both.
  private static func capitalsThenSmall(
    _ text: Span<UInt8>, _ index: Int, _ end: Int, _ classes: borrowing CharacterClasses
  ) -> Int? {
    var position = index
    var afterShared: Int? = nil
    while position < end {
      let (code, length) = classes.step(text, position)
      if !CharacterSet.leading.contains(code) { break }
      position += length
      if CharacterSet.trailing.contains(code) { afterShared = position }
    }
    let stop = classes.run(of: .trailing, text, position, end)
    return stop > position ? stop : afterShared
  }

  /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*`
  private static func capitals(
    _ text: Span<UInt8>, _ index: Int, _ end: Int, _ classes: borrowing CharacterClasses
  ) -> Int? {
    let position = classes.run(of: .leading, text, index, end)
    return position > index ? classes.run(of: .trailing, text, position, end) : nil
  }
}

enum DeepSeekWords {
  /// `[!-/:-~…][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|
  /// \s+(?!\S)|\s+`
  static func end(
    _ text: Span<UInt8>, _ index: Int, _ end: Int, _ classes: borrowing CharacterClasses
  ) -> Int? {
    let first = text[index]
    let (code, length) = classes.step(text, index)
    if isPunctuation(first), index + 1 < end, isLetter(text[index + 1]) {
      var position = index + 1
      while position < end, isLetter(text[position]) { position += 1 }
      return position
    }
    if first != 0x0A, first != 0x0D, !CharacterSet.letters.contains(code),
      !CharacterSet.punctuationAndSymbols.contains(code)
    {
      let stop = classes.run(of: .lettersAndMarks, text, index + length, end)
      if stop > index + length { return stop }
    }
    let word = classes.run(of: .lettersAndMarks, text, index, end)
    if word > index { return word }
    let start = first == UInt8(ascii: " ") && index + 1 < end ? index + 1 : index
    let signs = classes.run(of: .punctuationAndSymbols, text, start, end)
    if signs > start { return SplitPattern.lineBreaks(text, signs, end) }
    guard CharacterSet.spaces.contains(code) else { return nil }
    return SplitPattern.spacesWithLines(text, index, end, classes)
  }

  /// `[一-龥぀-ゟ゠-ヿ]+`
  static func ideographs(_ text: Span<UInt8>, _ index: Int, _ end: Int) -> Int? {
    var position = index
    while position < end {
      let (scalar, length) = TextScan.scalar(text, position)
      guard (0x4E00...0x9FA5).contains(scalar) || (0x3040...0x30FF).contains(scalar) else { break }
      position += length
    }
    return position > index ? position : nil
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    let small = byte | 0x20
    return small >= 0x61 && small <= 0x7A
  }

  private static func isPunctuation(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
    default: false
    }
  }
}
