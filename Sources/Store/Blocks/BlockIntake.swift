// Blocks that strangers sent: checked and written on any thread, acknowledged on the store's own.
// Specs/Store.md, "Writing".

public import Content
internal import Cryptography

/// The way in for blocks whose address was known before their bytes. The caller sees to it that
/// none is written twice: what is held already is for the index to say.
public final class BlockIntake {
  private let writer: BlockWriter

  public init(_ store: BlockStore) throws {
    writer = try BlockWriter(store)
  }

  /// A block as it came: `bytes[range]` should have the address `cid`.
  public struct Arrived: Sendable {
    public let cid: CID
    public let bytes: [UInt8]
    public let range: Range<Int>

    public init(cid: CID, bytes: [UInt8], range: Range<Int>) {
      self.cid = cid
      self.bytes = bytes
      self.range = range
    }
  }

  /// What may be done on other threads. `append` may run several times at once, `sync` alone.
  public struct Appending: Sendable {
    fileprivate let packs: PackWriter

    /// Hashes blocks and writes those that are what they should be; says which these are.
    public func append(_ blocks: [Arrived]) throws -> [Bool] {
      var sound: [Bool] = []
      sound.reserveCapacity(blocks.count)
      var hash = SHA256()
      for block in blocks {
        unsafe hash.update(block.bytes.span.bytes.extracting(block.range))
        sound.append(hash.finish() == block.cid.digest && block.range.count <= maximum)
      }
      let good = zip(blocks, sound).filter(\.1).map(\.0)
      var start = 0
      while start < good.count {
        let end = min(start + BlockWriter.groupBlocks, good.count)
        try write(good[start..<end])
        start = end
      }
      return sound
    }

    private var maximum: Int { Block.maximumByteCount }

    private func write(_ blocks: ArraySlice<Arrived>) throws {
      let entries = blocks.map { block in
        PackEntry(
          digest: block.cid.digest, form: .plain, stored: block.range.count,
          length: block.range.count)
      }
      // One copy into one piece of memory costs less than a system call for each block.
      var payload: [UInt8] = []
      payload.reserveCapacity(blocks.reduce(0) { $0 + $1.range.count })
      for block in blocks { payload += block.bytes[block.range] }
      _ = unsafe try payload.span.bytes.withUnsafeBytes { unsafe try packs.append(entries, [$0]) }
    }

    /// Puts everything appended on the disk.
    public func sync() throws { try packs.sync() }
  }

  public var appending: Appending { Appending(packs: writer.packs) }

  /// Bytes that a sync would put on the disk.
  public var unsyncedBytes: Int { writer.uncommittedBytes }

  /// Enters what is on the disk in the index: from here on it is acknowledged.
  public func acknowledge() throws {
    try writer.enterSynced()
  }
}
