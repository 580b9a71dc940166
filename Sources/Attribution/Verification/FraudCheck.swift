// Whether a fraud proof shows what it says: one step, taken by whoever doubts
// (Specs/Verification.md, "Checking a fraud proof").

import Checkpoints
public import Content
public import Learning

public enum FraudFinding: Hashable, Sendable {
  /// The run is not what it says; why, for people.
  case confirmed(String)
  /// The proof shows nothing, and its author is named for it.
  case unfounded(String)
}

public enum FraudCheck {
  /// Of a proof about one step. Needs what the claim signed, the recipe's data, and the blocks of the
  /// proof; not the transcript. `trainer` has the first state that the recipe's seed draws.
  public static func step(
    before: CommittedEntry, claimed: CommittedEntry, state file: ChunkedFile,
    evidence: RunEvidence, signed: RunEvidence.Signed, trainer: Trainer, source: BlockSource
  ) throws -> FraudFinding {
    for committed in [before, claimed]
    where !committed.isCommitted(by: signed.root, steps: signed.steps) {
      return .unfounded("entry \(committed.entry.step) is not the run's: no path to its root")
    }
    let kept: KeptState
    do {
      kept = try StateFile.kept(
        Safetensors(bytes: try file.bytes(from: source), name: "the proof's state"),
        layout: trainer.state.layout, recipe: evidence.recipe.cid)
    } catch let error as CheckpointError {
      return .unfounded("\(error)")
    }
    var engine = try Reexecution(evidence, trainer: trainer)
    if let problem = engine.start(from: kept, committed: before.entry) {
      return .unfounded("the state before step \(claimed.entry.step): \(problem)")
    }
    guard let difference = engine.check(claimed.entry) else {
      return .unfounded(
        "step \(claimed.entry.step), executed again, is exactly what was claimed")
    }
    return .confirmed("step \(difference.step): \(difference.what)")
  }

  /// Of a proof that points at what the run itself published; nil when that cannot be had, or needs
  /// the Datanet's claims.
  /// `kept` gives published states, `adapter` the published adapter.
  public static func published(
    _ refutation: Refutation, evidence: RunEvidence, trainer: Trainer,
    kept: (Int) throws -> KeptState?, adapter: () throws -> AdapterTensors?
  ) throws -> FraudFinding? {
    let entries = evidence.transcript.entries
    switch refutation {
    case .step, .origin: return nil
    case .start:
      return trainer.state.hash != entries.first?.state
        ? .confirmed("the first state is not the one that the recipe's seed draws")
        : .unfounded("the first state is the one that the recipe's seed draws")
    case .transcript, .shares:
      let fault = evidence.structureFaults().first { $0.refutation.name == refutation.name }
      return fault.map { .confirmed($0.what) }
        ?? .unfounded("the \(refutation.name) breaks no rule")
    case .checkpoint(let step):
      guard entries.indices.contains(step), step > 0 else {
        return .unfounded("the run has no step \(step)")
      }
      guard let state = try kept(step) else { return nil }
      var engine = try Reexecution(evidence, trainer: trainer)
      return engine.start(from: state, committed: entries[step]).map {
        .confirmed("the state kept after step \(step): \($0)")
      } ?? .unfounded("the state kept after step \(step) is the one in the transcript")
    case .adapter:
      guard let last = entries.last, let adapter = try adapter(),
        let state = try kept(last.step)
      else { return nil }
      guard state.state.hash == last.state else { return nil }
      return AdapterCheck.problem(adapter, last: state.state, recipe: evidence.recipe).map {
        .confirmed($0)
      } ?? .unfounded("the adapter is the last state's")
    }
  }
}
