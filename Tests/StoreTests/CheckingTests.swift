// Checking a store and putting it right. Specs/Store.md, "Check".

import Content
import Cryptography
import Glibc
import Testing

@testable import Store

@Suite struct CheckingTests {
  private func damage(_ store: BlockStore, _ cid: CID) throws {
    let place = try #require(try store.index.place(of: cid.digest))
    let file = try SystemDisk().open(store.files.path(place.pack), .write)
    try file.write(
      [0x5a ^ (try #require(try file.bytes(at: place.offset, count: 1))[0])], at: place.offset)
  }

  @Test func `a sound store is found sound, and every block was looked at`() throws {
    let temporary = try TemporaryHome()
    try Home(temporary.path).makeDirectories()
    let store = try Store.make(Home("\(temporary.path)/home"))
    let writer = try store.blocks.writer()
    for number in 0..<500 { try writer.put(sample(number, count: 2000)) }
    try writer.commit()
    let report = try store.check()
    #expect(report.isSound && report.findings.isEmpty)
    #expect(report.blocks == 500 && report.bytes == 1_000_000)
    var options = CheckOptions()
    options.share = 0.1
    options.seed = 7
    let sampled = try store.check(options: options)
    #expect((10...120).contains(sampled.blocks))
  }

  @Test func `damage without a copy is named, and counts as missing from then on`() throws {
    let temporary = try TemporaryHome()
    let store = try BlockStore(home: temporary.home)
    let cids = try (0..<3).map { try store.put(sample($0, count: 3000)) }
    try damage(store, cids[1])
    let found = try BlockCheck(store, options: CheckOptions()) { _ in true }.check()
    #expect(found.findings.map(\.kind) == [.damagedBlock] && !found.isSound)
    #expect(try cids.map { try store.has($0) } == [true, false, true])
    try store.put(sample(1, count: 3000))
    #expect(try store.get(cids[1]) == sample(1, count: 3000))
    #expect(try BlockCheck(store, options: CheckOptions()) { _ in true }.check().isSound)
  }

  @Test func `damage is repaired from another pack and from a file in place`() throws {
    let temporary = try TemporaryHome()
    let store = try BlockStore(home: temporary.home)
    let path = "\(temporary.path)/c.bin"
    try SmallFile.write(sample(2, count: 400_000), to: path, mode: 0o644)
    let files = try FileWalk.files(at: [path])
    let manifest: CID
    do { manifest = try store.add(files).manifest.cid }
    var options = AddOptions()
    options.inPlace = true
    do { _ = try store.add(files, options: options) }
    let chunk = try #require(
      try ContributionReader(manifest, in: store).manifest.firstChunk(store.block))
    // A second pack with the same block: two writers at once, neither knowing of the other.
    let twice = sample(5, count: 900)
    let first = try store.writer()
    let second = try BlockStore(home: temporary.home).writer()
    let cid = try first.put(twice)
    try second.put(twice)
    try first.commit()
    try second.commit()
    try damage(store, cid)
    try damage(store, chunk.cid)
    let found = try BlockCheck(store, options: CheckOptions()) { _ in true }.check()
    #expect(found.isSound && found.repairedCount == 2)
    #expect(try store.get(cid) == twice)
    #expect(try BlockLocationProbe.isInPack(store, chunk.cid))
    #expect(try store.block(chunk.cid).count == chunk.byteCount)
  }

  @Test func `a lost pack and a changed file are told`() throws {
    let temporary = try TemporaryHome()
    let store = try BlockStore(home: temporary.home)
    try store.put(sample(1, count: 100))
    let path = "\(temporary.path)/c.bin"
    try SmallFile.write(sample(2, count: 400_000), to: path, mode: 0o644)
    var options = AddOptions()
    options.inPlace = true
    do { _ = try store.add(try FileWalk.files(at: [path]), options: options) }
    try SmallFile.write(sample(3, count: 400_000), to: path, mode: 0o644)
    unsafe unlink("\(temporary.home.packsPath)/00000001.pack")
    let found = try BlockCheck(store, options: CheckOptions()) { _ in true }.check()
    #expect(found.findings.contains { $0.kind == .damagedPack })
    #expect(found.findings.contains { $0.kind == .changedFile })
    #expect(try !store.has(CID(of: sample(1, count: 100), codec: .raw)))
  }

  @Test func `a file in place that has its bytes again is taken back`() throws {
    let temporary = try TemporaryHome()
    let store = try BlockStore(home: temporary.home)
    let path = "\(temporary.path)/c.bin"
    let bytes = sample(2, count: 400_000)
    try SmallFile.write(bytes, to: path, mode: 0o644)
    var options = AddOptions()
    options.inPlace = true
    let manifest = try store.add(try FileWalk.files(at: [path]), options: options).manifest.cid
    var changed = bytes
    changed[399_999] ^= 1
    // Replaced by a file of its own each time, so that its number differs too.
    func repaired(_ bytes: [UInt8], repair: Bool = true) throws -> [Bool] {
      unsafe unlink(path)
      try SmallFile.write(bytes, to: path, mode: 0o644)
      var options = CheckOptions()
      options.repair = repair
      return try BlockCheck(store, options: options) { _ in true }.check().findings
        .map(\.isRepaired)
    }
    #expect(try repaired(changed) == [false])
    #expect(try repaired(bytes + [0]) == [false])
    #expect(try repaired(bytes, repair: false) == [false])
    #expect(try ContributionReader(manifest, in: store).firstMissing() != nil)
    #expect(try repaired(bytes) == [true])
    #expect(try BlockCheck(store, options: CheckOptions()) { _ in true }.check().isSound)
    #expect(try ContributionReader(manifest, in: store).firstMissing() == nil)
  }

  @Test func `only looking changes nothing`() throws {
    let temporary = try TemporaryHome()
    let store = try BlockStore(home: temporary.home)
    let cid = try store.put(sample(1, count: 3000))
    try damage(store, cid)
    var options = CheckOptions()
    options.repair = false
    #expect(try !BlockCheck(store, options: options) { _ in true }.check().isSound)
    #expect(try store.has(cid))
  }
}

enum BlockLocationProbe {
  static func isInPack(_ store: BlockStore, _ cid: CID) throws -> Bool {
    guard case .pack? = try store.location(of: cid)?.place else { return false }
    return true
  }
}
