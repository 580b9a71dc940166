// What a node asks of its exchange: what is missing, who seeks, who is busy
// (Specs/Exchange.md, "Events").

public import Cryptography

extension Exchange {
  /// The bytes of wanted chunks that are not here.
  public var missingBytes: Int { works.reduce(0) { $0 + $1.missingBytes } }

  /// Whether a block is of use here.
  public func wants(_ digest: Digest) -> Bool {
    wantedAt[digest] != nil || needs.contains { $0.digest == digest }
  }

  /// Whether a block is a manifest's node that is asked for.
  public func needs(_ digest: Digest) -> Bool { needs.contains { $0.digest == digest } }

  /// Whether a block was asked of a peer.
  public func isAsked(_ digest: Digest, of peer: PublicKey) -> Bool {
    index(of: peer).map { links[$0].requests.contains(digest) } ?? false
  }

  /// Wanted chunks that are not here, of all contributions.
  public var missingDigests: [Digest] {
    works.flatMap { work -> [Digest] in
      guard work.missing > 0 else { return [] }
      return work.chunks.digests.indices.filter {
        !work.held.contains($0) && (work.open.contains($0) || work.asked[$0] > 0)
      }.map { work.chunks.digests[$0] }
    }
  }

  /// Contributions in hand, in the order in which they are fetched.
  public var contributions: [Digest] { works.map(\.chunks.contribution) }

  public func isSought(_ contribution: Digest) -> Bool {
    links.contains { $0.isSeeking(contribution) }
  }

  /// Whether something is asked of a peer, or by it.
  public func isBusy(with peer: PublicKey) -> Bool {
    guard let index = index(of: peer) else { return false }
    return !links[index].requests.isEmpty || links[index].hasWishes
      || links[index].isInterested
  }

  public func isServed(_ peer: PublicKey) -> Bool {
    index(of: peer).map { links[$0].isServed } ?? false
  }

  /// Whether a peer asked for blocks that it has not got.
  public func hasWishes(_ peer: PublicKey) -> Bool {
    index(of: peer).map { links[$0].hasWishes } ?? false
  }
}
