// Freeing what nothing needs, and nothing else. Specs/Store.md, "Collection".

import Content
import Cryptography
import Glibc
import Testing

@testable import Store

@Suite struct CollectingTests {
  private func add(_ bytes: [UInt8], _ name: String, to store: BlockStore) throws -> Addition {
    let path = "\(store.home.path)/\(name)"
    try SmallFile.write(bytes, to: path, mode: 0o644)
    return try store.add(try FileWalk.files(at: [path]))
  }

  private func isWhole(_ manifest: CID, _ store: BlockStore) throws -> Bool {
    var count: UInt64 = 0
    let reader = try ContributionReader(manifest, in: store)
    try reader.read(0..<reader.manifest.bytes) { count += UInt64($0.count) }
    return count == reader.manifest.bytes
  }

  @Test func `what is reachable stays, the rest goes, and a dry run says so before`() throws {
    let temporary = try TemporaryHome()
    let store = try BlockStore(home: temporary.home)
    let kept = try add(jsonLines(3000, seed: 1), "a.jsonl", to: store).manifest.cid
    let gone = try add(jsonLines(3000, seed: 2), "b.jsonl", to: store).manifest.cid
    let pinned = try store.put(sample(9, count: 1000))
    try store.pin(pinned)
    var options = CollectOptions()
    options.dryRun = true
    let planned = try store.collect(options: options) { [kept] }
    #expect(try isWhole(gone, store))
    #expect(planned.garbageBytes > 500_000)
    let other = try BlockStore(home: temporary.home)
    let done = try store.collect { [kept] }
    #expect(done.freedBytes >= planned.garbageBytes)
    #expect(done.garbageBlocks == planned.garbageBlocks && done.packs == 1)
    #expect(try isWhole(kept, store) && isWhole(kept, other))
    #expect(try other.get(gone) == nil)
    #expect(try other.get(pinned) != nil)
    // Nothing is left to do, and opening again finds nothing to mend.
    #expect(try store.collect { [kept] }.garbageBlocks == 0)
    let again = try BlockStore(home: temporary.home)
    #expect(try isWhole(kept, again))
    #expect(try again.get(gone) == nil)
    let sizes = try again.totals()
    #expect(sizes.blocks == planned.keptBlocks)
  }

  @Test func `what is known to be complete is forgotten when a block goes, not when one moves`()
    throws
  {
    let temporary = try TemporaryHome()
    let store = try BlockStore(home: temporary.home)
    let kept = try add(jsonLines(3000, seed: 1), "a.jsonl", to: store).manifest.cid
    let gone = try add(jsonLines(3000, seed: 2), "b.jsonl", to: store).manifest.cid
    #expect(try !store.isComplete(kept))
    for manifest in [kept, gone] { try store.noteComplete(manifest) }
    let other = try BlockStore(home: temporary.home)
    #expect(try other.complete() == [kept.digest, gone.digest])
    // Nothing is garbage.
    try _ = other.collect { [kept, gone] }
    #expect(try store.isComplete(kept) && store.isComplete(gone))
    try _ = other.collect { [kept] }
    #expect(try store.complete().isEmpty)
    #expect(try isWhole(kept, store))
    try store.noteComplete(kept)
    #expect(try store.complete() == [kept.digest])
  }

  @Test func `a writer at work keeps its pack, and the blocks that it takes for held`() throws {
    let temporary = try TemporaryHome()
    let store = try BlockStore(home: temporary.home)
    let shared = sample(1, count: 5000)
    let cid = try store.put(shared)
    // Ben has found the block held, and has not claimed anything yet.
    let ben = try BlockStore(home: temporary.home)
    let writer = try ben.writer()
    #expect(try writer.put(Block(shared, codec: .raw)) == false)
    var options = CollectOptions()
    options.patienceMilliseconds = 50
    var report = try store.collect(options: options) { [] }
    #expect(report.isHeldBack || report.busyPacks == 1)
    #expect(try ben.get(cid) == shared)
    // Now he claims it while the collection waits: the roots are asked again.
    var asked = 0
    report = try store.collect(options: options) {
      asked += 1
      return asked > 1 ? [cid] : []
    }
    #expect(try ben.get(cid) == shared)
    extendLifetime(writer)
  }

  @Test func `a session that begins during a collection does not rely on what is swept`() throws {
    let temporary = try TemporaryHome()
    let store = try BlockStore(home: temporary.home)
    let bytes = sample(1, count: 5000)
    let cid = try store.put(bytes)
    try store.index.database.run("UPDATE packs SET sweeping = 1")
    let ben = try BlockStore(home: temporary.home)
    let writer = try ben.writer()
    #expect(try writer.put(Block(bytes, codec: .raw)))
    try writer.commit()
    #expect(try store.index.place(of: cid.digest)?.pack == 2)
    #expect(try store.get(cid) == bytes)
  }

  @Test func `a collection stopped between the index and the file is finished on opening`() throws {
    let temporary = try TemporaryHome()
    var cid: CID
    do {
      let store = try BlockStore(home: temporary.home)
      cid = try store.put(sample(1, count: 500))
      try store.index.database.run("DELETE FROM blocks")
      try store.index.database.run("UPDATE packs SET sweeping = 2, blocks = 0, bytes = 0")
    }
    let store = try BlockStore(home: temporary.home)
    #expect(try store.get(cid) == nil)
    #expect(names(in: temporary.home.packsPath).isEmpty)
    #expect(try store.index.packs().isEmpty)
    cid = try store.put(sample(1, count: 500))
    #expect(try store.get(cid) != nil)
  }

  @Test func `files in place that nothing needs are forgotten, and never touched`() throws {
    let temporary = try TemporaryHome()
    let store = try BlockStore(home: temporary.home)
    let path = "\(temporary.path)/c.bin"
    try SmallFile.write(sample(2, count: 400_000), to: path, mode: 0o644)
    var options = AddOptions()
    options.inPlace = true
    do { _ = try store.add(try FileWalk.files(at: [path]), options: options) }
    #expect(try store.totals().inPlaceFiles == 1)
    #expect(try store.collect { [] }.inPlaceFiles == 1)
    #expect(try store.totals().inPlaceFiles == 0)
    #expect(try SmallFile.read(path, mostBytes: 1 << 20).count == 400_000)
  }

  @Test func `a damaged manifest stops the collection before anything is lost`() throws {
    let temporary = try TemporaryHome()
    let store = try BlockStore(home: temporary.home)
    let kept = try add(jsonLines(3000, seed: 1), "a.jsonl", to: store).manifest.cid
    let place = try #require(try store.index.place(of: kept.digest))
    try SystemDisk().open("\(temporary.home.packsPath)/00000001.pack", .write)
      .write([0xff, 0xff, 0xff], at: place.offset + 3)
    #expect(throws: StoreError.self) { try store.collect { [kept] } }
    #expect(try store.totals().blocks > 20)
  }
}
