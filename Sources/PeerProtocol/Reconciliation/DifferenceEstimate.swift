// How many elements two sets differ in, guessed from 256 bytes: three odd sketches, of all
// elements, of one in 16 and of one in 256 (Specs/Reconciliation.md, "Estimate").

struct DifferenceEstimate: Equatable, Sendable {
  /// Bits of each level's sketch.
  static let levelBits = [1024, 512, 512]
  static let byteCount = 256

  private(set) var bytes = [UInt8](repeating: 0, count: byteCount)

  init() {}

  /// Nil unless 256 bytes are given.
  init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// Adds an element by its keyed hash. The low bits choose levels, the middle ones the bit.
  mutating func add(_ hash: UInt64) {
    var start = 0
    for (level, bits) in Self.levelBits.enumerated() {
      guard hash & ((1 << UInt64(level * 4)) - 1) == 0 else { return }
      let bit = Int(truncatingIfNeeded: (hash >> 16) & UInt64(bits - 1))
      bytes[start + bit >> 3] ^= 1 << UInt8(bit & 7)
      start += bits / 8
    }
  }

  /// The number of elements that are in one set only, about.
  func difference(from other: DifferenceEstimate) -> Int {
    var start = 0
    for (level, bits) in Self.levelBits.enumerated() {
      let range = start..<start + bits / 8
      let ones = range.reduce(0) { $0 + (bytes[$1] ^ other.bytes[$1]).nonzeroBitCount }
      start = range.upperBound
      // Above three eighths the sketch is nearly saturated and the next level says more.
      guard ones * 8 <= bits * 3 || level == Self.levelBits.count - 1 else { continue }
      return Self.elements(ones: ones, bits: bits) << (level * 4)
    }
    return 0
  }

  /// The number of elements whose expected number of odd bits is `ones`.
  private static func elements(ones: Int, bits: Int) -> Int {
    let limit = Double(min(ones, bits * 15 / 32))
    var expected = 0.0
    var elements = 0
    while expected < limit {
      expected += 1 - 2 * expected / Double(bits)
      elements += 1
    }
    return elements
  }
}
