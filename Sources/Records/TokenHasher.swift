// A text's tokens, each as one 64-bit hash; see Specs/Duplicates.md, "Tokens".

internal import UnicodeText

/// The hash functions' constants. Number n is the first eight bytes, little-endian, of the SHA-256
/// of the text `datanet duplicates 1 constant n`, with the lowest bit set.
enum DuplicateConstants {
  static let token: UInt64 = 0x5A87_B18B_0EC5_7913
  static let group: UInt64 = 0xD400_2C28_FF6A_BB47
  static let length: UInt64 = 0x89C3_74CE_5A7F_BF87
  static let first: UInt64 = 0x9778_1DD1_6F70_316D
  static let second: UInt64 = 0xB340_0B0C_8D58_0F7F
  static let third: UInt64 = 0xEFEF_1873_AC2A_AAAB
  static let shingle: UInt64 = 0x2C59_44E5_BF38_C6C9

  /// The high and the low half of the full product, added without carry.
  @inline(__always) static func mixed(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }
}

/// The hash of one token's bytes, taken eight at a time: the first of a group is its lowest.
struct TokenHash {
  private var state = DuplicateConstants.token
  private var group: UInt64 = 0
  private var length: UInt64 = 0

  var isEmpty: Bool { length == 0 }

  @inline(__always) mutating func take(_ byte: UInt8) {
    group |= UInt64(byte) << ((length & 7) << 3)
    length &+= 1
    if length & 7 == 0 {
      state = TokenHash.stepped(state, group)
      group = 0
    }
  }

  /// The hash; ready for the next token.
  @inline(__always) mutating func finish() -> UInt64 {
    let hash = TokenHash.finished(state: state, group: group, length: length)
    state = DuplicateConstants.token
    group = 0
    length = 0
    return hash
  }

  /// The hash of a token of up to seven bytes, which are one group.
  @inline(__always) static func short(_ group: UInt64, length: Int) -> UInt64 {
    finished(
      state: DuplicateConstants.token, group: group,
      length: UInt64(truncatingIfNeeded: length))
  }

  /// The state behind a whole group.
  @inline(__always) static func stepped(_ state: UInt64, _ group: UInt64) -> UInt64 {
    DuplicateConstants.mixed(state ^ group, DuplicateConstants.group)
  }

  /// The hash of a token that ends with `group`, which is not whole.
  @inline(__always) static func finished(
    state: UInt64, group: UInt64, length: UInt64
  ) -> UInt64 {
    let last = stepped(state, group)
    return DuplicateConstants.mixed(last ^ length, DuplicateConstants.length)
  }
}
