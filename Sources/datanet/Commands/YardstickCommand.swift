// `datanet yardstick`: sets the records that contributions are measured against; see
// Specs/Claims.md, "yardstick".

import Claims
import Content
import Cryptography
import JSON
import Store
import Terminal

enum YardstickCommand: Command {
  static let declaration = Declaration(
    "yardstick", group: CommandTable.Group.curate,
    summary: "Set the records that contributions are measured against",
    prose: """
      Signs a curator's evaluation records: a run's contributions are how much each record lowered \
      the loss on them. They count from the next milestone on, so that nobody can choose a yardstick \
      after the fact. Of several the newest is used, unless 'train --yardstick NAME' says otherwise.
      """,
    arguments: [
      Argument("NET", .datanet, .one, "the Datanet"),
      Argument("FILE", .file, .oneOrMore, "files of records"),
    ],
    options: [
      .value("name", "TEXT", "What it is called", default: "the file's name"),
      .value("license", "SPDX", "The licence of these records", default: "the Datanet's"),
      .value("note", "TEXT", "What it is meant to measure"),
    ],
    examples: [Example("datanet yardstick recipes questions.jsonl", "One file.")])

  static func run(_ context: Context) throws {
    let invocation = context.invocation
    let store = try context.store()
    let datanet = try Names(store: store).datanet(invocation.required("NET"))
    let identity = try context.identity()
    let height = try store.claims.frontier(of: datanet)[identity.publicKey]?.count ?? 0
    guard try store.claims.roles(in: datanet).holds(.curator, identity.publicKey, at: height)
    else { throw Failure.refused("only curators of this Datanet may set a yardstick") }
    let paths = invocation.texts("FILE")
    let addition = try store.blocks.add(
      FileWalk.files(at: paths), options: AddOptions())
    let manifest = addition.manifest
    guard manifest.records > 0 else {
      throw Failure.failed("there is no record in \(paths.joined(separator: ", "))")
    }
    let name = invocation.text("name") ?? paths[0].split(separator: "/").last.map(String.init)
    let publication = Publication(
      manifest: manifest.cid, records: Int(clamping: manifest.records),
      bytes: Int(clamping: manifest.bytes), license: try invocation.license(), name: name,
      note: invocation.text("note"))
    let claim = try store.claims.append(
      .yardstick([publication]), to: datanet, by: identity,
      timeMilliseconds: Moment.milliseconds())
    // The addition keeps its chunks from being collected until the claim is stored.
    extendLifetime(addition)
    context.output.json([
      "claim": .cid(claim.cid), "manifest": .cid(manifest.cid),
      "records": .int(Int(clamping: manifest.records)),
    ])
    context.output.text(
      "Set a yardstick of \(Quantity.count(Int(clamping: manifest.records), "record")): it counts "
        + "from the next milestone on")
    context.output.text("\(claim.cid)")
  }
}
