// Where a run of bytes stops being UTF-8; see Specs/Records.md, "JSON".

public enum UTF8Check {
  /// The offset of the first byte of the first ill-formed sequence, following table 3-7 of the
  /// Unicode standard; `nil` if there is none.
  @unsafe public static func firstFault(in bytes: UnsafeRawBufferPointer) -> Int? {
    let count = bytes.count
    var at = 0
    while at < count {
      at = unsafe endOfASCII(in: bytes, from: at)
      // Two- and three-byte sequences come in runs; the four bytes are looked at together.
      while at + 4 <= count {
        let word = unsafe UInt32(
          littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
        if word & 0x00C0_C0F0 == 0x0080_80E0 {
          // The first two bytes' payload: 0 to 0x1F would be overlong, 0x360 to 0x37F surrogates.
          let top = (word & 0x0F) << 6 | (word >> 8) & 0x3F
          if top < 0x20 || (top >= 0x360 && top < 0x380) { return at }
          at += 3
        } else if word & 0xC0E0 == 0x80C0 {
          if word & 0x1E == 0 { return at }
          at += 2
        } else {
          break
        }
      }
      guard at < count else { return nil }
      let length = unsafe sequenceLength(in: bytes, at: at)
      if length == 0 { return at }
      at += length
    }
    return nil
  }

  public static func firstFault(in bytes: [UInt8]) -> Int? {
    unsafe bytes.withUnsafeBytes { unsafe firstFault(in: $0) }
  }

  /// The first place from there on that is not ASCII, or the end.
  private static func endOfASCII(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    let count = bytes.count
    var at = start
    while at + 32 <= count {
      let lanes = unsafe bytes.loadUnaligned(fromByteOffset: at, as: SIMD4<UInt64>.self)
      let tops = lanes & SIMD4(repeating: 0x8080_8080_8080_8080)
      if (tops.x | tops.y) | (tops.z | tops.w) != 0 { break }
      at += 32
    }
    while at < count, unsafe bytes[at] < 0x80 { at += 1 }
    return at
  }

  /// The length of the well-formed sequence there; 0 if there is none.
  private static func sequenceLength(in bytes: UnsafeRawBufferPointer, at start: Int) -> Int {
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch unsafe bytes[start] {
    case 0..<0x80: return 1
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: length = 4
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return 0
    }
    guard start + length <= bytes.count, unsafe second.contains(bytes[start + 1]) else { return 0 }
    for place in 2..<max(length, 2) {
      guard unsafe (0x80...0xBF).contains(bytes[start + place]) else { return 0 }
    }
    return length
  }
}
