// Putting blocks and getting them back. Specs/Store.md, "Blocks".

import Content
import Cryptography
import Glibc
import Testing

@testable import Store

/// Bytes that depend on a number only.
func sample(_ number: Int, count: Int) -> [UInt8] {
  var state = UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15 | 1
  return [UInt8](unsafeUninitializedCapacity: (count + 7) & ~7) { buffer, used in
    let words = UnsafeMutableRawBufferPointer(buffer)
    var place = 0
    while place < count {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      words.storeBytes(of: state, toByteOffset: place, as: UInt64.self)
      place += 8
    }
    used = count
  }
}

@Suite struct BlockStoreTests {
  @Test func `a block comes back from the same store, from another, and after opening again`()
    throws
  {
    let temporary = try TemporaryHome()
    let bytes = sample(1, count: 5000)
    let cid: CID
    do {
      let ada = try BlockStore(home: temporary.home)
      let ben = try BlockStore(home: temporary.home)
      cid = try ada.put(bytes)
      #expect(cid == CID(of: bytes, codec: .raw))
      #expect(try ada.get(cid) == bytes)
      #expect(try ben.get(cid) == bytes)
      #expect(try ben.get(CID(of: [], codec: .raw)) == nil)
    }
    let again = try BlockStore(home: temporary.home)
    #expect(try again.get(cid) == bytes)
    #expect(try again.totals().blocks == 1)
  }

