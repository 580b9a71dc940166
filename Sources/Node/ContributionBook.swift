// The contributions of one Datanet as far as this peer fetches or offers them
// (Specs/Node.md, "Contributions").

internal import Content
internal import Cryptography
internal import PeerProtocol
internal import Store

/// Which contributions count, which of them are to be looked at, and which are in hand.
struct ContributionBook {
  enum Use: Sendable {
    /// Fetched in the mode `all`, offered as far as it is here.
    case wanted
    /// Offered as far as it is here.
    case kept
  }

  /// By manifest: everything that may be offered. Look-ups only.
  var uses: [Digest: Use] = [:]
  /// Manifests that are wanted and were not looked at yet, in the order of the claims.
  var queue: [CID] = []
  /// In hand: being fetched, or offered to somebody who seeks it. In the order of their beginning.
  var plans: [ContributionPlan] = []
  /// When all entries are to be looked at anew; nil when nothing has changed.
  var reviewDue: Instant?
  /// When more are to be taken from the queue; nil when none can.
  var advanceDue: Instant?
  /// The newest contributions of each author, of which a new one may be an edited version; and who
  /// made which. Look-ups only.
  var newest: [PublicKey: [CID]] = [:]
  var author: [Digest: PublicKey] = [:]
  static let newestKept = 4
  /// Manifests that pinned runs are made of or need: nothing of them is left out. Look-ups only.
  var pinnedWhole: Set<Digest> = []
  /// Wanted contributions that cannot be fetched, and why.
  var broken: [(manifest: CID, reason: String)] = []
  static let brokenKept = 64

  func plan(_ contribution: Digest) -> ContributionPlan? {
    plans.first { $0.manifest.digest == contribution }
  }

  /// Whether a block belongs to a contribution that is offered.
  func offers(_ digest: Digest) -> Bool {
    plans.contains { $0.places[digest] != nil || $0.nodes.contains(digest) }
  }

  var fetching: Int { plans.count { !$0.isComplete } }
  /// Wanted contributions that are not known to be here wholly.
  var missing: Int { queue.count + fetching }
}

/// One contribution in hand.
final class ContributionPlan {
  let manifest: CID
  /// The manifest's blocks that are here, by digest; with their bytes until the index has them.
  private(set) var nodes: Set<Digest> = []
  private var bytes: [Digest: [UInt8]] = [:]
  /// Blocks of the manifest that are asked for.
  var asked: [CID] = []
  /// And those that wait to be.
  var waiting: [CID] = []
  private var seen: Set<Digest> = []

  /// Once the manifest is whole.
  var chunks: ContributionChunks?
  /// Where each stands in `chunks`. Look-ups only.
  private(set) var places: [Digest: UInt32] = [:]
  /// Where those that were here when the list was made lie on the disk.
  var located: LocatedBlocks?
  /// How chunks that share records with held ones are put together. Look-ups only.
  var patches: [Digest: ChunkPatch] = [:]
  var isWanted: Bool
  /// Nothing of it is left out, as it is with pins.
  var wantsAll = false
  var isComplete = false
  /// Complete, and that is not written down yet.
  var isToSettle = false

  /// Chunks for which there is room at once: a root may say anything.
  private static let roomAtFirst: UInt64 = 1 << 20
  /// Blocks of one manifest: the trees of a terabyte.
  static let mostNodes = 1 << 18

  init(_ manifest: CID, isWanted: Bool) {
    self.manifest = manifest
    self.isWanted = isWanted
  }

  var isManifestWhole: Bool { asked.isEmpty && waiting.isEmpty && !nodes.isEmpty }

  /// Goes down from `cid` over everything that `source` has. What it has not is to be asked for.
  /// False when a block of the manifest cannot be read.
  func descend(from cid: CID, _ source: (CID) -> [UInt8]?) -> Bool {
    var open = [cid]
    while let next = open.popLast() {
      if nodes.contains(next.digest) { continue }
      seen.insert(next.digest)
      guard let block = bytes[next.digest] ?? source(next) else {
        if !waiting.contains(next), !asked.contains(next) { waiting.append(next) }
        continue
      }
      guard let links = try? Block.links(in: block, of: next) else { return false }
      nodes.insert(next.digest)
      waiting.removeAll { $0 == next }
      asked.removeAll { $0 == next }
      guard nodes.count + open.count <= Self.mostNodes else { return false }
      for link in links where link.codec == .dagCBOR && seen.insert(link.digest).inserted {
        open.append(link)
      }
    }
    return true
  }

  /// A block of the manifest came and is what it should be; false when it cannot be read.
  func add(_ block: [UInt8], as cid: CID, _ source: (CID) -> [UInt8]?) -> Bool {
    bytes[cid.digest] = block
    return descend(from: cid, source)
  }

  func block(_ cid: CID) -> [UInt8]? { bytes[cid.digest] }

  /// The index has everything of the manifest.
  func releaseBytes() { (bytes, patches) = ([:], [:]) }

  /// Lists the chunks, each address once, in the order of the stream. Nil of a fraud proof, whose
  /// chunks are one file's.
  func list(_ source: BlockSource) throws -> Manifest? {
    let root = try source(self.manifest)
    if let proof = ProofChunks(root) {
      for (place, digest) in proof.digests.enumerated() {
        places[digest] = UInt32(truncatingIfNeeded: place)
      }
      chunks = ContributionChunks(
        contribution: self.manifest.digest, digests: proof.digests, byteCounts: proof.byteCounts)
      return nil
    }
    let manifest = try Manifest(decoding: Block(trusted: self.manifest, bytes: root))
    var digests: [Digest] = []
    var byteCounts: [UInt32] = []
    let count = Int(min(manifest.chunkCount, Self.roomAtFirst))
    digests.reserveCapacity(count)
    byteCounts.reserveCapacity(count)
    places.reserveCapacity(count)
    try manifest.forEachChunk(source) { chunk in
      let digest = chunk.cid.digest
      let place = UInt32(truncatingIfNeeded: digests.count)
      if let first = places.updateValue(place, forKey: digest) {
        places[digest] = first
        return
      }
      digests.append(digest)
      byteCounts.append(UInt32(clamping: chunk.byteCount))
    }
    chunks = ContributionChunks(
      contribution: self.manifest.digest, digests: digests, byteCounts: byteCounts)
    return manifest
  }
}
