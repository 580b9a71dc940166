// `datanet create`: founds a Datanet; see Specs/Claims.md, "genesis".

import Claims
import JSON
import Store
import Terminal

enum CreateCommand: Command {
  static let declaration = Declaration(
    "create", group: CommandTable.Group.begin,
    summary: "Found a Datanet",
    prose: """
      Signs the claim that founds a Datanet: its name, what it is about, which licences its \
      contributions may have and who may contribute. That claim's CID is the Datanet's ID and never \
      changes; title, tags and description can be changed later with 'note'.
      """,
    arguments: [Argument("NAME", .text, .one, "a short name, without '/'")],
    options: [
      .value(
        "license", "SPDX", repeats: true,
        "A licence that contributions may have, the default first; none allows every licence"),
      .value("description", "TEXT", "What the Datanet is about"),
      .value(
        "contributors", "WHO", .choice(["open", "granted"]), "Who may contribute",
        default: "open"),
      .value(
        "review", "WHEN", .choice(["after", "before"]),
        "Whether contributions count until rejected, or only once approved", default: "after"),
      .flag("private", "Only who has a ticket, which holds a key, can join or read it"),
    ],
    examples: [
      Example("datanet create recipes --license CC-BY-4.0", "Open to everyone, one licence."),
      Example(
        "datanet create clinic --contributors granted --review before --description 'Notes'",
        "Only people you name, and only what a curator approves."),
      Example("datanet create clinic --private", "Nobody joins without a ticket from you."),
    ])

  static func run(_ context: Context) throws {
    let invocation = context.invocation
    let name = invocation.required("NAME")
    guard !name.contains("/"), Printable.line(name) == name, name.utf8.count <= 64 else {
      throw Failure.usage("a Datanet's name has at most 64 bytes, no '/' and no control characters")
    }
    let store = try context.store()
    if try Names(store: store).datanets().contains(where: { $0.name == name }) {
      throw Failure.failed("there is a Datanet '\(name)' here already; choose another name")
    }
    let genesis = Genesis(
      name: name, description: invocation.text("description"),
      licenses: try invocation.licenses(),
      contributors: invocation.text("contributors") == "granted" ? .granted : .open,
      reviewing: invocation.text("review") == "before" ? .before : .after)
    let claim = try store.claims.found(
      genesis, by: try context.identity(), timeMilliseconds: Moment.milliseconds())
    let isPrivate = invocation.has("private")
    if isPrivate {
      try store.peers.follow(Following(datanet: claim.cid, key: DatanetKey.make()))
    }
    context.output.json([
      "datanet": .cid(claim.cid), "name": .string(name), "claim": .cid(claim.cid),
      "private": .bool(isPrivate),
    ])
    context.output.text("Founded \(name)")
    context.output.text("\(claim.cid)")
  }
}
