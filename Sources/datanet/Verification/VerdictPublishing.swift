// The verdicts that follow from what a verification found (Specs/Merge.md, "Verdicts").

import Attribution
import Claims
import Content
import Cryptography
import Store

struct VerdictPublishing {
  /// A note is a line.
  private static let noteBytes = 200

  let run: RunBook.Entry
  let store: Store

  /// After a fraud proof's blocks are kept. `own` is who will sign them.
  func verdicts(_ finding: VerificationFinding, own: PublicKey) throws -> [Verdict] {
    // What was said of a proof before is not said again.
    var verdicts = finding.executedProofs.filter { executed in
      let known = run.checks.proofs.first { $0.proof == executed.proof }
      let said = executed.isRight ? known?.confirmations : known?.contradictions
      return said?.contains(own) != true
    }.map { proof in
      Verdict(
        run: run.cid, result: proof.isRight ? .refuted : .held, scope: .structure,
        proof: proof.proof)
    }
    let note = finding.reason.isEmpty ? nil : String(finding.reason.prefix(Self.noteBytes))
    switch finding.result {
    case .held:
      // A child that only executed proofs has looked at nothing else.
      guard finding.stepCount > 0 else { break }
      verdicts.append(held(finding))
    case .unavailable:
      guard !finding.isStopped else { break }
      verdicts.append(
        Verdict(run: run.cid, result: .unavailable, scope: .structure, note: note))
    case .refuted:
      guard let block = finding.proof else {
        // Without a proof it is an opinion, and counted as such.
        if !finding.executedProofs.contains(where: \.isRight) {
          verdicts.append(
            Verdict(run: run.cid, result: .refuted, scope: .structure, note: note))
        }
        break
      }
      let writer = try store.blocks.writer()
      for chunk in finding.chunks { _ = try writer.put(chunk, codec: .raw) }
      let proof = try writer.put(block, codec: .dagCBOR)
      try writer.commit()
      verdicts.append(
        Verdict(run: run.cid, result: .refuted, scope: .structure, proof: proof, note: note))
    }
    return verdicts
  }

  private func held(_ finding: VerificationFinding) -> Verdict {
    if finding.isFull { return Verdict(run: run.cid, result: .held, scope: .full) }
    // A claim names no more stretches; of a draw that has more only the first count, undrawn.
    let most = StepSet.maximumRanges
    let executed = StepSet(ranges: Array(finding.executed.ranges.prefix(most)))
    guard !executed.isEmpty else { return Verdict(run: run.cid, result: .held, scope: .structure) }
    let draw = finding.draw.flatMap { draw in
      draw.steps.ranges.count <= most && draw.steps.isSubset(of: executed) ? draw : nil
    }
    return Verdict(run: run.cid, result: .held, scope: .steps(executed), draw: draw)
  }
}
