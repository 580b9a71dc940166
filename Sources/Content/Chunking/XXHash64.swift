// XXH64, the public 64-bit hash (Specs/Chunking.md, "Record hash"): about five times SHA-256's
// speed. It only chooses cut points and finds candidates; nothing is ever believed because of it.

/// XXH64 with seed 0. Anyone can craft collisions, so a match is always confirmed by a SHA-256.
public enum XXHash64 {
  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

  public static func hash(_ bytes: [UInt8]) -> UInt64 {
    unsafe bytes.withUnsafeBytes { unsafe hash($0) }
  }

  public static func hash(_ bytes: RawSpan) -> UInt64 {
    unsafe bytes.withUnsafeBytes { unsafe hash($0) }
  }

  /// Every load below lies within `bytes`: `at` plus the width loaded never passes `count`.
  public static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    let count = bytes.count
    guard let base = bytes.baseAddress, count > 0 else { return avalanche(prime5) }
    var at = 0
    var hash: UInt64
    if count >= 32 {
      var lane1 = prime1 &+ prime2
      var lane2 = prime2
      var lane3: UInt64 = 0
      var lane4 = 0 &- prime1
      while at <= count - 32 {
        lane1 = unsafe round(lane1, word(base, at))
        lane2 = unsafe round(lane2, word(base, at + 8))
        lane3 = unsafe round(lane3, word(base, at + 16))
        lane4 = unsafe round(lane4, word(base, at + 24))
        at += 32
      }
      hash = rotate(lane1, 1) &+ rotate(lane2, 7) &+ rotate(lane3, 12) &+ rotate(lane4, 18)
      hash = merge(merge(merge(merge(hash, lane1), lane2), lane3), lane4)
    } else {
      hash = prime5
    }
    hash &+= UInt64(count)
    while at <= count - 8 {
      hash = unsafe rotate(hash ^ round(0, word(base, at)), 27) &* prime1 &+ prime4
      at += 8
    }
    if at <= count - 4 {
      let half = unsafe UInt64(base.loadUnaligned(fromByteOffset: at, as: UInt32.self).littleEndian)
      hash = rotate(hash ^ half &* prime1, 23) &* prime2 &+ prime3
      at += 4
    }
    while at < count {
      let byte = unsafe UInt64(base.load(fromByteOffset: at, as: UInt8.self))
      hash = rotate(hash ^ byte &* prime5, 11) &* prime1
      at += 1
    }
    return avalanche(hash)
  }

  /// Folds the hash of a following piece into `hash`; both fully mixed before.
  static func joined(_ hash: UInt64, _ next: UInt64) -> UInt64 {
    merge(hash, next)
  }

  @inline(__always)
  private static func word(_ base: UnsafeRawPointer, _ at: Int) -> UInt64 {
    unsafe base.loadUnaligned(fromByteOffset: at, as: UInt64.self).littleEndian
  }

  @inline(__always)
  private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
    value &<< count | value &>> (64 &- count)
  }

  @inline(__always)
  private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
    rotate(lane &+ word &* prime2, 31) &* prime1
  }

  @inline(__always)
  private static func merge(_ hash: UInt64, _ lane: UInt64) -> UInt64 {
    (hash ^ round(0, lane)) &* prime1 &+ prime4
  }

  private static func avalanche(_ hash: UInt64) -> UInt64 {
    var hash = hash
    hash = (hash ^ hash &>> 33) &* prime2
    hash = (hash ^ hash &>> 29) &* prime3
    return hash ^ hash &>> 32
  }
}