  @Test func `the same block is stored once, and blocks of all sizes fit`() throws {
    let temporary = try TemporaryHome()
    let store = try BlockStore(home: temporary.home)
    let writer = try store.writer()
    let sizes = [0, 1, 100, 4096, 70_000, 1 << 20]
    let cids = try sizes.map { try writer.put(sample($0, count: $0)) }
    try writer.put(sample(100, count: 100))
    try writer.commit()
    #expect(writer.newBlocks == sizes.count)
    try store.put(sample(100, count: 100))
    for (cid, size) in zip(cids, sizes) {
      #expect(try store.block(cid) == sample(size, count: size))
    }
    #expect(try store.totals().blocks == sizes.count)
    #expect(throws: StoreError.tooLarge((1 << 20) + 1)) {
      try store.put([UInt8](repeating: 0, count: (1 << 20) + 1))
    }
  }

  @Test func `an empty block that ends its group is entered with it`() throws {
    let temporary = try TemporaryHome()
    let store = try BlockStore(home: temporary.home)
    let writer = try store.writer()
    let cids = try [[1], []].map { try writer.put($0) }
    try writer.writeGathered()
    try writer.packs.syncWritten()
    try writer.enterSynced()
    try writer.commit()
    for cid in cids { #expect(try store.has(cid)) }
  }

  @Test func `what is taken for the index is whole in its pack while others still write to it`()
    throws
  {
    let temporary = try TemporaryHome()
    let files = PackFiles(
      disk: SystemDisk(isDirect: false), directory: temporary.home.packsPath)
    let writer = PackWriter(files)
    let groups = 60
    let workers = (0..<3).compactMap { thread in
      Worker {
        for number in 0..<groups {
          let bytes = sample(thread * groups + number, count: 1000 + number * 4000)
          let entry = PackEntry(
            digest: SHA256.hash(bytes), form: .plain, stored: bytes.count, length: bytes.count)
          _ = unsafe bytes.withUnsafeBytes { try? unsafe writer.append([entry], [$0]) }
        }
      }
    }
    var taken: [BlockPlace] = []
    func take() throws {
      for synced in writer.takeSynced() {
        taken += synced.places
        var scan = try PackScan(files.reader(synced.pack), pack: synced.pack)
        var seen = 0
        while scan.offset < synced.end, let group = try scan.next() {
          #expect(try group.damagedEntries(in: scan.file).isEmpty)
          seen += group.entries.count
        }
        #expect(scan.offset == synced.end)
        #expect(seen == taken.count, "all before the end, and nothing twice")
      }
    }
    while writer.unsyncedBytes == 0 {}
    while taken.count < groups {
      try writer.syncWritten()
      try take()
    }
    for worker in workers { worker.join() }
    try writer.sync()
    try take()
    #expect(taken.count == workers.count * groups)
    #expect(Set(taken.map(\.entry.digest)).count == taken.count)
  }

  @Test func `writers at one time have packs of their own, a later one goes on in the last`() throws
  {
    let temporary = try TemporaryHome()
    let ada = try BlockStore(home: temporary.home)
    let ben = try BlockStore(home: temporary.home)
    do {
      let first = try ada.writer()
      try first.put(sample(1, count: 10))
      try first.commit()
      let second = try ben.writer()
      try second.put(sample(2, count: 10))
      try second.commit()
      try first.put(sample(3, count: 10))
      try first.commit()
    }
    #expect(names(in: temporary.home.packsPath) == ["00000001.pack", "00000002.pack"])
    try ada.put(sample(4, count: 10))
    #expect(names(in: temporary.home.packsPath).count == 2)
    for number in 1...4 {
      #expect(try ben.get(CID(of: sample(number, count: 10), codec: .raw)) != nil)
    }
  }

  @Test func `what was put and not committed is gone, and leaves no bytes behind`() throws {
    let temporary = try TemporaryHome()
    let store = try BlockStore(home: temporary.home)
    try store.put(sample(1, count: 100))
    let path = "\(temporary.home.packsPath)/00000001.pack"
    let before = try SystemDisk().open(path, .read).size()
    do {
      let writer = try store.writer()
      for number in 0..<10 { try writer.put(sample(number + 10, count: 1 << 20)) }
    }
    #expect(try SystemDisk().open(path, .read).size() == before)
    #expect(try store.totals().blocks == 1)
  }

  @Test func `the index is made again from the packs`() throws {
    let temporary = try TemporaryHome()
    var cids: [CID] = []
    do {
      let store = try BlockStore(home: temporary.home)
      let writer = try store.writer()
      for number in 0..<3000 { cids.append(try writer.put(sample(number, count: number % 700))) }
      try writer.commit()
    }
    for suffix in ["", "-wal", "-shm"] { unsafe unlink(temporary.home.indexPath + suffix) }
    let store = try BlockStore(home: temporary.home)
    for cid in cids { #expect(try store.get(cid) != nil) }
  }

  @Test func `damage in the middle costs its blocks only, a torn tail is cut off`() throws {
    let temporary = try TemporaryHome()
    var cids: [CID] = []
    do {
      let store = try BlockStore(home: temporary.home)
      for number in 0..<6 { cids.append(try store.put(sample(number, count: 1000))) }
    }
    let path = "\(temporary.home.packsPath)/00000001.pack"
    let group = PackFormat.groupHeadBytes + PackFormat.entryBytes + 1000
    do {
      let file = try SystemDisk().open(path, .write)
      // The second block's bytes, the fourth group's head, and rubbish behind the end.
      try file.write([0xff, 0xff], at: PackFormat.headerBytes + group + group - 500)
      try file.write([0xff, 0xff], at: PackFormat.headerBytes + 3 * group + 8)
      try file.write(sample(77, count: 333), at: try file.size())
    }
    let old = try BlockStore(home: temporary.home)
    #expect(throws: StoreError.self) { try old.get(cids[1]) }
    for suffix in ["", "-wal", "-shm"] { unsafe unlink(temporary.home.indexPath + suffix) }
    let store = try BlockStore(home: temporary.home)
    #expect(try cids.map { try store.has($0) } == [true, false, true, false, true, true])
    #expect(try SystemDisk().open(path, .read).size() == PackFormat.headerBytes + 6 * group)
  }
}

extension BlockStoreTests {
  @Test func `a quota refuses what goes beyond it, and nothing that is held`() throws {
    let temporary = try TemporaryHome()
    let store = try BlockStore(home: temporary.home)
    try store.put(sample(1, count: 6000))
    store.quotaBytes = 10_000
    try store.put(sample(2, count: 3000))
    try store.put(sample(1, count: 6000))
    #expect(throws: StoreError.quota(bytes: 10_000, needed: 2000)) {
      try store.put(sample(3, count: 2000))
    }
    #expect(try store.totals().blocks == 2)
  }
}
