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
      var start = 0
      while start < blocks.count {
        let end = min(start + BlockWriter.groupBlocks, blocks.count)
        sound += try appendGroup(blocks[start..<end])
        start = end
      }
      return sound
    }

    /// One copy into one piece of memory costs less than a system call for each block.
    private func appendGroup(_ blocks: ArraySlice<Arrived>) throws -> [Bool] {
      var payload: [UInt8] = []
      payload.reserveCapacity(blocks.reduce(0) { $0 + $1.range.count })
      let places = blocks.map { block in
        let start = payload.count
        payload += block.bytes[block.range]
        return start..<payload.count
      }
      let digests = unsafe SHA256.hash(payload.span.bytes, at: places)
      let sound = zip(blocks, digests).map { block, digest in
        digest == block.cid.digest && block.range.count <= Block.maximumByteCount
      }
      var entries: [PackEntry] = []
      var good: [Range<Int>] = []
      for ((place, digest), isSound) in zip(zip(places, digests), sound) where isSound {
        entries.append(
          PackEntry(digest: digest, form: .plain, stored: place.count, length: place.count))
        if let last = good.last, last.upperBound == place.lowerBound {
          good[good.count - 1] = last.lowerBound..<place.upperBound
        } else {
          good.append(place)
        }
      }
      if entries.isEmpty { return sound }
      _ = unsafe try payload.span.bytes.withUnsafeBytes { buffer in
        unsafe try packs.append(
          entries, good.map { unsafe UnsafeRawBufferPointer(rebasing: buffer[$0]) })
      }
      return sound
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
