// SHA-256 against the examples of FIPS 180-4.

import Cryptography
import Testing

@Suite struct SHA256Tests {
  @Test func hashesTheStandardsExamples() {
    #expect(
      SHA256.hash([]).description
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

  @Test func digestsKeepTheirBytesAndOrder() {
    let digest = SHA256.hash([1])
    #expect(Digest(bytes: digest.bytes) == digest)
    #expect(Digest(span: digest.bytes.span.bytes) == digest)
    #expect(Digest(bytes: [1, 2]) == nil)
    let other = SHA256.hash([2])
    #expect((digest < other) == digest.bytes.lexicographicallyPrecedes(other.bytes))
  }
}
