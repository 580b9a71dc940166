// Blocks on their way from the wire to the index (Specs/Node.md, "Storing").

internal import Content
internal import Cryptography
internal import PeerProtocol
internal import Store

/// arrived → waiting → being written → written → being synced → acknowledged
struct ChunkIntake {
  struct Arrival: Sendable {
    let block: ArrivedBlock
    let from: PublicKey
    let datanet: CID

    /// What it takes in the packs.
    var storedBytes: Int { block.patch?.patch.chunk.byteCount ?? block.byteCount }
  }

  /// What is remembered of a block once it is written: its bytes are let go.
  struct Written: Sendable {
    let digest: Digest
    let datanet: CID
    let byteCount: Int
  }

  var waiting: [Arrival] = []
  /// What is under way, with its token.
  var storing: (token: WorkToken, arrivals: [Arrival])?
  var syncing: (token: WorkToken, blocks: [Written])?
  /// On the disk's way but not surely on it.
  var written: [Written] = []
  /// Bytes that are not written yet; bytes that are written and not synced.
  var bytes = 0
  var writtenBytes = 0
  /// When the oldest written block should be synced.
  var syncDue: Instant?
  /// Everything in any of these stages.
  var pending: Set<Digest> = []
  /// The pack that is being written; let go when nothing is left to write.
  var intake: BlockIntake?

  /// No piece of work is under way.
  var isAtRest: Bool { storing == nil && syncing == nil }
  var isIdle: Bool { pending.isEmpty && storing == nil && syncing == nil }
}
