// Looking only where two contributions differ. Specs/Manifests.md, "Difference".

import Content
import Cryptography
import Synchronization
import Testing

@testable import Store

@Suite struct ScanningTests {
  private final class Seen: Sendable {
    let digests = Mutex<[Digest]>([])
  }

  private func digests(
    _ reader: ContributionReader, only chunks: [PlacedItem<ChunkEntry>]? = nil
  ) throws -> [Digest] {
    let seen = Seen()
    try reader.scan(only: chunks) { bytes, _ in
      seen.digests.withLock { $0.append(SHA256.hash(bytes)) }
      return false
    } found: { _ in
      true
    }
    return seen.digests.withLock { $0.sorted() }
  }

  private func without(_ some: [Digest], _ others: [Digest]) -> [Digest] {
    var counts: [Digest: Int] = [:]
    for digest in others { counts[digest, default: 0] += 1 }
    return some.filter { digest in
      guard let count = counts[digest], count > 0 else { return true }
      counts[digest] = count - 1
      return false
    }
  }

  @Test func `the chunks that differ hold all records that differ`() throws {
    let temporary = try TemporaryHome()
    let folder = "\(temporary.path)/data"
    try Home.makeDirectory("\(folder)/b")
    let store = try BlockStore(home: temporary.home)
    var lines = jsonLines(6000, seed: 3).split(separator: 10).map { $0 + [10] }
    func add() throws -> ContributionReader {
      try SmallFile.write(Array(lines.joined()), to: "\(folder)/a.jsonl", mode: 0o644)
      try SmallFile.write(Array("one\ntwo\n".utf8), to: "\(folder)/b/c.txt", mode: 0o644)
      let addition = try store.add(try FileWalk.files(at: [folder]))
      return try ContributionReader(addition.manifest.cid, in: store)
    }
    let old = try add()
    for place in [5, 700, 701, 702, 3000, 5999] {
      lines[place] = Array("{\"text\":\"edited \(place)\"}\n".utf8)[...]
    }
    lines.remove(at: 2000)
    lines.insert(Array("{\"text\":\"new\"}\n".utf8)[...], at: 4000)
    let new = try add()
    #expect(try !old.hasRecordsAcrossChunks())
    let chunks = try old.chunkDifference(to: new)
    #expect(chunks.onlyRight.count < 40)
    let (oldAll, newAll) = (try digests(old), try digests(new))
    let (oldSome, newSome) = (
      try digests(old, only: chunks.onlyLeft), try digests(new, only: chunks.onlyRight)
    )
    #expect(without(oldAll, newAll).count == 7)
    #expect(without(oldSome, newSome) == without(oldAll, newAll))
    #expect(without(newSome, oldSome) == without(newAll, oldAll))
    // Numbers are those in the whole contribution.
    let edited = SHA256.hash(Array("{\"text\":\"edited 3000\"}".utf8))
    var numbers: [UInt64] = []
    try new.scan(only: chunks.onlyRight) { bytes, _ in
      SHA256.hash(bytes) == edited
    } found: { number in
      numbers.append(number)
      return true
    }
    #expect(numbers.count == 1)
    #expect(try new.record(numbers[0]).id == edited)
  }

  @Test func `a record larger than a chunk is noticed`() throws {
    let temporary = try TemporaryHome()
    let path = "\(temporary.path)/large.jsonl"
    let text = [UInt8](repeating: 0x61, count: 3 << 20)
    try SmallFile.write(
      Array("{\"text\":\"".utf8) + text + Array("\"}\n{\"text\":\"\"}\n".utf8), to: path,
      mode: 0o644)
    let store = try BlockStore(home: temporary.home)
    let addition = try store.add(try FileWalk.files(at: [path]))
    #expect(try ContributionReader(addition.manifest.cid, in: store).hasRecordsAcrossChunks())
  }
}
