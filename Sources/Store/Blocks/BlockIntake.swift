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

  /// What may be done on other threads. `append` may run several times at once and beside a `sync`.
  public struct Appending: Sendable {
    fileprivate let packs: PackWriter

    /// Hashes blocks and writes those that are what they should be; says which these are.
    public func append(_ blocks: [Arrived]) throws -> [Bool] {
      // The arrays are held by `blocks` and nobody changes them, so what they hold stays where it is.
      let messages = unsafe blocks.map { block in
        unsafe block.bytes.withUnsafeBytes {
          unsafe UnsafeRawBufferPointer(rebasing: $0[block.range])
        }
      }
      let digests = withExtendedLifetime(blocks) { unsafe SHA256.hash(messages) }
      let sound = zip(blocks, digests).map { block, digest in
        digest == block.cid.digest && block.range.count <= Block.maximumByteCount
      }
      let good = zip(blocks, sound).filter(\.1).map(\.0)
      var start = 0
      while start < good.count {
        var end = start
        var byteCount = 0
        while end < good.count, end - start < BlockWriter.groupBlocks,
          byteCount + good[end].range.count <= DiskBuffer.byteCount
        {
          byteCount += good[end].range.count
          end += 1
        }
        try write(good[start..<end])
        start = end
      }
      return sound
    }

    private func write(_ blocks: ArraySlice<Arrived>) throws {
      let entries = blocks.map { block in
        PackEntry(
          digest: block.cid.digest, form: .plain, stored: block.range.count,
          length: block.range.count)
      }
      // One copy, to where the disk takes it from.
      unsafe try packs.append(entries) { memory in
        var place = 0
        for block in blocks {
          let end = place + block.range.count
          unsafe memory[place..<end].copyBytes(from: block.bytes[block.range])
          place = end
        }
      }
    }

    /// Puts everything on the disk whose `append` had begun.
    public func sync() throws { try packs.sync() }
  }

  public var appending: Appending { Appending(packs: writer.packs) }

  /// Bytes that a sync would put on the disk.
  public var unsyncedBytes: Int { writer.uncommittedBytes }

  /// What is on the disk and not in the index.
  public func takeSynced() -> Synced { Synced(writer.packs.takeSynced()) }

  /// Enters some of it in the index; true when that was the last of it, which from here on is
  /// acknowledged.
  public func enter(_ synced: inout Synced, atMost count: Int = .max) throws -> Bool {
    try synced.enter(in: writer.index, atMost: count)
  }

  /// Blocks on their way into the index. The end of each pack is noted with its last block only, so
  /// whatever comes in between recovery finds the rest.
  public struct Synced: Sendable {
    private var packs: [PackWriter.Synced]
    /// Blocks of the first pack that are entered, in the order of their digests.
    private var entered = 0

    init(_ packs: [PackWriter.Synced]) {
      self.packs = packs.map { pack in
        .init(
          pack: pack.pack, end: pack.end,
          places: pack.places.sorted { $0.entry.digest < $1.entry.digest })
      }
    }

    fileprivate mutating func enter(in index: BlockIndex, atMost count: Int) throws -> Bool {
      var left = count
      while let pack = packs.first, left > 0 {
        let end = min(pack.places.count, entered + min(left, pack.places.count))
        let isLast = end == pack.places.count
        try index.enter(
          Array(pack.places[entered..<end]), pack: pack.pack, indexed: isLast ? pack.end : 0)
        left -= end - entered
        entered = end
        if isLast {
          packs.removeFirst()
          entered = 0
        }
      }
      return packs.isEmpty
    }
  }
}
