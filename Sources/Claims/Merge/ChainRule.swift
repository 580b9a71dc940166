// What a claim does to its author's chain: the one rule for memory and for the database
// (Specs/Merge.md, "Chains", "Forks").

/// What is known of one author's chain, besides the claims themselves.
public struct ChainRule: Sendable {
  /// Claims that count: heights 0 up to `count` − 1.
  public let count: Int
  /// The lowest height about which the author told two stories.
  public let fork: Int?
  /// Heights below cannot fork: 1 for the founder, whose genesis cannot be undone, else 0.
  public let fixed: Int

  public init(count: Int, fork: Int?, isFounder: Bool) {
    self.count = count
    self.fork = fork
    fixed = isFounder ? 1 : 0
  }

  public enum Step: Sendable, Equatable {
    /// The next claim: it counts.
    case append
    case duplicate
    /// Kept until its predecessor comes, or for what it says about the height below.
    case wait
    /// The author told two stories; nothing counts from `fork` on.
    case fork(ForkProof, at: Int)
    /// Says nothing that could still matter.
    case beyondFork
  }

  /// Judges a claim that is neither waiting nor part of the known proof.
  ///
  /// `witness` gives a held claim that says what stands at a height: the one there, or else one
  /// above that names it in `prev`; counting ones, waiting ones and those of the known proof.
  /// Below the fork all held claims agree, so any will do.
  public func step<Failure: Error>(
    _ claim: Claim, witness: (_ height: Int) throws(Failure) -> Claim?
  ) throws(Failure) -> Step {
    let height = claim.height
    if let fork, height > fork { return .beyondFork }
    if height < count, try witness(height) == claim { return .duplicate }
    if let proof = try contradiction(claim, witness) {
      let place = max(proof.height, fixed)
      if fork.map({ place < $0 }) ?? true { return .fork(proof, at: place) }
    }
    if height < count { return .beyondFork }
    if let fork, height == fork {
      // Only what it says about the height below could still matter.
      guard height > 0, try witness(height - 1) == nil else { return .beyondFork }
      return .wait
    }
    return height == count ? .append : .wait
  }

  /// The proof with the lowest height that `claim` makes with a held one.
  private func contradiction<Failure: Error>(
    _ claim: Claim, _ witness: (Int) throws(Failure) -> Claim?
  ) throws(Failure) -> ForkProof? {
    for height in [claim.height - 1, claim.height] where height >= 0 {
      guard let held = try witness(height), let proof = ForkProof(held, claim) else { continue }
      if proof.height == height { return proof }
    }
    return nil
  }
}
