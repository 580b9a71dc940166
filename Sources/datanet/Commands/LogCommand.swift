// `datanet log`: claims in the order in which they became known here; see Specs/Claims.md.

import Claims
import Content
import Cryptography
import JSON
import Store
import Terminal

enum LogCommand: Command {
  static let declaration = Declaration(
    "log", group: CommandTable.Group.contribute,
    summary: "Show a Datanet's claims in order",
    prose: """
      Shows every claim that counts, in the order in which it became known here: an author's claims \
      are in the order of their chain, and nothing stands before what it refers to. Times are what \
      authors say they are and decide nothing.
      """,
    arguments: [Argument("NET", .datanet, .one, "the Datanet")],
    options: [
      .value("newest", "N", .integer(1...1_000_000), "Only so many, the newest first")
    ],
    examples: [
      Example("datanet log recipes", "From the founding on."),
      Example("datanet log recipes --newest 5 --json", "The last five, for a program."),
    ])

  static func run(_ context: Context) throws {
    let store = try context.store(access: .readOnly)
    let datanet = try Names(store: store).datanet(context.invocation.required("NET"))
    if let newest = context.invocation.integer("newest") {
      for claim in try store.claims.newest(in: datanet, limit: newest) { show(claim, context) }
      return
    }
    var next = 0
    while true {
      let arrivals = try store.claims.arrivals(after: next, in: datanet)
      for claim in arrivals.claims { show(claim, context) }
      for proof in arrivals.proofs {
        context.output.json([
          "kind": "fork", "author": .string(proof.author.did), "height": .int(proof.height),
        ])
        context.output.text(
          "\(Shown.author(proof.author)) told two stories at height \(proof.height); nothing from "
            + "there on counts")
      }
      if arrivals.claims.isEmpty || arrivals.next == next || Interruption.isRequested { return }
      next = arrivals.next
    }
  }

  private static func show(_ claim: Claim, _ context: Context) {
    context.output.json([
      "claim": .cid(claim.cid), "kind": .string(claim.kind), "author": .string(claim.author.did),
      "height": .int(claim.height), "time": .int(claim.timeMilliseconds),
      "bytes": .int(claim.bytes.count),
    ])
    let style = context.output.style
    context.output.text(
      "\(style.yellow(Shown.cid(claim.cid)))  \(Moment.text(claim.timeMilliseconds / 1000))  "
        + "\(Shown.author(claim.author))  \(ClaimText.line(claim))")
  }
}
