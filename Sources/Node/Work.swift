// Bulk work that runs beside the node: reading, checking and storing blocks, checking signatures
// (Specs/Node.md, "Work").

public import Claims
internal import Compression
internal import Content
internal import Store

/// A piece of work. It runs on any thread, several at once; the simulator runs it on the spot.
public struct Work: Sendable {
  enum Kind: Sendable {
    case claims([[UInt8]])
    case read([BlockLocation], compress: Bool)
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
      case .read(let locations, let compress):
        return .read(locations.map { Self.read($0, compress: compress) })
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

  private static func read(_ location: BlockLocation, compress: Bool) -> WorkResult.ReadBlock {
    do {
      let bytes = try location.read()
      if compress, let packed = Zstd.pack(bytes) {
        return .init(cid: location.cid, byteCount: bytes.count, bytes: packed, isPacked: true)
      }
      return .init(cid: location.cid, byteCount: bytes.count, bytes: bytes, isPacked: false)
    } catch {
      return .init(
        cid: location.cid, byteCount: 0, bytes: [], isPacked: false, trouble: "\(error)")
    }
  }

  private static func store(
    _ blocks: [ArrivedBlock], _ appending: BlockIntake.Appending
  ) throws -> WorkResult {
    // A frame that does not unpack to the length it named is handed on as no bytes, which have
    // another address than the block's.
    let plain = blocks.map { block -> BlockIntake.Arrived in
      guard block.isPacked else {
        return .init(cid: block.cid, bytes: block.message, range: block.payload)
      }
      let bytes = Zstd.unpack(block.message[block.payload], byteCount: block.byteCount) ?? []
      return .init(cid: block.cid, bytes: bytes, range: 0..<bytes.count)
    }
    return .stored(try appending.append(plain))
  }
}

/// A block as it came from a peer: a part of the message that carried it.
struct ArrivedBlock: Sendable {
  let cid: CID
  let message: [UInt8]
  let payload: Range<Int>
  let isPacked: Bool
  /// The block's own length.
  let byteCount: Int

  /// The block's bytes; nil when they do not unpack to what was said.
  var plain: [UInt8]? {
    isPacked ? Zstd.unpack(message[payload], byteCount: byteCount) : Array(message[payload])
  }
}

public enum WorkResult: Sendable {
  /// For each payload its claim, nil when it is none.
  case claims([Claim?])
  case read([ReadBlock])
  /// For each block whether it was what its address says, and so is written.
  case stored([Bool])
  case synced
  case collected
  /// The machine's trouble.
  case failed(String)

  public struct ReadBlock: Sendable {
    let cid: CID
    let byteCount: Int
    let bytes: [UInt8]
    let isPacked: Bool
    var trouble: String? = nil
  }
}
