// `datanet status`: counts, bytes and the digest by which peers compare; see Specs/Merge.md.

import Claims
import Content
import Cryptography
import JSON
import Store
import Terminal

enum StatusCommand: Command {
  static let declaration = Declaration(
    "status", group: CommandTable.Group.contribute,
    summary: "Show counts, bytes and the digest of the state",
    prose: """
      Shows what a Datanet holds by the claims that count, what this home has stored, and the digest \
      of the Datanet's state: peers with the same digest agree about everything. Without NET, sums \
      over all Datanets here; their digest is that of the one Datanet, or a hash over all of them. \
      When a peer runs on this home, also who is connected, what is missing, how fast it comes, and \
      when nothing moves, why.
      """,
    arguments: [Argument("NET", .datanet, .optional, "the Datanet")],
    examples: [
      Example("datanet status recipes", "One Datanet."),
      Example("datanet status --json", "Everything here, for a program."),
    ])

  static func run(_ context: Context) throws {
    let store = try context.store(access: .readOnly)
    let names = Names(store: store)
    let nets =
      if let text = context.invocation.text("NET") {
        [try names.datanet(text)]
      } else {
        try store.claims.datanets()
      }
    let statuses = try nets.map { try store.claims.status(of: $0) }
    let blocks = try store.blocks.totals()
    var running: JSONValue?
    do {
      running = try ControlClient.connect(to: context.home)?.ask(.status)
    } catch {
      // A peer that hangs must not hide what the home holds.
      Screen.remark("\(error)")
    }
    if context.output.isJSON {
      context.output.json(json(statuses, blocks, running, context))
      return
    }
    for status in statuses {
      show(status, context)
      context.output.text()
    }
    if statuses.isEmpty {
      context.output.text("No Datanet is here yet; 'datanet create NAME' founds one.")
    }
    context.output.text(
      "Stored here: \(Quantity.count(blocks.blocks, "block")), \(Quantity.bytes(blocks.bytes))"
        + (blocks.inPlaceFiles == 0
          ? ""
          : "; in place: \(Quantity.count(blocks.inPlaceFiles, "file")), "
            + Quantity.bytes(blocks.inPlaceBytes)))
    RunningLines.show(running, only: context.invocation.has("NET") ? nets : nil, names, context)
  }

  private static func json(
    _ statuses: [ClaimStore.Status], _ blocks: BlockStore.Totals, _ running: JSONValue?,
    _ context: Context
  ) -> JSONValue {
    func sum(_ part: (ClaimStore.Status) -> Int) -> JSONValue {
      .int(statuses.reduce(0) { $0 &+ part($1) })
    }
    let did = (try? IdentityKeeper.summary(in: context.home).publicKey.did)
    var object: JSONObject = [
      "home": .string(context.home.path), "did": .text(did), "claims": sum { $0.totals.claims },
      "claimBytes": sum { $0.totals.claimBytes }, "waiting": sum { $0.waiting },
      "authors": sum { $0.authors }, "forks": sum { $0.forks },
      "contributions": sum { $0.totals.contributions },
      "contributors": sum { $0.totals.contributors }, "records": sum { $0.totals.records },
      "bytes": sum { $0.totals.bytes }, "blocks": .int(blocks.blocks),
      "storedBytes": .int(blocks.bytes), "inPlaceFiles": .int(blocks.inPlaceFiles),
      "inPlaceBytes": .int(blocks.inPlaceBytes), "digest": .string("\(digest(statuses))"),
      "running": running ?? .null,
    ]
    if context.invocation.text("NET") != nil, let status = statuses.first {
      object["datanet"] = .cid(status.genesis.cid)
      object["name"] = .string(status.policy.name)
    } else {
      object["datanets"] = .array(statuses.map { .cid($0.genesis.cid) })
    }
    return .object(object)
  }

  /// Of one Datanet its own; of several the SHA-256 of their digests, by CID.
  private static func digest(_ statuses: [ClaimStore.Status]) -> Digest {
    if statuses.count == 1 { return statuses[0].digest }
    let sorted = statuses.sorted { $0.genesis.cid < $1.genesis.cid }
    return SHA256.hash(sorted.flatMap { $0.genesis.digest.bytes + $0.digest.bytes })
  }

  private static func show(_ status: ClaimStore.Status, _ context: Context) {
    let output = context.output
    let totals = status.totals
    output.text(output.style.bold(Printable.line(status.policy.name)) + "  \(status.genesis.cid)")
    if let description = status.policy.description { output.text(Printable.line(description)) }
    output.text(
      "  records        \(Quantity.count(totals.records)) in "
        + "\(Quantity.count(totals.contributions, "contribution")) by "
        + "\(Quantity.count(totals.contributors, "contributor"))")
    output.text("  size           \(Quantity.bytes(totals.bytes))")
    output.text(
      "  claims         \(Quantity.count(totals.claims)) by "
        + "\(Quantity.count(status.authors, "author"))"
        + (status.waiting > 0 ? ", \(Quantity.count(status.waiting)) waiting for others" : "")
        + (status.forks > 0 ? ", \(Quantity.count(status.forks)) who told two stories" : ""))
    let licenses = status.policy.licenses
    output.text(
      "  licences       \(licenses.isEmpty ? "any" : Printable.line(licenses.joined(separator: ", ")))"
    )
    output.text("  digest         \(status.digest)")
  }
}
