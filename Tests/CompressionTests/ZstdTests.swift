// Packing and unpacking within limits, of sound and of hostile frames.

import Compression
import Testing

@Suite struct ZstdTests {
  let text = Array(String(repeating: "the same words again and again, ", count: 400).utf8)

  @Test func bytesComeBackAsTheyWere() throws {
    for count in [2, 100, 12_000] {
      let bytes = Array(text.prefix(count))
      guard let packed = Zstd.pack(bytes) else {
        #expect(count < 100, "repetition packs")
        continue
      }
      #expect(packed.count < bytes.count)
      #expect(Zstd.unpack(packed[...], byteCount: bytes.count) == bytes)
    }
  }

  @Test func whatDoesNotShrinkIsNotPacked() {
    var state: UInt64 = 1
    let noise = (0..<5_000).map { _ -> UInt8 in
      state = state &* 6_364_136_223_846_793_005 &+ 1
      return UInt8(truncatingIfNeeded: state >> 56)
    }
    #expect(Zstd.pack(noise) == nil)
    #expect(Zstd.pack([]) == nil)
  }

  @Test func aBombEndsAtTheKnownSize() throws {
    let bomb = try #require(Zstd.pack([UInt8](repeating: 0, count: 50_000_000)))
    #expect(bomb.count < 50_000)
    #expect(Zstd.unpack(bomb[...], byteCount: 65_536) == nil)
    #expect(Zstd.unpack(bomb[...], byteCount: 60_000_000) == nil)
  }

  @Test func mutatedFramesAreRefusedOrHaveTheRightLength() throws {
    let packed = try #require(Zstd.pack(text))
    var state: UInt64 = 7
    for _ in 0..<2_000 {
      var bent = packed
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      bent[Int(state >> 33) % bent.count] ^= UInt8(truncatingIfNeeded: state >> 20) | 1
      if let bytes = Zstd.unpack(bent[...], byteCount: text.count) {
        #expect(bytes.count == text.count)
      }
    }
  }
}
