// What a peer that verifies in the background takes up next
// (Specs/Verification.md, "In the background").

public import Claims
public import Content
public import Cryptography

/// Prefers what nobody has decided, then the runs and steps that fewest have checked.
public enum VerificationAgenda {
  public enum Task: Hashable, Sendable {
    /// A fraud proof that waits for verifiers, or that they contradict each other about.
    case proof(CID, run: CID)
    /// Steps of a run, ascending.
    case steps([Int], run: CID)
  }

  /// At most `stepLimit` steps are drawn. `draw` are random bytes of the peer's own. Nil when there
  /// is nothing that this peer has not done.
  public static func next(
    _ runs: [RunBook.Entry], own: PublicKey, draw: Digest, stepLimit: Int
  ) -> Task? {
    let open = runs.filter { !$0.isWithdrawn && $0.author != own && $0.checks.state != .refuted }
      .sorted { $0.claim < $1.claim }
    for run in open {
      for proof in run.checks.proofs
      where proof.standing == .open
        && !(proof.confirmations + proof.contradictions).contains(own)
      {
        return .proof(proof.proof, run: run.cid)
      }
    }
    let rest = open.compactMap { run -> (run: RunBook.Entry, samples: Int, mine: StepSet)? in
      let voice = run.checks.verifiers.first { $0.author == own }
      guard voice?.isFull != true else { return nil }
      let mine = voice?.steps ?? StepSet([Int]())
      guard mine.count < run.run.steps else { return nil }
      return (run, run.checks.fullCheckers * run.run.steps + run.checks.samples, mine)
    }
    // The smallest share of checked steps, compared without dividing; then the lowest address.
    guard
      let least = rest.min(by: {
        let (left, right) = ($0.samples * $1.run.run.steps, $1.samples * $0.run.run.steps)
        return left != right ? left < right : $0.run.claim < $1.run.claim
      })
    else { return nil }
    let covered = least.run.checks.verifiers.reduce(StepSet([Int]())) { $0.union($1.steps) }
    let order = VerificationPlan.order(draw: draw, of: least.run.run.steps)
    let fresh = order.filter { !covered.contains($0) }
    let others = order.filter { covered.contains($0) && !least.mine.contains($0) }
    return .steps((fresh + others).prefix(max(1, stepLimit)).sorted(), run: least.run.cid)
  }
}
