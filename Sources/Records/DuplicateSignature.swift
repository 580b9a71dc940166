// A record's MinHash signature: five groups of sixteen bins, eight bits of each; see
// Specs/Duplicates.md, "Signatures".

/// Each of five hash functions throws every shingle into one of sixteen bins, and a bin keeps its
/// smallest hash. Bin b of all five groups makes band b: two records are candidates when they agree
/// in a band, which they do with probability 1 - (1 - s^5)^16 for similarity s.
public struct DuplicateSignature: Sendable, Equatable {
  public static let groups = 5
  public static let bands = 16
  public static let lanes = groups * bands

  /// Band b is lanes 5b to 5b+4.
  public private(set) var lanes: [UInt8]
  /// How many shingles the text has, repeated ones too; 0 if nothing can be compared.
  public private(set) var shingles: Int

  private var minima: [UInt32]

  public init() {
    lanes = Array(repeating: 0, count: DuplicateSignature.lanes)
    minima = Array(repeating: .max, count: DuplicateSignature.lanes)
    shingles = 0
  }

  /// The similarity that two signatures let expect, from the lanes in which they agree, less those
  /// that agree by chance.
  public static func estimate(agreeing: Int) -> Double {
    let share = Double(agreeing) / Double(lanes)
    return max(0, (share - 1 / 256) / (1 - 1 / 256))
  }

  public func estimate(with other: DuplicateSignature) -> Double {
    DuplicateSignature.estimate(agreeing: zip(lanes, other.lanes).count { $0 == $1 })
  }

  /// Replaces the signature by that of a text with these tokens.
  mutating func write(tokens: [UInt64]) {
    var count = 0
    unsafe minima.withUnsafeMutableBufferPointer { minima in
      for lane in minima.indices { unsafe minima[lane] = .max }
      Shingles.forEach(in: tokens) { shingle in
        count += 1
        unsafe DuplicateSignature.place(shingle, in: minima, group: 0)
        unsafe DuplicateSignature.place(shingle, in: minima, group: 1)
        unsafe DuplicateSignature.place(shingle, in: minima, group: 2)
        unsafe DuplicateSignature.place(shingle, in: minima, group: 3)
        unsafe DuplicateSignature.place(shingle, in: minima, group: 4)
      }
    }
    shingles = count
    fillLanes()
  }

  /// `minima` holds group after group, sixteen bins each.
  @inline(__always) private static func place(
    _ shingle: UInt64, in minima: UnsafeMutableBufferPointer<UInt32>, group: Int
  ) {
    let hash = DuplicateConstants.mixed(shingle, DuplicateConstants.groups(group))
    let lane = group &* bands &+ Int(truncatingIfNeeded: hash >> 60)
    let value = UInt32(truncatingIfNeeded: hash)
    // Stored either way: a branch here is taken half the time, and cannot be foreseen.
    unsafe minima[lane] = min(minima[lane], value)
  }

  /// An empty bin takes from the first one that is not, in an order of its own: so it agrees between
  /// two records as often as a full one (optimal densification, Shrivastava 2017).
  private mutating func fillLanes() {
    for group in 0..<DuplicateSignature.groups {
      let first = group * DuplicateSignature.bands
      for bin in 0..<DuplicateSignature.bands {
        var lowest = minima[first + bin]
        if lowest == .max, shingles > 0 {
          let step = DuplicateConstants.step(group: group, bin: bin)
          var other = bin
          for _ in 1..<DuplicateSignature.bands {
            other = (other + step) & (DuplicateSignature.bands - 1)
            if minima[first + other] != .max {
              lowest = minima[first + other]
              break
            }
          }
        }
        lanes[bin * DuplicateSignature.groups + group] = UInt8(truncatingIfNeeded: lowest)
      }
    }
  }
}

extension DuplicateConstants {
  /// Constants 3 to 7: one hash function for each group.
  @inline(__always) static func groups(_ group: Int) -> UInt64 {
    switch group {
    case 0: 0xA5E0_316B_426E_96B1
    case 1: 0xBA03_17BF_A377_767F
    case 2: 0x19AF_4620_C817_7FF9
    case 3: 0x01E2_9381_EDE8_5901
    default: 0x97F4_685C_8521_37B9
    }
  }

  /// An odd step walks through all sixteen bins: three bits of a constant make it.
  static func step(group: Int, bin: Int) -> Int {
    let bits = mixed(groups(group), token) >> UInt64(bin * 3)
    return Int(truncatingIfNeeded: bits & 7) * 2 + 1
  }
}
