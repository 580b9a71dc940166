// Blocks on their way from the wire to the index (Specs/Node.md, "Storing").

internal import Content
internal import Cryptography
internal import PeerProtocol
internal import Store

/// arrived → waiting → being written → written → being synced → being entered → acknowledged
struct ChunkIntake {
  struct Arrival: Sendable {
    let block: ArrivedBlock
    let from: PublicKey
    let datanet: CID
    /// The sender may send as much again already.
    let isGranted: Bool

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
  /// When what waits is written although more would make a larger piece.
  var storeDue: Instant?
  /// What is under way, with its token.
  var storing: [(token: WorkToken, arrivals: [Arrival])] = []
  var syncing: (token: WorkToken, blocks: [Written])?
  /// On the disk, and entered in the index some at a time.
  var entering: [(places: BlockIntake.Synced, blocks: [Written])] = []
  /// On the disk's way but not surely on it.
  var written: [Written] = []
  /// Bytes that wait or are being written, and those that wait.
  var bytes = 0
  var waitingBytes = 0
  /// Bytes that are written and not acknowledged, and those of which no sync has begun.
  var writtenBytes = 0
  var unsyncedBytes = 0
  /// When the oldest written block should be synced, and how long that may take.
  var syncDue: Instant?
  var syncSpan = NodeLimits.syncMilliseconds
  var syncBegan = Instant(milliseconds: 0)
  /// Everything in any of these stages.
  var pending: Set<Digest> = []
  /// The pack that is being written; let go when nothing is left to write.
  var intake: BlockIntake?

  /// No piece of work is under way.
  var isAtRest: Bool { storing.isEmpty && syncing == nil }
  var isIdle: Bool { pending.isEmpty && isAtRest }
}
