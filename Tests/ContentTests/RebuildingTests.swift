// Chunks rebuilt from records that are held, and differences between manifests.

import Testing

@testable import Content

@Suite struct RebuildingTests {
  private let before: Contribution
  private let after: Contribution
  private let random: SeededRandom

  init() throws {
    var random = SeededRandom(seed: 11)
    var records = (0..<6000).map { _ in
      Contribution.line(&random, count: random.number(100...1500))
    }
    func made() throws -> Contribution {
      try Contribution([.init("a", records: records)])
    }
    before = try made()
    for _ in 0..<60 {
      let place = random.number(0...records.count - 1)
      records[place] = Contribution.line(&random, count: 800)
    }
    after = try made()
    self.random = random
  }

  private func outlines(_ contribution: Contribution) throws -> [(ChunkEntry, Outline)] {
    var result: [(ChunkEntry, Outline)] = []
    try contribution.manifest.forEachOutlinedLeaf(contribution.source) { leaf in
      result += zip(leaf.chunks.map(\.item), leaf.outlines)
    }
    return result
  }

  @Test func `a chunk is rebuilt from the records of another version and a few new bytes`() throws {
    var index = SegmentIndex()
    try index.add(before.manifest, before.source)
    var new = 0
    for (chunk, outline) in try outlines(after) where before.blocks[chunk.cid] == nil {
      let patch = ChunkPatch(chunk, outline: outline, held: index)
      let bytes = try after.source(chunk.cid)
      let fetched = patch.newRanges.flatMap { bytes[$0] }
      #expect(try patch.rebuilt(newBytes: fetched, before.source) == bytes)
      if !fetched.isEmpty {
        var wrong = fetched
        wrong[0] ^= 1
        #expect(try patch.rebuilt(newBytes: wrong, before.source) == nil)
      }
      let stored = try #require(StoredPatch(patch, bytes: bytes))
      let read = try #require(StoredPatch(decoding: stored.encoded()))
      #expect(read == stored)
      #expect(try read.applied(before.source) == bytes)
      new += fetched.count
    }
    // Sixty records of 800 bytes are new, with the neighbours in their segments.
    #expect(new > 0 && new < 60 * 2500, "\(new) bytes, \(random)")
  }

  @Test func `the difference of two manifests is what their chunks differ in`() throws {
    let difference = try before.manifest.chunkDifference(
      to: after.manifest, before.source(or: after))
    let left = Set(try outlines(before).map(\.0.cid))
    let right = Set(try outlines(after).map(\.0.cid))
    #expect(Set(difference.onlyLeft.map(\.item.cid)) == left.subtracting(right))
    #expect(Set(difference.onlyRight.map(\.item.cid)) == right.subtracting(left))
    for chunk in difference.onlyRight {
      var parts: [UInt8] = []
      let range = chunk.before.bytes..<chunk.before.bytes + UInt64(chunk.item.byteCount)
      try after.manifest.forEachPart(of: range, after.source) { part in
        parts += try after.source(part.chunk.cid)[part.range]
      }
      #expect(parts == after.blocks[chunk.item.cid])
      let files = try after.manifest.files(in: chunk, after.source)
      #expect(files.map(\.range) == [0..<chunk.item.byteCount])
    }
    let none = try before.manifest.chunkDifference(to: before.manifest) { _ in
      throw Contribution.Missing()
    }
    #expect(none.onlyLeft.isEmpty && none.onlyRight.isEmpty)
  }
}

extension Contribution {
  func source(or other: Contribution) -> BlockSource {
    { cid in try (try? self.source(cid)) ?? other.source(cid) }
  }
}
