// What a node tells people as it happens (Specs/Node.md, "Reports"). The shell makes log lines,
// progress and JSON of it.

internal import Claims
public import Content
public import Cryptography

public enum NodeReport: Equatable, Sendable {
  case connected(PublicKey, address: String, isDialled: Bool, agent: String)
  case disconnected(PublicKey, reason: String)
  /// A connection ended before anybody was proven at its other end.
  case refused(address: String, reason: String)
  case banned(PublicKey, address: String, reason: String, milliseconds: UInt64)
  /// Both sides know the Datanet.
  case shared(CID, with: PublicKey)
  /// The Datanet's genesis is here: before, only its name was known.
  case joined(CID)
  /// A claim counts that did not before; nil when it is this home's own.
  case claim(CID, ArrivedClaim, from: PublicKey?)
  /// Many claims at once.
  case claims(CID, count: Int, from: PublicKey?)
  /// An author told two stories.
  case fork(CID, author: PublicKey, height: Int)
  /// Both sides of a round of reconciliation know the same.
  case agreed(CID, with: PublicKey)
  /// A contribution is being fetched.
  case fetching(CID, manifest: CID, chunks: Int, bytes: Int)
  /// Everything wanted of a contribution is here and verified.
  case complete(CID, manifest: CID)
  /// Everything that is followed of a Datanet is here.
  case inStep(CID)
  /// A contribution was retracted, rejected or replaced by a rule: it is no longer served.
  case dropped(CID, manifest: CID)
  case standstill(CID, Standstill)
  /// The machine's trouble: a disk that fails, a database that cannot be read.
  case trouble(String)

  /// A claim in short.
  public struct ArrivedClaim: Equatable, Sendable {
    public var claim: CID
    public var author: PublicKey
    public var height: Int
    public var kind: String

    init(_ claim: Claim) {
      self.claim = claim.cid
      author = claim.author
      height = claim.height
      kind = claim.kind
    }
  }
}

/// Why nothing moves, in the order in which a person would ask.
public enum Standstill: Equatable, Sendable, CustomStringConvertible {
  case nothingMissing
  case moving
  /// The genesis is not here, so nothing about the Datanet is known but its name.
  case unknownDatanet
  case quotaReached(bytes: Int)
  case noPeers
  case nobodyHas(chunks: Int, first: CID)
  /// Peers are connected and none of them serves us now.
  case nobodyServes(peers: Int)
  /// No connected peer has said that it has the contribution.
  case nobodyKnows(manifest: CID)
  case diskTrouble(String)

  public var description: String {
    switch self {
    case .nothingMissing: "everything that is followed is here"
    case .moving: "chunks are on their way"
    case .unknownDatanet: "no connected peer has sent the Datanet's first claim yet"
    case .quotaReached(let bytes): "the disk quota of \(bytes) bytes is reached"
    case .noPeers: "no peer of this Datanet is connected"
    case .nobodyHas(let chunks, let first):
      chunks == 1
        ? "no connected peer has chunk \(first)"
        : "no connected peer has \(chunks) chunks, the first of them \(first)"
    case .nobodyServes(let peers):
      peers == 1
        ? "the one connected peer has no free place for us"
        : "none of the \(peers) connected peers has a free place for us"
    case .nobodyKnows(let manifest): "no connected peer has the contribution \(manifest)"
    case .diskTrouble(let trouble): trouble
    }
  }
}
