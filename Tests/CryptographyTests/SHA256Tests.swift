// SHA-256 against the examples of FIPS 180-4.

import Cryptography
import Testing

@Suite struct SHA256Tests {
  @Test func hashesTheStandardsExamples() {
    #expect(
      SHA256.hash([UInt8]()).description
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      SHA256.hash(Array("abc".utf8)).description
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test func streamingEqualsWholeForEverySplit() {
    let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    var hash = SHA256()
    for split in 0...300 {
      hash.update(Array(bytes[..<split]))
      hash.update(Array(bytes[split...]))
      #expect(hash.finish() == SHA256.hash(bytes))
    }
  }

  @Test("Messages hashed in pairs have the digests that they have alone")
  func pairsEqualSingles() {
    var random = SystemRandomNumberGenerator()
    let seed = random.next()
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let bytes = (0..<8192).map { _ in UInt8(next(256)) }
    // Every length around the ends of one and two blocks, and neighbours of very unlike lengths.
    var ranges = (0...260).map { 17..<17 + $0 }
    ranges += (0..<200).map { _ in
      let start = next(8192)
      return start..<start + next(8193 - start)
    }
    for count in [0, 1, 2, 3, ranges.count] {
      let some = Array(ranges.prefix(count))
      let digests = SHA256.hash(bytes.span.bytes, at: some)
      #expect(digests == some.map { SHA256.hash(Array(bytes[$0])) }, "seed \(seed)")
    }
    ranges.reverse()
    #expect(
      SHA256.hash(bytes.span.bytes, at: ranges) == ranges.map { SHA256.hash(Array(bytes[$0])) },
      "seed \(seed)")
  }

  @Test func digestsKeepTheirBytesAndOrder() {
    let digest = SHA256.hash([1])
    #expect(Digest(bytes: digest.bytes) == digest)
    #expect(Digest(span: digest.bytes.span.bytes) == digest)
    #expect(Digest(bytes: [1, 2]) == nil)
    let other = SHA256.hash([2])
    #expect((digest < other) == digest.bytes.lexicographicallyPrecedes(other.bytes))
  }
}
