// Bulk work that runs beside the node: reading, checking and storing blocks, checking signatures
// (Specs/Node.md, "Work").

public import Claims
internal import Compression
internal import Content
internal import PeerProtocol
internal import Store

/// A piece of work. It runs on any thread, several at once; the simulator runs it on the spot.
public struct Work: Sendable {
  enum Kind: Sendable {
    case claims([[UInt8]])
    case read([BlockToRead], packs: Bool, checks: Bool)
    case store(BlockIntake.Appending, [ArrivedBlock])
    case sync(BlockIntake.Appending)
    case collect(Home)
  }

  let kind: Kind

  /// What it is, for logs: `claims`, `read`, `store`, `sync`, `collect`.
  public var name: String {
    switch kind {
    case .claims: "claims"
    case .read: "read"
    case .store: "store"
    case .sync: "sync"
    case .collect: "collect"
    }
  }

  public func run() -> WorkResult {
    do {
      switch kind {
      case .claims(let payloads): return .claims(payloads.map { try? Claim(verifying: $0) })
      case .read(let blocks, let packs, let checks):
        return .read(Self.read(blocks, packs: packs, checks: checks))
      case .store(let appending, let blocks): return try Self.store(blocks, appending)
      case .sync(let appending):
        try appending.sync()
        return .synced
      case .collect(let home):
        _ = try Store.open(home).collect()
        return .collected
      }
    } catch {
      return .failed("\(error)")
    }
  }

  // MARK: Reading

  private static func read(
    _ blocks: [BlockToRead], packs: Bool, checks: Bool
  ) -> [WorkResult.ReadBlock] {
    guard !packs, !checks, blocks.allSatisfy({ $0.ranges == nil }) else {
      return read(blocks, packs: packs)
    }
    let batch = BlockBatch(reading: blocks.map(\.location)) { index in
      let location = blocks[index].location
      return ChunkMessage.head(
        location.cid.digest, .plain, byteCount: location.byteCount, room: 0)
    }
    return zip(blocks, batch.places).flatMap { block, place -> [WorkResult.ReadBlock] in
      guard let place else { return read([block], packs: false) }
      return [
        .init(
          block: block, message: batch.bytes[place], byteCount: block.location.byteCount,
          isChecked: false)
      ]
    }
  }

  /// Reads and checks each.
  private static func read(_ blocks: [BlockToRead], packs: Bool) -> [WorkResult.ReadBlock] {
    var read: [WorkResult.ReadBlock] = []
    // Where neighbours cannot be read together, each is read alone, and told of alone.
    while read.count < blocks.count {
      let rest = blocks[read.count...]
      do {
        try BlockLocation.read(rest.map(\.location)) { index, span in
          var block = message(rest[rest.startIndex + index], span, packs: packs)
          block.wasToBePacked = packs
          read.append(block)
        }
      } catch {
        read.append(.init(block: blocks[read.count], message: [], trouble: "\(error)"))
      }
    }
    return read
  }

  /// A block, or the pieces of it that were wished, as it travels.
  private static func message(
    _ block: BlockToRead, _ span: RawSpan, packs: Bool
  ) -> WorkResult.ReadBlock {
    let digest = block.location.cid.digest
    guard let ranges = block.ranges else {
      if packs, let packed = Zstd.pack(unsafe span.withUnsafeBytes { unsafe [UInt8]($0) }) {
        var bytes = ChunkMessage.head(
          digest, .zstd, byteCount: span.byteCount, room: packed.count)
        bytes += packed
        return .init(block: block, message: bytes[...], isPacked: true, byteCount: span.byteCount)
      }
      var bytes = ChunkMessage.head(
        digest, .plain, byteCount: span.byteCount, room: span.byteCount)
      unsafe span.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
      return .init(block: block, message: bytes[...], byteCount: span.byteCount)
    }
    guard let last = ranges.last, last.upperBound <= span.byteCount else {
      return .init(block: block, message: [], trouble: "it has no such bytes")
    }
    var pieces: [UInt8] = []
    unsafe span.withUnsafeBytes { whole in
      for range in ranges {
        unsafe pieces.append(contentsOf: UnsafeRawBufferPointer(rebasing: whole[range]))
      }
    }
    let packed = packs ? Zstd.pack(pieces) : nil
    let message = ChunkMessage(
      digest: digest, form: packed == nil ? .pieces : .packedPieces, byteCount: pieces.count,
      payload: (packed ?? pieces)[...])
    return .init(
      block: block, message: message.bytes[...], isPacked: packed != nil, byteCount: pieces.count)
  }

  // MARK: Storing

  private static func store(
    _ blocks: [ArrivedBlock], _ appending: BlockIntake.Appending
  ) throws -> WorkResult {
    // A frame that does not unpack to the length it named is handed on as no bytes, which have
    // another address than the block's.
    let plain = blocks.map { block -> BlockIntake.Arrived in
      if let patch = block.patch {
        let bytes = block.plain.flatMap { patch.rebuilt(from: $0) } ?? []
        return .init(cid: block.cid, bytes: bytes, range: 0..<bytes.count)
      }
      guard block.isPacked else {
        return .init(cid: block.cid, bytes: block.message, range: block.payload)
      }
      let bytes = block.plain ?? []
      return .init(cid: block.cid, bytes: bytes, range: 0..<bytes.count)
    }
    let sound = try appending.append(plain)
    return .stored(
      zip(blocks, sound).map { block, isSound in
        isSound ? .sound : block.patch == nil ? .corrupt : .unbuilt
      })
  }
}

/// A block that a peer wished, or pieces of it.
struct BlockToRead: Sendable {
  let location: BlockLocation
  let ranges: [Range<Int>]?
}

/// A block as it came from a peer: a part of the message that carried it.
struct ArrivedBlock: Sendable {
  let cid: CID
  let message: [UInt8]
  let payload: Range<Int>
  let isPacked: Bool
  /// The length of what travelled, before packing.
  let byteCount: Int
  /// When only pieces travelled: how the block is put together.
  var patch: HeldPatch? = nil

  /// The bytes that travelled; nil when they do not unpack to what was said.
  var plain: [UInt8]? {
    isPacked ? Zstd.unpack(message[payload], byteCount: byteCount) : Array(message[payload])
  }
}

/// A patch and the places of the blocks that it is made from.
struct HeldPatch: Sendable {
  let patch: ChunkPatch
  let bases: [(cid: CID, location: BlockLocation)]

  /// Nil when the parts do not make the block.
  func rebuilt(from new: [UInt8]) -> [UInt8]? {
    struct Missing: Error {}
    return try? patch.rebuilt(newBytes: new) { cid in
      guard let base = bases.first(where: { $0.cid == cid }) else { throw Missing() }
      return try base.location.read()
    }
  }
}

public enum WorkResult: Sendable {
  /// For each payload its claim, nil when it is none.
  case claims([Claim?])
  case read([ReadBlock])
  /// For each block what it was; what is sound is written.
  case stored([Outcome])
  case synced
  case collected
  /// The machine's trouble.
  case failed(String)

  public struct ReadBlock: Sendable {
    let block: BlockToRead
    /// Ready to be sent; a part of what was read with it.
    package var message: ArraySlice<UInt8>
    var isPacked = false
    /// Packing was tried.
    var wasToBePacked = false
    var byteCount = 0
    var trouble: String? = nil
    /// It was hashed after it was read.
    var isChecked = true
  }

  public enum Outcome: Equatable, Sendable {
    case sound
    /// Another block than its address says.
    case corrupt
    /// The pieces did not fit together, which need be nobody's fault.
    case unbuilt
  }
}
