// What verifiers found about one run, and what follows from it (Specs/Merge.md, "Verdicts";
// Specs/Verification.md, "Confidence").

import Attribution
import Claims
import Content
import Cryptography
import JSON
import Terminal

struct ChecksReport {
  let run: RunBook.Entry

  private var checks: RunChecks { run.checks }
  private var steps: Int { run.run.steps }

  /// The chance that a trainer who falsified the usual share of the steps would have been caught.
  private func caught(_ drawn: Int, executed: Int) -> Double {
    let falsified = Confidence.steps(VerificationScope.share, of: steps)
    // With so few steps left there is no place for them.
    if steps - executed < falsified { return 1 }
    return Confidence.caught(falsified: falsified, of: steps, checked: drawn)
  }

  /// Steps that verifiers executed, when the one among them with whom most would be lost is left out.
  private var executedWithoutOne: Int {
    let voices = checks.verifiers
    return voices.indices.map { left in
      StepSet(ranges: voices.indices.filter { $0 != left }.flatMap { voices[$0].steps.ranges })
        .count
    }.min() ?? 0
  }

  /// In one line.
  var line: String {
    let covered = "\(Quantity.count(checks.coveredSteps)) of \(Quantity.count(steps, "step"))"
    let state =
      switch checks.state {
      case .claimed: "claimed: nobody has checked it yet"
      case .unavailable: "unavailable: verifiers could not get its checkpoints"
      case .spotChecked:
        "spot-checked by \(Quantity.count(checks.spotCheckers, "peer")) covering \(covered)"
      case .reExecuted:
        "fully re-executed by \(Quantity.count(checks.fullCheckers, "peer")), "
          + "spot-checked by \(Quantity.count(checks.spotCheckers - checks.fullCheckers))"
      case .disputed: "disputed: a fraud proof waits for a verifier to execute it"
      case .refuted: "REFUTED by a fraud proof that anyone can execute"
      }
    let strangers = checks.voices.count - checks.verifiers.count
    let others =
      strangers > 0 && checks.state == .claimed
      ? "; \(Quantity.count(strangers, "verdict")) of peers without the role of a verifier" : ""
    let opinions =
      checks.opinions > 0
      ? "; \(Quantity.count(checks.opinions)) of the opinion that it is wrong, without proof" : ""
    return state + others + opinions
  }

  /// What the drawn steps say about the others; nil when none were.
  var confidence: String? {
    guard checks.state == .spotChecked, checks.drawnSteps > 0 else { return nil }
    var text =
      "\(Quantity.count(checks.drawnSteps)) drawn at random: a trainer who falsified "
      + "\(Quantity.percent(VerificationScope.share)) of the steps would have been caught with "
      + Quantity.percent(caught(checks.drawnSteps, executed: checks.coveredSteps))
    if checks.spotCheckers > 1 {
      text +=
        ", and with "
        + Quantity.percent(caught(checks.drawnStepsWithoutOne, executed: executedWithoutOne))
        + " even if one of these peers lies"
    }
    return text
  }

  /// Whether all of a voice's draws give the steps that it says; nil when it told none.
  private func follows(_ voice: RunChecks.Voice) -> Bool? {
    guard !voice.draws.isEmpty else { return nil }
    return voice.draws.allSatisfy {
      StepDraw.follows($0, run: run.claim, verifier: voice.author, of: steps)
    }
  }

  /// Who said what, as a table and lines.
  func show(_ context: Context) {
    let output = context.output
    output.text(
      output.style.bold("run \(run.cid)") + " by \(Shown.author(run.author)): "
        + "\(Quantity.count(steps, "step")) on \(Quantity.count(run.run.records, "record"))")
    output.text((run.isWithdrawn ? "withdrawn; " : "") + line)
    if let confidence { output.text(confidence) }
    if !checks.voices.isEmpty {
      var table = Table(["who", "role", ">executed", ">drawn", "the draw", "newest word"])
      for voice in checks.voices {
        let drawn = StepSet(ranges: voice.draws.flatMap(\.steps.ranges)).count
        let draw: String? = follows(voice).map { $0 ? "gives these steps" : "GIVES OTHER STEPS" }
        table.row([
          Shown.author(voice.author), voice.isVerifier ? "verifier" : "none: counts for nothing",
          voice.isFull ? "all" : Quantity.count(voice.steps.count), Quantity.count(drawn),
          draw ?? "–", voice.opinion?.rawValue ?? "–",
        ])
      }
      context.show(table)
    }
    for proof in checks.proofs {
      let standing =
        switch proof.standing {
        case .confirmed: "shows the lie"
        case .failed: "shows no fraud"
        case .open: "waits for a verifier"
        }
      output.text(
        "fraud proof \(Shown.cid(proof.proof)) by "
          + proof.accusers.map(Shown.author).joined(separator: ", ") + ": \(standing); "
          + "\(Quantity.count(proof.confirmations.count)) saw it, "
          + "\(Quantity.count(proof.contradictions.count)) did not")
    }
  }

  var json: JSONValue {
    [
      "run": .cid(run.cid), "trainer": .string(run.author.did), "name": .text(run.run.name),
      "steps": .int(steps), "records": .int(run.run.records),
      "snapshot": .cid(run.run.snapshot), "milestone": .cid(run.run.milestone),
      "state": .string(checks.state.rawValue), "checkers": .int(checks.spotCheckers),
      "coveredSteps": .int(checks.coveredSteps), "drawnSteps": .int(checks.drawnSteps),
      "drawnStepsWithoutOne": .int(checks.drawnStepsWithoutOne),
      "caught": .double(caught(checks.drawnSteps, executed: checks.coveredSteps)),
      "fullCheckers": .int(checks.fullCheckers), "opinions": .int(checks.opinions),
      "others": .int(checks.voices.count - checks.verifiers.count),
      "withdrawn": .bool(run.isWithdrawn), "founded": .bool(run.isFounded),
      "retracted": .array(run.retracted.map { .string("\($0)") }),
      "voices": .array(
        checks.voices.map { voice in
          [
            "did": .string(voice.author.did), "verifier": .bool(voice.isVerifier),
            "steps": .int(voice.steps.count), "full": .bool(voice.isFull),
            "drawn": .int(StepSet(ranges: voice.draws.flatMap(\.steps.ranges)).count),
            "drawFollows": follows(voice).map { .bool($0) } ?? .null,
            "opinion": .text(voice.opinion?.rawValue),
          ]
        }),
      "proofs": .array(
        checks.proofs.map { proof in
          [
            "proof": .cid(proof.proof), "standing": .string(proof.standing.rawValue),
            "accusers": .array(proof.accusers.map { .string($0.did) }),
            "confirmations": .int(proof.confirmations.count),
            "contradictions": .int(proof.contradictions.count),
          ]
        }),
      "falseAccusers": .array(checks.falseAccusers.map { .string($0.did) }),
    ]
  }
}
