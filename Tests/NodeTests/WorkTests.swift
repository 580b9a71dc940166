// Work beside the node: what is believed and what not (Specs/Node.md, "Work").

import Compression
import Content
import Cryptography
import Testing

@testable import Node
@testable import Store

struct WorkTests {
  private func arrived(_ bytes: [UInt8], as cid: CID, packed: Bool = false) -> ArrivedBlock {
    let payload = packed ? Zstd.pack(bytes) ?? [] : bytes
    return ArrivedBlock(
      cid: cid, message: [9, 9] + payload, payload: 2..<2 + payload.count, isPacked: packed,
      byteCount: bytes.count)
  }

  @Test func `only blocks that are what their address says are stored, packed or not`() throws {
    let disk = MemoryDisk()
    let vfs = DiskVFS(disk)
    let store = try BlockStore(
      home: Home("/peer"), database: Database(.file("/peer/blocks.sqlite"), vfs: vfs), disk: disk)
    let intake = try BlockIntake(store)
    let plain = Array("a block that travels plain".utf8)
    let packed = [UInt8](repeating: 7, count: 5_000)
    let liar = Array("another".utf8)
    let blocks = [
      arrived(plain, as: CID(of: plain, codec: .raw)),
      arrived(liar, as: CID(of: plain, codec: .raw)),
      arrived(packed, as: CID(of: packed, codec: .raw), packed: true),
    ]
    guard case .stored(let outcomes) = Work(kind: .store(intake.appending, blocks)).run() else {
      Issue.record("the work failed")
      return
    }
    #expect(outcomes == [.sound, .corrupt, .sound])
    #expect(try store.has(CID(of: plain, codec: .raw)) == false, "not acknowledged yet")
    guard case .synced = Work(kind: .sync(intake.appending)).run() else {
      Issue.record("the sync failed")
      return
    }
    var synced = intake.takeSynced()
    #expect(try !intake.enter(&synced, atMost: 1))
    #expect(try intake.enter(&synced))
    #expect(try store.get(CID(of: plain, codec: .raw)) == plain)
    #expect(try store.get(CID(of: packed, codec: .raw)) == packed)
  }
}
