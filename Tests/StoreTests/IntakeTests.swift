// Blocks that strangers sent, written by several threads while others are synced.
// Specs/Store.md, "Writing".

import Content
import Cryptography
import Glibc
import Synchronization
import Testing

@testable import Store

@Suite struct IntakeTests {
  private func arrived(_ bytes: [UInt8]) -> BlockIntake.Arrived {
    .init(cid: CID(of: bytes, codec: .raw), bytes: bytes, range: 0..<bytes.count)
  }

  @Test func `what is written while others are synced is found again, all of it`() throws {
    let temporary = try TemporaryHome()
    let store = try BlockStore(home: temporary.home)
    let pieces = (0..<2).map { thread in
      (0..<60).map { piece in
        (0..<6).map { arrived(sample(thread * 1_000 + piece * 10 + $0, count: 900 + piece)) }
      }
    }
    let intake = try BlockIntake(store)
    let appending = intake.appending
    let ended = Mutex(0)
    let workers = pieces.map { mine in
      Worker {
        for piece in mine { _ = try? appending.append(piece) }
        ended.withLock { $0 += 1 }
      }
    }
    var isLast = false
    repeat {
      isLast = ended.withLock { $0 } == workers.count
      try appending.sync()
      var synced = intake.takeSynced()
      while try !intake.enter(&synced, atMost: 7) {}
    } while !isLast
    for worker in workers { worker?.join() }
    for block in pieces.joined().joined() { #expect(try store.get(block.cid) == block.bytes) }
    // Recovery agrees with what was entered.
    let again = try BlockStore(home: temporary.home)
    #expect(try again.totals().blocks == 2 * 60 * 6)
  }

  @Test func `a sync waits for what lies before it, and leaves what began later`() throws {
    let disk = SlowDisk()
    let writer = PackWriter(PackFiles(disk: disk, directory: "/packs"))
    func entry(_ bytes: [UInt8]) -> PackEntry {
      PackEntry(
        digest: SHA256.hash(bytes), form: .plain, stored: bytes.count, length: bytes.count)
    }
    let (first, second, third) = (sample(1, count: 500), sample(2, count: 600), sample(3, count: 7))
    let append: @Sendable ([UInt8], PackEntry) -> Void = { bytes, entry in
      _ = try? unsafe bytes.span.bytes.withUnsafeBytes { unsafe try writer.append([entry], [$0]) }
    }
    let firstEntry = entry(first)
    let slow = Worker { append(first, firstEntry) }
    while disk.waiting == 0 { usleep(1_000) }
    append(second, entry(second))
    let isSynced = Mutex(false)
    let syncing = Worker {
      try? writer.sync()
      isSynced.withLock { $0 = true }
    }
    usleep(50_000)
    #expect(!isSynced.withLock { $0 }, "the first group is not written yet")
    #expect(writer.takeSynced().isEmpty)
    append(third, entry(third))
    disk.release()
    slow?.join()
    syncing?.join()
    let synced = writer.takeSynced().flatMap(\.places).map(\.entry.digest)
    #expect(synced == [SHA256.hash(first), SHA256.hash(second)])
    try writer.sync()
    #expect(writer.takeSynced().flatMap(\.places).map(\.entry.digest) == [SHA256.hash(third)])
  }
}

/// A disk in memory on which the first group of a pack waits to be released.
private final class SlowDisk: Disk {
  private let memory = MemoryDisk()
  private let state = Mutex((waiting: 0, isReleased: false))

  var waiting: Int { state.withLock { $0.waiting } }
  func release() { state.withLock { $0.isReleased = true } }

  fileprivate func wait() {
    state.withLock { $0.waiting += 1 }
    while !state.withLock({ $0.isReleased }) { usleep(1_000) }
  }

  func open(_ path: String, _ mode: OpenMode) throws(DiskError) -> any DiskFile {
    SlowFile(try memory.open(path, mode), on: self)
  }
  func remove(_ path: String) throws(DiskError) { try memory.remove(path) }
  func names(in directory: String) throws(DiskError) -> [String] { try memory.names(in: directory) }
  func syncDirectory(_ directory: String) throws(DiskError) { try memory.syncDirectory(directory) }
  func freeBytes(at path: String) -> Int? { memory.freeBytes(at: path) }
}

private final class SlowFile: DiskFile {
  private let file: any DiskFile
  private let disk: SlowDisk

  init(_ file: any DiskFile, on disk: SlowDisk) { (self.file, self.disk) = (file, disk) }

  var path: String { file.path }
  func size() throws(DiskError) -> Int { try file.size() }
  func stamp() -> FileStamp? { file.stamp() }
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(DiskError) -> Int {
    try unsafe file.read(into: buffer, at: offset)
  }
  func write(_ parts: [UnsafeRawBufferPointer], at offset: Int) throws(DiskError) {
    if offset == PackFormat.headerBytes { disk.wait() }
    try unsafe file.write(parts, at: offset)
  }
  func truncate(to size: Int) throws(DiskError) { try file.truncate(to: size) }
  func sync() throws(DiskError) { try file.sync() }
  func tryLock() throws(DiskError) -> Bool { try file.tryLock() }
  func isLinked() -> Bool { file.isLinked() }
}
