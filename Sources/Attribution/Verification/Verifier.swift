// Checks a run by a plan and says what came out (Specs/Verification.md).

public import Claims
import Content
public import Learning

public struct VerificationReport: Sendable {
  public enum Result: Sendable {
    case held
    /// What is wrong, for people; and what shows it to anybody.
    case refuted(String, Refutation, chunks: [ProofBlock])
    /// What could not be had.
    case unavailable(String)
  }

  public let result: Result
  /// Steps that were executed again and came out as claimed.
  public let executed: StepSet
}

/// What a verification asks of who runs it.
public protocol VerificationSource {
  /// The state kept after a step; nil when it cannot be had.
  mutating func keptState(after step: Int) throws -> KeptState?
  /// Told before each step; false ends the verification.
  mutating func willExecute(step: Int) -> Bool
}

public struct Verifier: Sendable {
  private let evidence: RunEvidence
  private var engine: Reexecution
  private let first: KeptState

  /// `trainer` has the first state that the recipe's seed draws. The structure has been checked.
  public init(_ evidence: RunEvidence, trainer: Trainer) throws {
    self.evidence = evidence
    engine = try Reexecution(evidence, trainer: trainer)
    first = KeptState(trainer.state)
  }

  /// Executes the plan's steps. Ends at the first that is wrong.
  public mutating func verify(
    _ plan: VerificationPlan, source: inout some VerificationSource
  ) throws -> VerificationReport {
    let entries = evidence.transcript.entries
    if first.state.hash != entries[0].state {
      return report(
        .refuted(
          "the first state is not the one that the recipe's seed draws", .start, chunks: []), [])
    }
    var done: [Range<Int>] = []
    for stretch in plan.stretches {
      let kept: KeptState
      if stretch.start == 0 {
        kept = first
      } else if let held = try source.keptState(after: stretch.start) {
        kept = held
      } else {
        return report(.unavailable("the state after step \(stretch.start) cannot be had"), done)
      }
      if let problem = engine.start(from: kept, committed: entries[stretch.start]) {
        return report(
          .refuted(
            "the state kept after step \(stretch.start): \(problem)",
            .checkpoint(step: stretch.start), chunks: []), done)
      }
      for step in stretch.steps {
        guard source.willExecute(step: step) else {
          return report(.unavailable("stopped before step \(step)"), done)
        }
        if let difference = engine.check(entries[step]) {
          return try refuted(difference, done)
        }
        done.append(step..<step + 1)
      }
    }
    return report(.held, done)
  }

  private func report(
    _ result: VerificationReport.Result, _ done: [Range<Int>]
  ) -> VerificationReport {
    VerificationReport(result: result, executed: StepSet(ranges: done))
  }

  private func refuted(
    _ difference: StepDifference, _ done: [Range<Int>]
  ) throws -> VerificationReport {
    let bytes = try StateFile.bytes(engine.stateBefore, recipe: evidence.recipe.cid)
    let (file, chunks) = try ChunkedFile.cut(bytes)
    let refutation = Refutation.step(
      before: CommittedEntry(evidence.transcript, step: difference.step - 1),
      claimed: CommittedEntry(evidence.transcript, step: difference.step), state: file)
    return report(
      .refuted("step \(difference.step): \(difference.what)", refutation, chunks: chunks), done)
  }
}
