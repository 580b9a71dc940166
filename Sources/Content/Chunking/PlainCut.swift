// Where bytes without records are cut: FastCDC with normalised chunking and a derived gear table
// (Specs/Chunking.md, "Plain cut").

internal import Cryptography

/// Content-defined cut points for opaque files and for records that are larger than a chunk.
enum PlainCut {
  /// No cut before this many bytes; hashing starts here.
  static let minimum = 16 << 10
  /// Up to here a cut is four times rarer than the average asks for, after it four times likelier.
  static let normal = 64 << 10
  /// A chunk ends here at the latest.
  static let maximum = 256 << 10

  /// 18 and 14 of the upper bits, where each of the last 64 bytes has had its say.
  private static let rare: UInt64 = 0xFFFF_C000_0000_0000
  private static let likely: UInt64 = 0xFFFC_0000_0000_0000

  /// Entry i is the first eight bytes, big-endian, of the SHA-256 of the one byte i.
  static let gear: InlineArray<256, UInt64> = InlineArray { index in
    SHA256.hash([UInt8(index)]).prefix
  }

  /// The length of the first chunk of `bytes`, which holds `maximum` bytes or all that is left.
  static func length(of bytes: UnsafeRawBufferPointer) -> Int {
    let end = min(bytes.count, maximum)
    guard end > minimum else { return end }
    let gear = gear
    let middle = min(normal, end)
    var hash: UInt64 = 0
    var at = minimum
    // Both ranges lie within `bytes`, since `end` does.
    while at < middle {
      hash = unsafe (hash &<< 1) &+ gear[Int(bytes[at])]
      at += 1
      if hash & rare == 0 { return at }
    }
    while at < end {
      hash = unsafe (hash &<< 1) &+ gear[Int(bytes[at])]
      at += 1
      if hash & likely == 0 { return at }
    }
    return end
  }
}
