// The normalizers of tokenizer.json; see Specs/Tokenizers.md, "Normalizers".

internal import UnicodeText

enum Normalizer: Equatable, Sendable {
  case form(Normalization)
  case lowercase
  case prepend([UInt8])
  case replace(pattern: [UInt8], content: [UInt8])
  case strip(left: Bool, right: Bool)

  /// How many times longer it can make a text, at most.
  var growth: Int {
    switch self {
    // U+FDFA is three bytes, and eighteen letters once taken apart.
    case .form(.nfkc), .form(.nfkd): 11
    case .form(.nfc), .form(.nfd): 3
    case .lowercase: 2
    case .prepend(let content): 1 + content.count
    case .replace(let pattern, let content):
      max(1, (content.count + pattern.count - 1) / max(1, pattern.count))
    case .strip: 1
    }
  }

  func apply(_ text: inout AlignedText) throws(TokenizerError) {
    switch self {
    case .form(let form): Self.normalize(&text, form)
    case .lowercase: Self.lowercase(&text)
    case .prepend(let content): text.prepend(content)
    case .replace(let pattern, let content):
      let longer = content.count - pattern.count
      if longer > 0, text.bytes.count > TokenizerLimits.textBytes / growth {
        let length = text.bytes.count + text.count(of: pattern) * longer
        if length > TokenizerLimits.textBytes {
          throw .limit(
            what: "the length of the normalised text in bytes", value: length,
            limit: TokenizerLimits.textBytes, advice: "cut it into records")
        }
      }
      text.replace(pattern, with: content)
    case .strip(let left, let right): Self.strip(&text, left, right)
    }
  }

  /// Normalises in pieces that begin with an ASCII character: nothing composes or reorders across such
  /// a place. Scalars that the followed library does not know yet are left alone and separate too.
  private static func normalize(_ text: inout AlignedText, _ form: Normalization) {
    if text.bytes.allSatisfy({ $0 < 0x80 }) { return }
    var output = AlignedText(aligned: text.alignment.isKnown)
    output.bytes.reserveCapacity(text.bytes.count)
    var start = 0
    while start < text.bytes.count {
      // ASCII characters with another one behind them stay as they are.
      var index = start
      while index < text.bytes.count, text.bytes[index] < 0x80 { index += 1 }
      let plain = index == text.bytes.count ? index : max(start, index - 1)
      output.append(contentsOf: text, start..<plain)
      while index < text.bytes.count, text.bytes[index] >= 0x80 { index += 1 }
      normalize(text, plain..<index, form, into: &output)
      start = index
    }
    text = output
  }

  private static func normalize(
    _ text: AlignedText, _ range: Range<Int>, _ form: Normalization, into output: inout AlignedText
  ) {
    var start = range.lowerBound
    var index = start
    func flush(_ end: Int, _ output: inout AlignedText) {
      if start < end {
        let scalars = form.alignedApplied(to: text.scalars(start..<end))
        text.transformed(start..<end, scalars, into: &output)
      }
    }
    while index < range.upperBound {
      let (value, length) = TextScan.scalar(text.bytes.span, index)
      if value >= 0x7FD, isUnknown(value) {
        flush(index, &output)
        output.append(contentsOf: text, index..<index + length)
        start = index + length
      }
      index += length
    }
    flush(range.upperBound, &output)
  }

  private static func isUnknown(_ value: UInt32) -> Bool {
    let ranges = CharacterTable.unknownToNormalizers
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].contains(value)
  }

  private static func lowercase(_ text: inout AlignedText) {
    var scalars: [AlignedScalar] = []
    let range = 0..<text.bytes.count
    for scalar in text.scalars(range) {
      if let special = CharacterTable.lowercase.first(where: { $0.0 == scalar.value }),
        scalar.value >= 0x130
      {
        for (place, part) in special.1.unicodeScalars.enumerated() {
          scalars.append(AlignedScalar(scalar: part, change: place == 0 ? 0 : 1))
        }
      } else {
        scalars.append(AlignedScalar(scalar: ScalarProperty.lowercase(scalar), change: 0))
      }
    }
    var output = AlignedText(aligned: text.alignment.isKnown)
    text.transformed(range, scalars, into: &output)
    text = output
  }

  private static func strip(_ text: inout AlignedText, _ left: Bool, _ right: Bool) {
    let classes = CharacterClasses.shared
    var start = 0
    var end = text.bytes.count
    if left { start = classes.run(of: .spaces, text.bytes.span, 0, end) }
    if right {
      while end > start {
        let last = TextScan.previous(text.bytes.span, end)
        guard CharacterSet.spaces.contains(classes.step(text.bytes.span, last).code) else { break }
        end = last
      }
    }
    var output = AlignedText(aligned: text.alignment.isKnown)
    output.append(contentsOf: text, start..<end)
    text = output
  }
}
