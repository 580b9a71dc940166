// Finding bytes 32 at a time; see Specs/Records.md, "Speed".

enum ByteSearch {
  /// The first place from `start` on that holds the byte, or `nil`.
  @inline(__always) static func first(
    _ byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int
  ) -> Int? {
    let count = bytes.count
    var at = start
    let wanted = SIMD32<UInt8>(repeating: byte)
    while at + 32 <= count {
      let lanes = unsafe bytes.loadUnaligned(fromByteOffset: at, as: SIMD32<UInt8>.self) ^ wanted
      if let lane = firstMarked(zeros(lanes)) { return at + lane }
      at += 32
    }
    while at < count {
      if unsafe bytes[at] == byte { return at }
      at += 1
    }
    return nil
  }

  /// The first place from `start` on that holds one of the two bytes, or the end.
  @inline(__always) static func first(
    _ one: UInt8, or other: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int
  ) -> Int {
    let count = bytes.count
    var at = start
    while at + 32 <= count {
      let lanes = unsafe bytes.loadUnaligned(fromByteOffset: at, as: SIMD32<UInt8>.self)
      let marks =
        zeros(lanes ^ SIMD32(repeating: one)) | zeros(lanes ^ SIMD32(repeating: other))
      if let lane = firstMarked(marks) { return at + lane }
      at += 32
    }
    while at < count {
      if unsafe bytes[at] == one || bytes[at] == other { return at }
      at += 1
    }
    return count
  }

  /// The top bit of each lane that is zero. Written as arithmetic, because the comparisons of
  /// Swift's vectors work lane by lane (6.3).
  @inline(__always) private static func zeros(_ lanes: SIMD32<UInt8>) -> SIMD32<UInt8> {
    (lanes &- SIMD32(repeating: 1)) & ~lanes & SIMD32(repeating: 0x80)
  }

  @inline(__always) private static func firstMarked(_ marks: SIMD32<UInt8>) -> Int? {
    let words = unsafe unsafeBitCast(marks, to: SIMD4<UInt64>.self)
    if (words.x | words.y) | (words.z | words.w) == 0 { return nil }
    if words.x != 0 { return words.x.trailingZeroBitCount >> 3 }
    if words.y != 0 { return 8 + words.y.trailingZeroBitCount >> 3 }
    if words.z != 0 { return 16 + words.z.trailingZeroBitCount >> 3 }
    return 24 + words.w.trailingZeroBitCount >> 3
  }
}
