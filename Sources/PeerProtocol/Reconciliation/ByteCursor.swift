// Reading and writing the packed byte strings inside reconciliation messages
// (Specs/Reconciliation.md, "Packing").

/// Reads from the front; every read says nil at the end.
struct ByteCursor {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { offset == bytes.count }

  /// A number of `count` bytes, most significant first.
  mutating func number(bytes count: Int) -> UInt64? {
    guard bytes.count - offset >= count else { return nil }
    var value: UInt64 = 0
    for _ in 0..<count {
      value = value << 8 | UInt64(bytes[offset])
      offset += 1
    }
    return value
  }

  /// The distance to the next tag: three bytes, or FFFFFF and four bytes where it is larger.
  mutating func step() -> UInt32? {
    guard let short = number(bytes: 3) else { return nil }
    guard short == 0xFF_FFFF else { return UInt32(short) }
    guard let long = number(bytes: 4), long >= 0xFF_FFFF else { return nil }
    return UInt32(long)
  }

  /// An unsigned LEB128 number of at most 32 bits in its shortest form.
  mutating func variable() -> UInt32? {
    var value: UInt64 = 0
    for shift in stride(from: 0, through: 28, by: 7) {
      guard let byte = number(bytes: 1) else { return nil }
      value |= (byte & 0x7F) << UInt64(shift)
      guard byte & 0x80 == 0 else { continue }
      guard byte != 0 || shift == 0 else { return nil }
      return UInt32(exactly: value)
    }
    return nil
  }
}

extension [UInt8] {
  mutating func append(number: UInt64, bytes count: Int) {
    for shift in stride(from: (count - 1) * 8, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
    }
  }

  mutating func append(step: UInt32) {
    append(number: UInt64(Swift.min(step, 0xFF_FFFF)), bytes: 3)
    if step >= 0xFF_FFFF { append(number: UInt64(step), bytes: 4) }
  }

  mutating func append(variable number: UInt32) {
    var rest = number
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }
}

/// Twelve-bit numbers, two in three bytes; an odd last one has four zero bits behind it.
enum TwelveBits {
  static func pack(_ numbers: [UInt16]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity((numbers.count * 3 + 1) / 2)
    for start in stride(from: 0, to: numbers.count, by: 2) {
      let first = numbers[start]
      let second = start + 1 < numbers.count ? numbers[start + 1] : 0
      bytes.append(UInt8(truncatingIfNeeded: first >> 4))
      bytes.append(UInt8(truncatingIfNeeded: (first & 15) << 4 | second >> 8))
      if start + 1 < numbers.count { bytes.append(UInt8(truncatingIfNeeded: second)) }
    }
    return bytes
  }

  /// Nil unless `bytes` hold exactly `count` numbers.
  static func unpack(_ bytes: [UInt8], count: Int) -> [UInt16]? {
    guard bytes.count == (count * 3 + 1) / 2 else { return nil }
    return (0..<count).map { index in
      let start = index / 2 * 3
      return index % 2 == 0
        ? UInt16(bytes[start]) << 4 | UInt16(bytes[start + 1] >> 4)
        : UInt16(bytes[start + 1] & 15) << 8 | UInt16(bytes[start + 2])
    }
  }
}
