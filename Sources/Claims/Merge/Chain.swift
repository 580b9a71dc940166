// One author's claims as they arrive, in any order (Specs/Merge.md, "Chains", "Forks").

internal import Cryptography

/// Keeps what counts, what waits for a predecessor, and the proof of a fork.
struct Chain: Sendable {
  /// Claims of one author that may wait for a predecessor.
  static let maximumWaiting = 256

  /// Heights 0 up to `counted.count` − 1; below any fork.
  private(set) var counted: [Claim] = []
  /// Claims at or below the fork that do not count: beyond a gap, or witnesses of one.
  private(set) var waiting: [Claim] = []
  private(set) var proof: ForkProof?
  private(set) var fork: Int?
  private let isFounder: Bool

  init() { isFounder = false }

  init(genesis: Claim) {
    counted = [genesis]
    isFounder = true
  }

  mutating func insert(_ claim: Claim) -> Ledger.Insertion {
    if waiting.contains(claim) || proof?.first == claim || proof?.second == claim {
      return .duplicate
    }
    let rule = ChainRule(count: counted.count, fork: fork, isFounder: isFounder)
    switch rule.step(claim, witness: witness) {
    case .append:
      counted.append(claim)
      return .counted(1 + release())
    case .duplicate: return .duplicate
    case .wait:
      guard waiting.count < Self.maximumWaiting else { return .refused }
      waiting.append(claim)
      return .waiting
    case .fork(let proof, let height):
      self.proof = proof
      fork = height
      if counted.count > height { counted.removeSubrange(height...) }
      waiting.removeAll { $0.height > height }
      return .forked
    case .beyondFork: return .beyondFork
    }
  }

  /// Moves waiting claims that continue the chain behind it, and says how many.
  private mutating func release() -> Int {
    var released = 0
    while counted.count < fork ?? .max,
      let index = waiting.firstIndex(where: { $0.height == counted.count })
    {
      counted.append(waiting.remove(at: index))
      released += 1
    }
    return released
  }

  private func witness(of height: Int) -> Claim? {
    if height < counted.count { return counted[height] }
    let others = waiting + [proof?.first, proof?.second].compactMap { $0 }
    return others.first { $0.height == height } ?? others.first { $0.height == height + 1 }
  }
}
