// UTF-8 as bytes: checking, repairing, decoding and encoding; see Specs/Tokenizers.md.

public enum UTF8Text {
  /// True when `bytes` are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
  public static func isValid(_ bytes: [UInt8]) -> Bool {
    firstInvalidOffset(in: bytes) == nil
  }

  /// Where the first ill-formed sequence starts, or nil for well-formed UTF-8.
  public static func firstInvalidOffset(in bytes: [UInt8]) -> Int? {
    var index = 0
    while index < bytes.count {
      if bytes[index] < 0x80 {
        index += 1
        continue
      }
      let length = sequenceLength(bytes, at: index, end: bytes.count)
      if length <= 0 { return index }
      index += length
    }
    return nil
  }

  /// Replaces every maximal ill-formed part by U+FFFD, as Python's and Rust's lossy decoders do.
  public static func repaired(_ bytes: [UInt8]) -> [UInt8] {
    guard let first = firstInvalidOffset(in: bytes) else { return bytes }
    var output = Array(bytes[..<first])
    output.reserveCapacity(bytes.count + 16)
    var index = first
    while index < bytes.count {
      let length = sequenceLength(bytes, at: index, end: bytes.count)
      if length > 0 {
        output.append(contentsOf: bytes[index..<index + length])
        index += length
      } else {
        output.append(contentsOf: [0xEF, 0xBF, 0xBD])
        index += max(1, -length)
      }
    }
    return output
  }

  /// The length of the well-formed sequence at `index`; or, negated, the length (1 to 3) of the
  /// maximal part of an ill-formed one there.
  public static func sequenceLength(_ bytes: [UInt8], at index: Int, end: Int) -> Int {
    let lead = bytes[index]
    if lead < 0x80 { return 1 }
    let need: Int
    var low: UInt8 = 0x80
    var high: UInt8 = 0xBF
    switch lead {
    case 0xC2...0xDF: need = 2
    case 0xE0: (need, low) = (3, 0xA0)
    case 0xED: (need, high) = (3, 0x9F)
    case 0xE1...0xEF: need = 3
    case 0xF0: (need, low) = (4, 0x90)
    case 0xF4: (need, high) = (4, 0x8F)
    case 0xF1...0xF3: need = 4
    default: return -1
    }
    var position = 1
    while position < need {
      guard index + position < end else { return -position }
      let byte = bytes[index + position]
      guard byte >= low, byte <= high else { return -position }
      (low, high) = (0x80, 0xBF)
      position += 1
    }
    return need
  }

  /// How many bytes at the end of `bytes` are the unfinished start of a sequence (0 to 3).
  public static func unfinishedTail(of bytes: [UInt8]) -> Int {
    for length in 1...3 where length <= bytes.count {
      let start = bytes.count - length
      if bytes[start] & 0xC0 == 0x80 { continue }
      let found = sequenceLength(bytes, at: start, end: bytes.count)
      return found == -length && bytes[start] >= 0xC2 && needed(bytes[start]) > length ? length : 0
    }
    return 0
  }

  private static func needed(_ lead: UInt8) -> Int {
    switch lead {
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 1
    }
  }

  public static func append(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
    let value = scalar.value
    switch value {
    case 0..<0x80: bytes.append(UInt8(truncatingIfNeeded: value))
    case 0x80..<0x800:
      bytes.append(UInt8(truncatingIfNeeded: 0xC0 | value >> 6))
      bytes.append(UInt8(truncatingIfNeeded: 0x80 | value & 0x3F))
    case 0x800..<0x10000:
      bytes.append(UInt8(truncatingIfNeeded: 0xE0 | value >> 12))
      bytes.append(UInt8(truncatingIfNeeded: 0x80 | value >> 6 & 0x3F))
      bytes.append(UInt8(truncatingIfNeeded: 0x80 | value & 0x3F))
    default:
      bytes.append(UInt8(truncatingIfNeeded: 0xF0 | value >> 18))
      bytes.append(UInt8(truncatingIfNeeded: 0x80 | value >> 12 & 0x3F))
      bytes.append(UInt8(truncatingIfNeeded: 0x80 | value >> 6 & 0x3F))
      bytes.append(UInt8(truncatingIfNeeded: 0x80 | value & 0x3F))
    }
  }
}
