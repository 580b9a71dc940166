// A Bloom filter over digests: most blocks of new data are known to be new without asking SQLite.
// Specs/Store.md, "Writing".

internal import Cryptography

/// Sixteen bits a digest and four probes: one new digest in 400 looks held and is asked for.
struct DigestFilter {
  private var words: [UInt64]
  private let mask: UInt64

  init(expecting count: Int) {
    var bits: UInt64 = 1 << 16
    while bits < UInt64(count) * 12 { bits <<= 1 }
    words = [UInt64](repeating: 0, count: Int(bits / 64))
    mask = bits - 1
  }

  /// A digest's first word is uniform already; its halves make the series of probes.
  private static func probes(_ digest: Digest, _ body: (UInt64) -> Bool) -> Bool {
    let step = digest.prefix >> 32 | 1
    var place = digest.prefix
    for _ in 0..<4 {
      if !body(place) { return false }
      place = place &+ step &* 0x9E37_79B9
    }
    return true
  }

  mutating func insert(_ digest: Digest) {
    _ = Self.probes(digest) { place in
      words[Int(place & mask) / 64] |= 1 << (place & 63)
      return true
    }
  }

  func mayContain(_ digest: Digest) -> Bool {
    Self.probes(digest) { place in words[Int(place & mask) / 64] & 1 << (place & 63) != 0 }
  }
}
