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
}
