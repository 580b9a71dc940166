// `datanet runs`: what was trained on a Datanet, and what others found; see Specs/Merge.md, "Runs".

import Claims
import Content
import Cryptography
import JSON
import Store
import Terminal

enum RunsCommand: Command {
  static let declaration = Declaration(
    "runs", group: CommandTable.Group.prove,
    summary: "List what was trained on a Datanet, and what others found",
    prose: """
      Lists the runs of a Datanet, newest first: who trained, how many verifiers executed how many \
      steps again, and what follows from all verdicts. Every peer that knows the same claims shows \
      the same. Verdicts of those who are no verifiers are counted apart, and accusations that \
      turned out false are named.
      """,
    arguments: [Argument("NET", .datanet, .one, "the Datanet")],
    examples: [Example("datanet runs recipes", "All of them.")])

  static func run(_ context: Context) throws {
    let store = try context.store(access: .readOnly)
    let datanet = try Names(store: store).datanet(context.invocation.required("NET"))
    let runs = try store.claims.runs(of: datanet).sorted {
      ($1.timeMilliseconds, $0.claim) < ($0.timeMilliseconds, $1.claim)
    }
    var table = Table(["run", "by", ">steps", ">records", "what others found"], elastic: 4)
    for run in runs {
      context.output.json(json(run))
      table.row([
        Shown.cid(run.cid), Shown.author(run.author), Quantity.count(run.run.steps),
        Quantity.count(run.run.records),
        (run.isWithdrawn ? "withdrawn; " : "")
          + SharesReport.text(of: run.checks, steps: run.run.steps)
          + (run.retracted.isEmpty
            ? "" : "; uses \(Quantity.count(run.retracted.count)) retracted since"),
      ])
    }
    guard !runs.isEmpty else {
      context.output.text("Nobody has published a run yet.")
      return
    }
    context.show(table)
    for accuser in Set(runs.flatMap(\.checks.falseAccusers)).sorted() {
      context.output.text("\(accuser.did) published a fraud proof that shows no fraud.")
    }
  }

  private static func json(_ run: RunBook.Entry) -> JSONValue {
    let checks = run.checks
    return [
      "run": .cid(run.cid), "trainer": .string(run.author.did), "name": .text(run.run.name),
      "steps": .int(run.run.steps), "records": .int(run.run.records),
      "snapshot": .cid(run.run.snapshot), "milestone": .cid(run.run.milestone),
      "state": .string(checks.state.rawValue), "checkers": .int(checks.spotCheckers),
      "coveredSteps": .int(checks.coveredSteps), "samples": .int(checks.samples),
      "fullCheckers": .int(checks.fullCheckers), "opinions": .int(checks.opinions),
      "others": .int(checks.voices.count - checks.verifiers.count),
      "withdrawn": .bool(run.isWithdrawn), "founded": .bool(run.isFounded),
      "retracted": .array(run.retracted.map { .string("\($0)") }),
      "voices": .array(
        checks.voices.map { voice in
          [
            "did": .string(voice.author.did), "verifier": .bool(voice.isVerifier),
            "steps": .int(voice.steps.count), "full": .bool(voice.isFull),
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
