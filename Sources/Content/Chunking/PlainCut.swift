// Where bytes without records are cut: FastCDC with normalised chunking and a derived gear table
// (Specs/Chunking.md, "Plain cut").

internal import Cryptography

/// Content-defined cut points for opaque files and for records that are larger than a chunk.
enum PlainCut {
  /// No cut before this many bytes; hashing starts here.
  static let minimum = 32 << 10
  /// Up to here a cut is four times rarer than the average asks for, after it four times likelier.
  static let normal = 64 << 10
  /// A chunk ends here at the latest.
  static let maximum = 256 << 10

  /// 18 and 14 of the upper bits, where each of the last 64 bytes has had its say.
  private static let rare: UInt64 = 0xFFFF_C000_0000_0000
  private static let likely: UInt64 = 0xFFFC_0000_0000_0000

  /// Entry i is the first eight bytes, big-endian, of the SHA-256 of the one byte i.
  static let gear: [UInt64] = (0..<256).map { SHA256.hash([UInt8($0)]).prefix }

  /// The length of the first chunk of `bytes`, which holds `maximum` bytes or all that is left.
  static func length(of bytes: UnsafeRawBufferPointer) -> Int {
    let end = min(bytes.count, maximum)
    guard end > minimum else { return end }
    return unsafe gear.withUnsafeBufferPointer { gear in
      unsafe cut(bytes, end: end, gear: gear)
    }
  }

  /// Reads `bytes` from `minimum` to `end`, which its caller has compared with their count, and
  /// the table's 256 entries by a byte. Two bytes a turn: the sum of the next byte's entry and
  /// the test do not wait for each other.
  private static func cut(
    _ bytes: UnsafeRawBufferPointer, end: Int, gear: UnsafeBufferPointer<UInt64>
  ) -> Int {
    guard let base = bytes.baseAddress, let gear = gear.baseAddress else { return end }
    var hash: UInt64 = 0
    var at = minimum
    for (limit, mask) in [(min(normal, end), rare), (end, likely)] {
      while at + 1 < limit {
        let first = unsafe gear[Int(base.load(fromByteOffset: at, as: UInt8.self))]
        let second = unsafe gear[Int(base.load(fromByteOffset: at + 1, as: UInt8.self))]
        let one = (hash &<< 1) &+ first
        hash = (hash &<< 2) &+ ((first &<< 1) &+ second)
        if one & mask == 0 { return at + 1 }
        at += 2
        if hash & mask == 0 { return at }
      }
      if at < limit {
        hash = unsafe (hash &<< 1) &+ gear[Int(base.load(fromByteOffset: at, as: UInt8.self))]
        at += 1
        if hash & mask == 0 { return at }
      }
    }
    return end
  }
}
