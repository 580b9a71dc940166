// A text's tokens, each as one 64-bit hash; see Specs/Duplicates.md, "Hashes".

internal import UnicodeText

/// The hash functions' constants. Number n is the first eight bytes, little-endian, of the SHA-256
/// of the text `datanet duplicates 2 constant n`, with the lowest bit set.
enum DuplicateConstants {
  static let token: UInt64 = 0x4DA0_DDD8_52A8_3871
  static let group: UInt64 = 0x0BD4_09A9_C8FB_6E99
  static let shingle: UInt64 = 0x1C87_A1F9_61E1_63C1

  /// The high and the low half of the full product, added without carry.
  @inline(__always) static func mixed(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }
}

/// The hash of one token's bytes, taken sixteen at a time, zeros behind the last. No token has a zero
/// byte, so zeros need not be told from it, and most tokens take one product.
struct TokenHash {
  private var state = DuplicateConstants.token
  private var low: UInt64 = 0
  private var high: UInt64 = 0
  private var length: UInt64 = 0

  var isEmpty: Bool { length == 0 }

  @inline(__always) mutating func take(_ byte: UInt8) {
    let place = length & 15
    if place == 0, length > 0 {
      state = TokenHash.stepped(state, low, high)
      low = 0
      high = 0
    }
    if place < 8 {
      low |= UInt64(byte) << (place << 3)
    } else {
      high |= UInt64(byte) << ((place & 7) << 3)
    }
    length &+= 1
  }

  /// The hash; ready for the next token.
  @inline(__always) mutating func finish() -> UInt64 {
    let hash = TokenHash.stepped(state, low, high)
    self = TokenHash()
    return hash
  }

  /// The state behind sixteen bytes; behind the last of them it is the hash.
  @inline(__always) static func stepped(
    _ state: UInt64, _ low: UInt64, _ high: UInt64
  ) -> UInt64 {
    DuplicateConstants.mixed(state ^ low, DuplicateConstants.group ^ high)
  }
}
