// A text that a normalizer or pre-tokenizer has changed, with where each byte came from; see
// Specs/Tokenizers.md, "Offsets".

internal import UnicodeText

/// Where the bytes of a text lie in the text as it was given.
struct Alignment {
  /// The text is the given one: a byte lies where it is.
  var isIdentity: Bool
  /// Per byte, the range of the character that it came from. Empty for the identity and when nobody
  /// asks for offsets.
  var starts: [UInt32] = []
  var ends: [UInt32] = []
  /// True when offsets can be told.
  var isKnown: Bool

  static let identity = Alignment(isIdentity: true, isKnown: true)
  static let unknown = Alignment(isIdentity: false, isKnown: false)

  /// The given text's range of a non-empty range of bytes of `text`.
  func range(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> (start: UInt32, end: UInt32) {
    if isIdentity {
      return (
        UInt32(truncatingIfNeeded: TextScan.start(text, start)),
        UInt32(truncatingIfNeeded: TextScan.end(text, end - 1))
      )
    }
    guard isKnown, start < end else { return (0, 0) }
    return (starts[start], ends[end - 1])
  }
}

/// A changed text, owned.
struct AlignedText {
  var bytes: [UInt8] = []
  var alignment: Alignment

  /// The bytes `range` of `text`, still as they are.
  init(_ text: Span<UInt8>, _ range: Range<Int>, aligned: Bool) {
    bytes.reserveCapacity(range.count)
    for index in range { bytes.append(text[index]) }
    alignment = Alignment(isIdentity: false, isKnown: aligned)
    if aligned {
      var index = range.lowerBound
      while index < range.upperBound {
        let end = min(TextScan.end(text, index), range.upperBound)
        for _ in index..<end { append(start: index, end: end) }
        index = end
      }
    }
  }

  init(aligned: Bool) {
    alignment = Alignment(isIdentity: false, isKnown: aligned)
  }

  private mutating func append(start: Int, end: Int) {
    alignment.starts.append(UInt32(truncatingIfNeeded: start))
    alignment.ends.append(UInt32(truncatingIfNeeded: end))
  }

  /// Appends a byte that came from where byte `source` of `other` came from.
  @inline(always) mutating func append(_ byte: UInt8, from other: AlignedText, at source: Int) {
    bytes.append(byte)
    if alignment.isKnown {
      let known = source >= 0 && source < other.alignment.starts.count
      alignment.starts.append(known ? other.alignment.starts[source] : 0)
      alignment.ends.append(known ? other.alignment.ends[source] : 0)
    }
  }

  mutating func append(contentsOf other: AlignedText, _ range: Range<Int>) {
    bytes += other.bytes[range]
    if alignment.isKnown {
      alignment.starts += other.alignment.starts[range]
      alignment.ends += other.alignment.ends[range]
    }
  }

  /// Puts `content` before the text; its bytes come from the first character. An empty text stays.
  mutating func prepend(_ content: [UInt8]) {
    if bytes.isEmpty { return }
    bytes.insert(contentsOf: content, at: 0)
    if alignment.isKnown {
      let (start, end) = (alignment.starts[0], alignment.ends[0])
      alignment.starts.insert(contentsOf: repeatElement(start, count: content.count), at: 0)
      alignment.ends.insert(contentsOf: repeatElement(end, count: content.count), at: 0)
    }
  }

  /// How often `pattern` occurs, from left to right without overlaps.
  func count(of pattern: [UInt8]) -> Int {
    guard let first = pattern.first else { return 0 }
    var count = 0
    var index = 0
    while index + pattern.count <= bytes.count {
      if bytes[index] == first, bytes[index..<index + pattern.count].elementsEqual(pattern) {
        count += 1
        index += pattern.count
      } else {
        index += 1
      }
    }
    return count
  }

  /// Replaces every occurrence of `pattern`, from left to right; the new bytes come from where the last
  /// byte of the occurrence came from.
  mutating func replace(_ pattern: [UInt8], with content: [UInt8]) {
    guard let first = pattern.first, bytes.contains(first) else { return }
    var output = AlignedText(aligned: alignment.isKnown)
    output.bytes.reserveCapacity(bytes.count + bytes.count / 8)
    var index = 0
    var copied = 0
    while index + pattern.count <= bytes.count {
      if bytes[index] == first, bytes[index..<index + pattern.count].elementsEqual(pattern) {
        output.append(contentsOf: self, copied..<index)
        let last = index + pattern.count - 1
        for byte in content { output.append(byte, from: self, at: last) }
        index += pattern.count
        copied = index
      } else {
        index += 1
      }
    }
    output.append(contentsOf: self, copied..<bytes.count)
    self = output
  }

  /// Replaces the characters of `range` by `scalars`, each with how many characters it takes the place
  /// of: 0 for one, 1 for none, -n for n more. `skipped` characters are dropped first.
  func transformed(
    _ range: Range<Int>, _ scalars: [AlignedScalar], skipping skipped: Int = 0,
    into output: inout AlignedText
  ) {
    var source = range.lowerBound
    func advance(_ count: Int) {
      for _ in 0..<count where source < range.upperBound {
        source = min(TextScan.end(bytes.span, source), range.upperBound)
      }
    }
    advance(skipped)
    var encoded: [UInt8] = []
    for item in scalars {
      encoded.removeAll(keepingCapacity: true)
      UTF8Text.append(item.scalar, to: &encoded)
      let origin = item.change > 0 ? source - 1 : source
      for byte in encoded { output.append(byte, from: self, at: origin) }
      if item.change <= 0 { advance(1 - item.change) }
    }
  }

  /// The scalars of a range of well-formed UTF-8.
  func scalars(_ range: Range<Int>) -> [Unicode.Scalar] {
    var output: [Unicode.Scalar] = []
    var index = range.lowerBound
    while index < range.upperBound {
      let (value, length) = TextScan.scalar(bytes.span, index)
      output.append(Unicode.Scalar(value) ?? "\u{FFFD}")
      index += length
    }
    return output
  }
}
