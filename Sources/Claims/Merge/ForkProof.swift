// Proof that an author told two stories: two claims that cannot stand in one chain
// (Specs/Merge.md, "Forks").

public import Content
public import Cryptography

/// A claim says two things about its author's chain: what stands at its own height, and, by
/// `prev`, what stands one below. Two claims of one author that say different things about one
/// height are a proof that anyone can check alone.
public struct ForkProof: Hashable, Sendable {
  /// The claim with the smaller digest.
  public let first: Claim
  public let second: Claim
  /// The lowest height about which the two disagree. From here on the author counts for nothing.
  public let height: Int

  /// Nil when the two do not contradict each other.
  public init?(_ left: Claim, _ right: Claim) {
    guard left.author == right.author, left.datanet == right.datanet, left != right else {
      return nil
    }
    let (low, high) = left.height <= right.height ? (left, right) : (right, left)
    switch high.height - low.height {
    case 0: height = low.previous == high.previous ? low.height : low.height - 1
    case 1 where high.previous != low.digest: height = low.height
    default: return nil
    }
    (first, second) = left.digest < right.digest ? (left, right) : (right, left)
  }

  public var author: PublicKey { first.author }
  public var datanet: CID { first.datanet }
}
