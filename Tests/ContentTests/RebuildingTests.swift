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
    func read(_ node: ManifestNode<ChunkEntry>) throws {
      switch node {
      case .leaf(let chunks, let outline):
        let cid = try #require(outline)
        result += zip(chunks, try Manifest.outlines(cid, of: chunks, contribution.source))
      case .branch(let branches):
        for branch in branches {
          try read(TreeCursor<ChunkEntry>.node(branch, contribution.source))
        }
      }
    }
    try read(contribution.manifest.chunks)
    return result
  }

  @Test func `a chunk is rebuilt from the records of another version and a few new bytes`() throws {
    var index = SegmentIndex()
    for (chunk, outline) in try outlines(before) { index.add(chunk.cid, outline: outline) }
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
    #expect(Set(difference.onlyLeft.map(\.cid)) == left.subtracting(right))
    #expect(Set(difference.onlyRight.map(\.cid)) == right.subtracting(left))
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
