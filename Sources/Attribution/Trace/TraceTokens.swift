// A text's words as they are compared when a text is traced (Specs/Trace.md, "Words").

import UnicodeText

/// Letters, marks and numbers in a row, in NFKC, case-folded; of scripts written without spaces each
/// letter alone. Each with the bytes of the text that it stands for.
struct TraceTokens {
  /// The folded words, a space behind each.
  private(set) var folded: [UInt8] = []
  /// Where each word begins in `folded`, and behind the last one its end.
  private(set) var starts: [Int] = [0]
  /// The bytes of the text that each word stands for; empty where they are not asked for.
  private(set) var ranges: [Range<Int>] = []

  var count: Int { starts.count - 1 }

  private let keepsRanges: Bool
  private var scalars: [Unicode.Scalar] = []
  private var begin = 0

  init(keepsRanges: Bool = false) { self.keepsRanges = keepsRanges }

  /// Reads a text anew. Bytes that are not UTF-8 stand between words.
  mutating func read(_ text: some RandomAccessCollection<UInt8>) {
    folded.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    starts.append(0)
    ranges.removeAll(keepingCapacity: true)
    scalars.removeAll(keepingCapacity: true)
    var isOpen = false
    var place = 0
    var bytes = text.makeIterator()
    var next = bytes.next()
    while let byte = next {
      if byte < 0x80 {
        let part = Self.ascii(byte)
        if part != 0 {
          if !isOpen {
            isOpen = true
            begin = place
          }
          if scalars.isEmpty { folded.append(part) } else { scalars.append(.init(part)) }
        } else if isOpen {
          close(at: place)
          isOpen = false
        }
        place += 1
        next = bytes.next()
        continue
      }
      let width = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
      var value = UInt32(byte) & (0x7F >> UInt32(width))
      var read = 1
      next = bytes.next()
      while read < width, let more = next, more & 0xC0 == 0x80 {
        value = value << 6 | UInt32(more & 0x3F)
        read += 1
        next = bytes.next()
      }
      let scalar = read == width && byte >= 0xC2 ? Unicode.Scalar(value) : nil
      if let scalar, Self.isAlone(scalar) {
        if isOpen { close(at: place) }
        begin = place
        take(scalar)
        close(at: place + read)
        isOpen = false
      } else if let scalar, Self.isPart(scalar) {
        if !isOpen {
          isOpen = true
          begin = place
        }
        take(scalar)
      } else if isOpen {
        close(at: place)
        isOpen = false
      }
      place += read
    }
    if isOpen { close(at: place) }
  }

  /// From the first letter beyond ASCII on a word is kept as scalars and folded as a whole.
  private mutating func take(_ scalar: Unicode.Scalar) {
    if scalars.isEmpty {
      let start = starts[starts.count - 1]
      for byte in folded[start...] { scalars.append(.init(byte)) }
      folded.removeSubrange(start...)
    }
    scalars.append(scalar)
  }

  private mutating func close(at end: Int) {
    if !scalars.isEmpty {
      var cased: [Unicode.Scalar] = []
      for scalar in Normalization.nfkc.applied(to: scalars) {
        ScalarProperty.appendCaseFolding(of: scalar, to: &cased)
      }
      for scalar in Normalization.nfkc.applied(to: cased) where Self.isPart(scalar) {
        UTF8Text.append(scalar, to: &folded)
      }
      scalars.removeAll(keepingCapacity: true)
    }
    guard folded.count > starts[starts.count - 1] else { return }
    folded.append(0x20)
    starts.append(folded.count)
    if keepsRanges { ranges.append(begin..<end) }
  }

  /// The folded byte, or 0 for what stands between words.
  private static func ascii(_ byte: UInt8) -> UInt8 {
    switch byte {
    case 0x30...0x39, 0x61...0x7A: byte
    case 0x41...0x5A: byte | 0x20
    default: 0
    }
  }

  private static func isPart(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x80 { return ascii(UInt8(scalar.value)) != 0 }
    let category = GeneralCategory(scalar)
    return category.isLetter || category.isMark || category.isNumber
  }

  /// Letters of scripts without spaces (Specs/Duplicates.md, "Forms").
  private static func isAlone(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3040...0x30FF, 0x31F0...0x31FF,
      0x3400...0x4DBF, 0x4E00...0x9FFF, 0x20000...0x3FFFF:
      isPart(scalar)
    default: false
    }
  }
}
