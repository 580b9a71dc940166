// `datanet show`: one thing, whatever it is; see Specs/CommandLine.md, "Commands".

import Claims
import Content
import Cryptography
import JSON
import Store
import Terminal

enum ShowCommand: Command {
  static let declaration = Declaration(
    "show", group: CommandTable.Group.contribute,
    summary: "Show one thing: a Datanet, a claim, a block",
    prose: """
      Shows what an ID names: of a Datanet its policy, roles and notes; of a claim who said it, \
      when, after what, and what has become of it; of a block its size, and what it links to.
      """,
    arguments: [Argument("ID", .identifier, .one, "a name, a unique beginning of a CID, or a CID")],
    examples: [
      Example("datanet show recipes", "A Datanet."),
      Example("datanet show bafyreigbtj4x7ip", "A claim or block."),
    ])

  static func run(_ context: Context) throws {
    let store = try context.store(access: .readOnly)
    let names = Names(store: store)
    let text = context.invocation.required("ID")
    if let datanet = try names.datanets().first(where: { $0.name == text || "\($0.cid)" == text }) {
      return try show(datanet: datanet.cid, store, context)
    }
    let isBeginning = text.utf8.count >= Prefix.shortest
    if isBeginning, let claim = try names.claimIfAny(text) {
      if claim.isGenesis { return try show(datanet: claim.cid, store, context) }
      return try show(claim: claim, store, context)
    }
    if isBeginning, let cid = try names.blockIfAny(text, codec: .dagCBOR) {
      return try show(block: cid, store, context)
    }
    // Says what is near, or that there is nothing.
    _ = try names.datanet(text)
  }

  private static func show(datanet: CID, _ store: Store, _ context: Context) throws {
    let status = try store.claims.status(of: datanet)
    let roles = try store.claims.roles(in: datanet)
    let notes = try store.claims.notes(of: datanet)
    let policy = status.policy
    context.output.json([
      "datanet": .cid(datanet), "name": .string(policy.name),
      "description": .text(policy.description),
      "licenses": .array(policy.licenses.map { .string($0) }),
      "contributors": .string(policy.contributors.rawValue),
      "review": .string(policy.reviewing.rawValue), "founder": .string(roles.founder.did),
      "roles": .array(
        roles.holdings.filter { !$0.heights.isEmpty }.map {
          ["did": .string($0.author.did), "role": .string($0.role.rawValue)]
        }),
      "notes": .object(
        JSONObject(
          notes.fields.map { ($0.name, .array($0.texts.map { .string($0) })) })),
      "digest": .string("\(status.digest)"),
    ])
    let output = context.output
    output.text(output.style.bold(Printable.line(policy.name)) + "  \(datanet)")
    for field in notes.fields {
      output.text("  \(label(field.name))\(Printable.line(field.texts.joined(separator: ", ")))")
    }
    if let text = policy.description { output.text("  \(label("about"))\(Printable.line(text))") }
    output.text("  \(label("founder"))\(roles.founder.did)")
    for holding in roles.holdings where !holding.heights.isEmpty {
      output.text("  \(label(holding.role.rawValue))\(holding.author.did)")
    }
    let licenses = policy.licenses.isEmpty ? "any" : policy.licenses.joined(separator: ", ")
    output.text("  \(label("licences"))\(Printable.line(licenses))")
    let who = policy.contributors == .open ? "everybody" : "who was granted it"
    let when = policy.reviewing == .after ? "until rejected" : "once approved"
    output.text("  \(label("contribute"))\(who); contributions count \(when)")
    output.text(
      "  \(label("holds"))\(Quantity.count(status.totals.records, "record")) in "
        + "\(Quantity.count(status.totals.contributions, "contribution")), "
        + Quantity.bytes(status.totals.bytes))
    output.text("  \(label("digest"))\(status.digest)")
  }

