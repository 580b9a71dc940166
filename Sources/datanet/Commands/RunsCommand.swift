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
      turned out false are named. Of one run, who said what: the steps that each peer executed, how \
      they were drawn, and what follows if one of them lies.
      """,
    arguments: [Argument("NET|RUN", .identifier, .one, "a Datanet, or one run")],
    examples: [
      Example("datanet runs recipes", "All of them."),
      Example("datanet runs bafyreigbtj4x7ip", "Who checked this one."),
    ])

  static func run(_ context: Context) throws {
    let store = try context.store(access: .readOnly)
    let names = Names(store: store)
    let text = context.invocation.required("NET|RUN")
    if !(try names.datanets().contains { $0.name == text }),
      let claim = try names.claimIfAny(text), !claim.isGenesis
    {
      guard let run = try store.claims.run(claim.cid) else {
        throw Failure.usage("\(Shown.cid(claim.cid)) is a \(claim.kind), not a run")
      }
      let report = ChecksReport(run: run)
      context.output.json(report.json)
      return report.show(context)
    }
    let datanet = try names.datanet(text)
    let runs = try store.claims.runs(of: datanet).sorted {
      ($1.timeMilliseconds, $0.claim) < ($0.timeMilliseconds, $1.claim)
    }
    var table = Table(["run", "by", ">steps", ">records", "what others found"], elastic: 4)
    for run in runs {
      context.output.json(ChecksReport(run: run).json)
      table.row([
        Shown.cid(run.cid), Shown.author(run.author), Quantity.count(run.run.steps),
        Quantity.count(run.run.records),
        (run.isWithdrawn ? "withdrawn; " : "")
          + ChecksReport(run: run).line
          + (run.retracted.isEmpty
            ? "" : "; uses \(Quantity.count(run.retracted.count)) retracted since"),
      ])
    }
    guard !runs.isEmpty else {
      context.output.text("Nobody has published a run yet.")
      return
    }
    context.show(table)
    context.output.text("Who said what about one: 'datanet runs RUN'.")
    for accuser in Set(runs.flatMap(\.checks.falseAccusers)).sorted() {
      context.output.text("\(accuser.did) published a fraud proof that shows no fraud.")
    }
  }
}
