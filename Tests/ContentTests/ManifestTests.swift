// Contributions cut, described, and found again (Specs/Chunking.md, Specs/Manifests.md).

import Testing

@testable import Content

@Suite struct ManifestTests {
  @Test func `a contribution's bytes and records are found again through its manifest`() throws {
    var random = SeededRandom(seed: 7)
    let files = try Contribution.random(&random, files: 300)
    let made = try Contribution(files)
    var cursor = made.manifest.fileCursor()
    for file in files {
      let placed = try #require(try cursor.next(made.source))
      #expect(placed.item.path.text == file.path)
      let range = placed.before.bytes..<placed.before.bytes + placed.item.bytes
      var bytes: [UInt8] = []
      try made.manifest.forEachPart(of: range, made.source) { part in
        bytes += try made.source(part.chunk.cid)[part.range]
      }
      #expect(bytes == file.bytes)
    }
    let records = files.flatMap(\.records)
    #expect(made.manifest.records == UInt64(records.count))
    for number in stride(from: 0, to: records.count, by: 37) {
      let place = try made.manifest.place(ofRecord: UInt64(number), made.source)
      var start = place.scanStart
      for skipped in 0..<Int(place.skip) {
        start += records[number - Int(place.skip) + skipped].count
      }
      let bytes = try made.source(place.chunk.cid)
      let end = min(bytes.count, start + records[number].count)
      #expect(records[number].starts(with: bytes[start..<end]), "record \(number), \(random)")
    }
  }

  @Test func `the pieces in which bytes arrive do not change the manifest`() throws {
    var random = SeededRandom(seed: 8)
    let files = try Contribution.random(&random, files: 40)
    let whole = try Contribution(files)
    for pieces in [1000, 8191, 70_000] {
      #expect(try Contribution(files, pieceByteCount: pieces).manifest.cid == whole.manifest.cid)
    }
  }

  @Test func `links lead from the root to every block of a contribution`() throws {
    var random = SeededRandom(seed: 10)
    let made = try Contribution(Contribution.random(&random, files: 900))
    var found: Set<CID> = [made.manifest.cid]
    var open = [made.manifest.cid]
    while let cid = open.popLast() {
      for link in try Block.links(in: made.source(cid), of: cid) where found.insert(link).inserted {
        open.append(link)
      }
    }
    #expect(found.count == made.blocks.count && found.allSatisfy { made.blocks[$0] != nil })
  }

  @Test func `a place among files is found by path, by item and by byte`() throws {
    var random = SeededRandom(seed: 12)
    let files = try Contribution.random(&random, files: 900)
    let made = try Contribution(files)
    for number in stride(from: 0, to: files.count, by: 41) {
      let path = try ManifestPath(files[number].path)
      let placed = try #require(try made.manifest.file(at: path, made.source))
      #expect(placed.before.items == UInt64(number))
      var cursor = made.manifest.fileCursor()
      try cursor.seek(item: UInt64(number), made.source)
      #expect(try cursor.next(made.source)?.item.path == path)
    }
    #expect(try made.manifest.file(at: ManifestPath("d100/absent"), made.source) == nil)
    #expect(try made.manifest.file(at: ManifestPath("zzz"), made.source) == nil)
  }

  @Test func `chunks of packed files know the files in them`() throws {
    var random = SeededRandom(seed: 13)
    let files = (0..<60).map { Contribution.File("f\(100 + $0)", bytes: random.bytes(3000)) }
    let made = try Contribution(files)
    var cursor = made.manifest.chunkCursor()
    var seen = 0
    while let chunk = try cursor.next(made.source) {
      for (file, range) in try made.manifest.files(in: chunk, made.source) {
        let bytes = try made.source(chunk.item.cid)[range]
        #expect(Array(bytes) == files[Int(file.before.items)].bytes)
        seen += 1
      }
    }
    #expect(seen == 60)
  }
}
