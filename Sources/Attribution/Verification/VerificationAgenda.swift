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
    /// Steps of a run; `draw` chooses them.
    case steps(run: CID)

    public var run: CID {
      switch self {
      case .proof(_, let run), .steps(let run): run
      }
    }
  }

  /// What `own` has not done yet, the most urgent first. `passed` are runs that cannot be checked at
  /// present.
  public static func next(
    _ runs: [RunBook.Entry], own: PublicKey, passing passed: Set<Digest> = []
  ) -> Task? {
    let open = runs.filter {
      !$0.isWithdrawn && $0.author != own && $0.checks.state != .refuted
        && !passed.contains($0.claim)
    }.sorted { $0.claim < $1.claim }
    for run in open {
      for proof in run.checks.proofs
      where proof.standing == .open
        && !(proof.confirmations + proof.contradictions).contains(own)
      {
        return .proof(proof.proof, run: run.cid)
      }
    }
    let rest = open.filter { run in
      guard let voice = run.checks.verifiers.first(where: { $0.author == own }) else { return true }
      return !voice.isFull && voice.steps.count < run.run.steps
    }
    // The smallest share of drawn steps, compared without dividing; then the lowest address.
    let least = rest.min {
      let left = $0.checks.drawnSteps * $1.run.steps
      let right = $1.checks.drawnSteps * $0.run.steps
      return left != right ? left < right : $0.claim < $1.claim
    }
    return least.map { .steps(run: $0.cid) }
  }

  /// The steps of a run that `own` executes next: of those that no verifier has executed, or when
  /// there are none, of those that it has not executed itself.
  /// `bytes` are random ones of its own that nobody knew before.
  public static func draw(
    _ run: RunBook.Entry, own: PublicKey, bytes: Digest, count: Int
  ) -> Verdict.Draw {
    let verifiers = run.checks.verifiers
    let covered = verifiers.reduce(StepSet([Int]())) { $0.union($1.steps) }
    let mine = verifiers.first { $0.author == own }?.steps ?? StepSet([Int]())
    let isFresh = covered.count < run.run.steps && !verifiers.contains(where: \.isFull)
    var besides = isFresh ? covered : mine
    // A claim names no more; then the draw passes nothing by.
    if besides.ranges.count > StepSet.maximumRanges { besides = StepSet([Int]()) }
    let steps = StepDraw.steps(
      StepDraw.seed(bytes, run: run.claim, verifier: own), of: run.run.steps,
      count: min(max(1, count), StepSet.maximumRanges), besides: besides)
    return Verdict.Draw(bytes: bytes, steps: StepSet(steps), besides: besides)
  }
}
