// Changes to bytes that find what random bytes do not: flips, cuts, repeats, absurd lengths.

/// A small generator with a seed that is printed, so that a failure can be replayed.
public struct Mutation {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    // SplitMix64.
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  public mutating func below(_ count: Int) -> Int { Int(next() % UInt64(max(1, count))) }

  private static let tempting: [UInt8] = [
    0, 1, 0x17, 0x18, 0x1B, 0x1F, 0x22, 0x2A, 0x3B, 0x5B, 0x5F, 0x7B, 0x7F, 0x80, 0x9B, 0xA0, 0xBF,
    0xD8, 0xF7, 0xF9, 0xFB, 0xFF, 0x0A, 0x0D, 0x5C,
  ]

  /// `bytes` with one to four changes.
  public mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0...below(4) {
      let place = below(bytes.count + 1)
      switch below(8) {
      case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8(below(8))
      case 1 where place < bytes.count: bytes[place] = Self.tempting[below(Self.tempting.count)]
      case 2: bytes.insert(Self.tempting[below(Self.tempting.count)], at: place)
      case 3 where place < bytes.count:
        bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(8)))
      case 4: bytes.removeSubrange(place...)
      case 5 where place < bytes.count:
        let piece = Array(bytes[place..<min(bytes.count, place + 1 + below(16))])
        bytes.insert(contentsOf: piece, at: below(bytes.count + 1))
      case 6 where place < bytes.count:
        for index in place..<min(bytes.count, place + 8) { bytes[index] = 0xFF }
      default: bytes.insert(UInt8(truncatingIfNeeded: next()), at: place)
      }
    }
    return bytes
  }
}
