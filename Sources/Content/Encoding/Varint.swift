// Unsigned varints of multiformats: seven bits a byte, least significant first, at most nine
// bytes, shortest form only (Specs/Archives.md, "Varint").

public enum Varint {
  /// Nine bytes of seven bits: numbers below 2⁶³.
  public static let maximumByteCount = 9

  public static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// The number at `at` and where it ends; nil when it is cut off, too long or not shortest.
  public static func read(_ bytes: [UInt8], at: Int) -> (value: UInt64, end: Int)? {
    if case .number(let value, let end) = parse(bytes, at: at) { (value, end) } else { nil }
  }

  enum Outcome: Equatable {
    case number(UInt64, end: Int)
    /// More bytes are needed.
    case incomplete
    case malformed
  }

  static func parse(_ bytes: [UInt8], at: Int) -> Outcome {
    var value: UInt64 = 0
    var index = at
    while index - at < maximumByteCount {
      guard index < bytes.count else { return .incomplete }
      let byte = bytes[index]
      value |= UInt64(byte & 0x7F) << UInt64((index - at) * 7)
      index += 1
      if byte < 0x80 {
        let shortest = byte != 0 || index - at == 1
        return shortest ? .number(value, end: index) : .malformed
      }
    }
    return .malformed
  }
}
