// One author's claims as they arrive, in any order (Specs/Merge.md, "Chains", "Forks").

internal import Content
internal import Cryptography

/// Keeps what counts, what waits for a predecessor, and the proof of a fork.
struct Chain: Sendable {
  /// Claims of one author that may wait for a predecessor.
  static let maximumWaiting = 256

  /// Heights 0 up to `counted.count` − 1; below any fork.
  private(set) var counted: [Claim] = []
  /// Claims at or below the fork that do not count, by height: beyond a gap, or witnesses of one.
  private(set) var waiting: [Claim] = []
  private(set) var proof: ForkProof?
  /// The genesis cannot be undone: a founder's fork is at height 1 or above.
  private let fixed: Int

  init() { fixed = 0 }

  init(genesis: Claim) {
    counted = [genesis]
    fixed = 1
  }

  var fork: Int? { proof.map { max($0.height, fixed) } }

  enum Insertion: Equatable {
    /// It counts now, and with it this many claims.
    case counted(Int)
    case duplicate
    case waiting
    /// Contradicts what is held.
    case forked
    /// Says nothing that could still matter: at or above the fork.
    case beyondFork
    /// Too many claims of this author wait already.
    case refused
  }

  mutating func insert(_ claim: Claim) -> Insertion {
    let height = claim.height
    if height < counted.count, counted[height] == claim { return .duplicate }
    if waiting.contains(claim) || proof?.first == claim || proof?.second == claim {
      return .duplicate
    }
    if let fork, height > fork { return .beyondFork }
    if let found = contradiction(claim), fork.map({ max(found.height, fixed) < $0 }) ?? true {
      proof = found
      cut()
      return .forked
    }
    if let fork, height == fork {
      // Only what it says about the height below could still matter.
      guard height > 0, witness(of: height - 1) == nil else { return .beyondFork }
    } else if height < counted.count {
      // Only a second story about the genesis, when a fork at height 1 is known already.
      return .beyondFork
    } else if height == counted.count {
      counted.append(claim)
      var released = 1
      while let index = waiting.firstIndex(where: { $0.height == counted.count }),
        counted.count < (fork ?? .max)
      {
        counted.append(waiting.remove(at: index))
        released += 1
      }
      if counted.count == fork { waiting = [] }
      return .counted(released)
    }
    guard waiting.count < Self.maximumWaiting else { return .refused }
    waiting.append(claim)
    return .waiting
  }

  /// A held claim that says what stands at `height`. All held ones agree below the fork.
  private func witness(of height: Int) -> Claim? {
    if height < counted.count { return counted[height] }
    let others = waiting + [proof?.first, proof?.second].compactMap { $0 }
    return others.first { $0.height == height || $0.height == height + 1 }
  }

  /// The proof with the lowest height that `claim` makes with a held one.
  private func contradiction(_ claim: Claim) -> ForkProof? {
    // What is said about the height below first: it is the lower one.
    for height in [claim.height - 1, claim.height] where height >= fixed {
      guard let witness = witness(of: height), let found = ForkProof(witness, claim),
        found.height == height
      else { continue }
      return found
    }
    // A contradiction of the genesis itself.
    if fixed > 0, claim.height <= fixed, let genesis = counted.first {
      return ForkProof(genesis, claim)
    }
    return nil
  }

  /// Lets go of all that no longer matters after `proof` has become lower.
  private mutating func cut() {
    guard let fork else { return }
    if counted.count > fork { counted.removeSubrange(fork...) }
    waiting.removeAll { $0.height > fork }
  }
}