  private static func show(claim: Claim, _ store: Store, _ context: Context) throws {
    let entries = try claim.content.publications.indices.compactMap {
      try store.claims.entry(EntryID(claim: claim.digest, item: $0))
    }
    context.output.json([
      "claim": .cid(claim.cid), "kind": .string(claim.kind), "datanet": .cid(claim.datanet),
      "author": .string(claim.author.did), "height": .int(claim.height),
      "previous": claim.previous.map { .cid(CID(codec: .dagCBOR, digest: $0)) } ?? .null,
      "seen": .array(claim.seen.map { .cid($0) }), "time": .int(claim.timeMilliseconds),
      "bytes": .int(claim.bytes.count), "says": .string(ClaimText.line(claim)),
      "items": .array(entries.map(json)),
    ])
    let output = context.output
    output.text(output.style.bold(claim.kind) + "  \(claim.cid)")
    output.text("  \(label("says"))\(ClaimText.line(claim))")
    output.text("  \(label("author"))\(claim.author.did)")
    let name = Printable.line(try Names(store: store).name(of: claim.datanet))
    output.text("  \(label("Datanet"))\(name)  \(Shown.cid(claim.datanet))")
    output.text(
      "  \(label("time"))\(Moment.text(claim.timeMilliseconds / 1000)), as the author says")
    let previous = claim.previous.map { ", after \(Shown.cid(CID(codec: .dagCBOR, digest: $0)))" }
    output.text("  \(label("height"))\(claim.height)\(previous ?? "")")
    if !claim.seen.isEmpty {
      output.text("  \(label("had seen"))\(claim.seen.map(Shown.cid).joined(separator: ", "))")
    }
    for entry in entries { show(entry, of: entries.count, context) }
    guard let run = try store.claims.run(claim.cid) else { return }
    output.text("  \(label("recipe"))\(run.run.recipe)")
    output.text("  \(label("snapshot"))\(run.run.snapshot)")
    output.text("  \(label("base"))\(run.run.base)")
    output.text("  \(label("transcript"))root \(run.run.root)")
    output.text(
      "  \(label("checked"))\(ChecksReport(run: run).line)")
  }

  private static func show(_ entry: DatanetState.Entry, of count: Int, _ context: Context) {
    let output = context.output
    let publication = entry.publication
    if count > 1 { output.text("  item \(entry.id.item)") }
    output.text("  \(label("manifest"))\(publication.manifest)")
    output.text(
      "  \(label("holds"))\(Quantity.count(publication.records, "record")), "
        + Quantity.bytes(publication.bytes))
    if let license = publication.license {
      output.text("  \(label("licence"))\(Printable.line(license))")
    }
    if let note = publication.note { output.text("  \(label("note"))\(Printable.line(note))") }
    output.text(
      "  \(label("standing"))\(Shown.standing(entry.standing)): \(Shown.reason(entry.standing))")
    let tally = entry.tally
    if tally.approvals + tally.rejections + tally.scores > 0 {
      let score = tally.scores > 0 ? ", mean score \(tally.scoreSum / tally.scores)" : ""
      output.text(
        "  \(label("reviews"))\(tally.approvals) approve, \(tally.rejections) reject\(score)")
    }
  }

  private static func json(_ entry: DatanetState.Entry) -> JSONValue {
    let publication = entry.publication
    return [
      "item": .int(entry.id.item), "manifest": .cid(publication.manifest),
      "records": .int(publication.records), "bytes": .int(publication.bytes),
      "license": .text(publication.license), "name": .text(publication.name),
      "note": .text(publication.note),
      "replaces": publication.replaces.map { .string("\($0)") } ?? .null,
      "standing": .string("\(entry.standing)"), "approvals": .int(entry.tally.approvals),
      "rejections": .int(entry.tally.rejections),
    ]
  }

  private static func show(block cid: CID, _ store: Store, _ context: Context) throws {
    let bytes = try store.blocks.block(cid)
    let links = cid.codec == .dagCBOR ? try Value(decoding: bytes).links : []
    context.output.json([
      "block": .cid(cid), "codec": cid.codec == .raw ? "raw" : "dag-cbor",
      "bytes": .int(bytes.count), "links": .array(links.map { .cid($0) }),
    ])
    let codec = cid.codec == .raw ? "bytes" : "dag-cbor"
    context.output.text("block  \(cid)")
    context.output.text("  \(label("holds"))\(Quantity.bytes(bytes.count)) of \(codec)")
    for link in links.prefix(20) { context.output.text("  \(label("links to"))\(link)") }
    if links.count > 20 {
      context.output.text("  and \(Quantity.count(links.count - 20, "more link", "more links"))")
    }
  }

  private static func label(_ text: String) -> String {
    let text = Printable.line(text, limit: 20)
    return text + String(repeating: " ", count: max(1, 12 - Printable.columns(text)))
  }
}
