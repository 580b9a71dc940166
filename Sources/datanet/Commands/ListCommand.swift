// `datanet ls`: Datanets here, or the files of one; see Specs/CommandLine.md, "Commands".

import Claims
import Content
import Cryptography
import JSON
import Store
import Terminal

enum ListCommand: Command {
  static let declaration = Declaration(
    "ls", group: CommandTable.Group.contribute,
    summary: "List the Datanets here, or what is in one",
    prose: """
      Without NET, the Datanets in this home. With NET, its contributions; with --files, every file \
      of those that count. --all shows those too that do not count, and why.
      """,
    arguments: [Argument("NET", .datanet, .optional, "a Datanet")],
    options: [
      .flag("files", "List files instead of contributions"),
      .flag("all", "Also what was retracted, replaced, rejected or not approved"),
      .flag("names", "Only the names of the Datanets, one a line"),
    ],
    examples: [
      Example("datanet ls", "What is here."),
      Example("datanet ls recipes --files --json", "Every file, one JSON object a line."),
    ])

  static func run(_ context: Context) throws {
    guard context.home.exists else {
      // Completions ask for names before there is a store.
      if context.invocation.has("names") { return }
      throw StoreError.noStore(context.home.path)
    }
    let store = try context.store(access: .readOnly)
    if let text = context.invocation.text("NET") {
      let datanet = try Names(store: store).datanet(text)
      if context.invocation.has("files") {
        try listFiles(datanet, store, context)
      } else {
        try listContributions(datanet, store, context)
      }
    } else {
      try listDatanets(store, context)
    }
  }

  private static func listDatanets(_ store: Store, _ context: Context) throws {
    var table = Table(["name", ">records", ">size", ">contributors", ">claims", "id"], elastic: 0)
    for (cid, name) in try Names(store: store).datanets() {
      if context.invocation.has("names") {
        context.output.text(Printable.line(name))
        continue
      }
      let totals = try store.claims.status(of: cid).totals
      context.output.json([
        "datanet": .cid(cid), "name": .string(name), "records": .int(totals.records),
        "bytes": .int(totals.bytes), "contributors": .int(totals.contributors),
        "contributions": .int(totals.contributions), "claims": .int(totals.claims),
      ])
      table.row([
        name, Quantity.count(totals.records), Quantity.bytes(totals.bytes),
        Quantity.count(totals.contributors), Quantity.count(totals.claims), Shown.cid(cid),
      ])
    }
    if context.invocation.has("names") { return }
    if table.isEmpty {
      context.output.text("No Datanet is here yet; 'datanet create NAME' founds one.")
    } else {
      context.show(table)
    }
  }

  private static func entries(
    _ datanet: CID, _ store: Store, _ context: Context
  ) throws -> [DatanetState.Entry] {
    try store.claims.entries(
      of: datanet, standing: context.invocation.has("all") ? nil : .live)
  }

  private static func listContributions(
    _ datanet: CID, _ store: Store, _ context: Context
  ) throws {
    var table = Table(
      ["claim", "kind", "by", ">records", ">size", "licence", "standing", "name"], elastic: 7)
    let policy = try store.claims.status(of: datanet).policy
    for entry in try entries(datanet, store, context) {
      let publication = entry.publication
      let license = publication.license ?? policy.licenses.first
      context.output.json([
        "claim": .cid(entry.id.cid), "item": .int(entry.id.item),
        "kind": .string("\(entry.kind)"), "author": .string(entry.author.did),
        "manifest": .cid(publication.manifest), "records": .int(publication.records),
        "bytes": .int(publication.bytes), "license": .text(license),
        "standing": .string("\(entry.standing)"), "name": .text(publication.name),
        "note": .text(publication.note),
      ])
      table.row([
        Shown.entry(entry.id), "\(entry.kind)", Shown.author(entry.author),
        Quantity.count(publication.records), Quantity.bytes(publication.bytes), license ?? "–",
        Shown.standing(entry.standing), publication.name ?? publication.note ?? "",
      ])
    }
    if table.isEmpty {
      context.output.text("Nothing was contributed yet; 'datanet add' contributes files.")
    } else {
      context.show(table)
    }
  }

  private static func listFiles(_ datanet: CID, _ store: Store, _ context: Context) throws {
    var table = Table(["path", "format", ">records", ">size", "claim"], elastic: 0)
    for entry in try entries(datanet, store, context) {
      let reader: ContributionReader
      do {
        reader = try ContributionReader(entry.publication.manifest, in: store.blocks)
      } catch StoreError.missing {
        Screen.remark("the files of \(Shown.entry(entry.id)) are not here")
        continue
      }
      try reader.forEachFile { file in
        context.output.json([
          "path": .string(file.path.text), "format": .string(file.format.rawValue),
          "shape": .text(file.shape), "records": .int(Int(file.records)),
          "unparsed": .int(Int(file.unparsed)), "bytes": .int(Int(file.bytes)),
          "claim": .cid(entry.id.cid), "item": .int(entry.id.item),
          "author": .string(entry.author.did),
        ])
        if context.output.isJSON { return }
        table.row([
          file.path.text,
          file.shape.map { "\(file.format.rawValue) \($0)" } ?? file.format.rawValue,
          Quantity.count(Int(file.records)), Quantity.bytes(Int(file.bytes)),
          Shown.entry(entry.id),
        ])
      }
    }
    context.show(table)
  }
}
