// Finding bytes 32 at a time; see Specs/Records.md, "Speed".

/// Swift 6.3 compiles comparisons of vectors, and all arithmetic on vectors of more than sixteen
/// bytes, lane by lane; so the zero lanes are found by arithmetic on sixteen at a time.
enum ByteSearch {
  /// The first place from `start` on that holds the byte, or `nil`.
  @inline(__always) static func first(
    _ byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int
  ) -> Int? {
    let place = unsafe first(byte, or: byte, in: bytes, from: start)
    return place < bytes.count ? place : nil
  }

  /// The first place from `start` on that holds one of the two bytes, or the end.
  @inline(__always) static func first(
    _ one: UInt8, or other: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int
  ) -> Int {
    let count = bytes.count
    var at = start
    let one = SIMD16<UInt8>(repeating: one)
    let other = SIMD16<UInt8>(repeating: other)
    while at + 32 <= count {
      let low = unsafe bytes.loadUnaligned(fromByteOffset: at, as: SIMD16<UInt8>.self)
      let high = unsafe bytes.loadUnaligned(fromByteOffset: at + 16, as: SIMD16<UInt8>.self)
      let lowMarks = zeros(low ^ one) | zeros(low ^ other)
      let highMarks = zeros(high ^ one) | zeros(high ^ other)
      let both = unsafe unsafeBitCast(lowMarks | highMarks, to: SIMD2<UInt64>.self)
      if both.x | both.y != 0 {
        if let lane = firstMarked(lowMarks) { return at + lane }
        if let lane = firstMarked(highMarks) { return at + 16 + lane }
      }
      at += 32
    }
    while at < count {
      if unsafe bytes[at] == one[0] || bytes[at] == other[0] { return at }
      at += 1
    }
    return count
  }

  /// The top bit of each lane that is zero, and of no other.
  @inline(__always) private static func zeros(_ lanes: SIMD16<UInt8>) -> SIMD16<UInt8> {
    (lanes &- SIMD16(repeating: 1)) & ~lanes & SIMD16(repeating: 0x80)
  }

  @inline(__always) private static func firstMarked(_ marks: SIMD16<UInt8>) -> Int? {
    let words = unsafe unsafeBitCast(marks, to: SIMD2<UInt64>.self)
    if words.x != 0 { return words.x.trailingZeroBitCount >> 3 }
    return words.y != 0 ? 8 + words.y.trailingZeroBitCount >> 3 : nil
  }
}
