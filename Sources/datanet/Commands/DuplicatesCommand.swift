// `datanet duplicates`: whose record was first; see Specs/Duplicates.md.

import Claims
import Content
import Cryptography
import JSON
import Store
import Terminal

enum DuplicatesCommand: Command {
  static let declaration = Declaration(
    "duplicates", group: CommandTable.Group.contribute,
    summary: "Show records that are the same or nearly so, and whose was first",
    prose: """
      Compares the records of all live contributions. Copies have the same text after joining white \
      space and composing Unicode (NFC). Near-copies share most of their runs of three words, \
      whatever their case, width and punctuation; how many is shown as a number from 0 to 1. Only \
      texts count, not identifiers and dates beside them.

      First is the contribution that an earlier milestone covers. Contributions that no milestone \
      tells apart are tied. A contribution that replaced an older one counts from the older one on \
      for the records that it had.

      What it takes to find duplicates quickly is kept in the home's cache and made as far as it is \
      missing; Ctrl-C keeps what is done.
      """,
    arguments: [Argument("NET", .datanet, .one, "the Datanet")],
    options: [
      .value(
        "threshold", "SHARE", .number, "How much near-copies have in common, from 0.5 to 1",
        default: "0.8"),
      .value(
        "limit", "N", .integer(0...10_000_000), "Groups shown; all are counted",
        default: "20, and all with --json"),
    ],
    examples: [
      Example("datanet duplicates recipes", "Copies and near-copies."),
      Example(
        "datanet duplicates recipes --threshold 1 --json",
        "For a program; copies, and texts that differ in case or punctuation only."),
    ])

  static func run(_ context: Context) throws {
    let store = try context.storeToRead()
    let datanet = try Names(store: store).datanet(context.invocation.required("NET"))
    let threshold = context.invocation.number("threshold") ?? DuplicateFinder.defaultThreshold
    guard threshold >= 0.5, threshold <= 1 else {
      throw Failure.usage("--threshold is a number from 0.5 to 1")
    }
    let limit = context.invocation.integer("limit") ?? (context.output.isJSON ? .max : 20)
    let duplicates: DatanetDuplicates
    do {
      duplicates = try DatanetDuplicates(
        in: datanet, threshold: threshold, limit: limit, store, context)
    } catch StoreError.cancelled {
      throw Failure.failed(
        "stopped: what was indexed is kept, and the next search goes on from there")
    }
    let found = duplicates.found
    context.output.json([
      "datanet": .cid(datanet), "records": .int(found.records), "threshold": .double(threshold),
      "duplicates": .int(found.exact + found.near), "exact": .int(found.exact),
      "near": .int(found.near), "groups": .int(found.clusterCount),
      "clusters": .array(found.clusters.map { json($0, duplicates) }),
      "absent": .array(found.absent.map { .cid(duplicates.entries[$0].id.cid) }),
    ])
    for cluster in found.clusters { show(cluster, duplicates, context) }
    if found.clusterCount > limit, limit > 0 {
      context.output.text("… \(Quantity.count(found.clusterCount - limit, "more group"))")
    }
    context.output.text(
      "\(Quantity.count(found.exact, "copy", "copies")) and "
        + "\(Quantity.count(found.near, "near-copy", "near-copies")) in "
        + "\(Quantity.count(found.clusterCount, "group")), of \(Quantity.count(found.records, "record"))"
    )
    if !found.absent.isEmpty {
      context.output.text(
        "\(Quantity.count(found.absent.count, "contribution is", "contributions are")) not stored "
          + "here and could not be compared.")
    }
  }

  private static func json(
    _ cluster: FoundDuplicates.Cluster, _ duplicates: DatanetDuplicates
  ) -> JSONValue {
    let members = cluster.members.enumerated().map { place, member -> JSONValue in
      let entry = duplicates.entries[member.contribution]
      var object: JSONObject = [
        "claim": .string("\(entry.id)"), "author": .string(entry.author.did),
        "record": .int(Int(member.record)), "similarity": .double(rounded(member.similarity)),
        "exact": .bool(member.isExact), "first": .bool(place < cluster.firstCount),
      ]
      let origin = duplicates.origin(of: member.contribution, in: cluster)
      if origin.id != entry.id { object["since"] = .string("\(origin.id)") }
      if let milestone = duplicates.milestone(of: origin) {
        object["milestone"] = .cid(CID(codec: .dagCBOR, digest: milestone.claim))
      }
      return .object(object)
    }
    return ["tied": .bool(duplicates.isTied(cluster)), "members": .array(members)]
  }

  private static func show(
    _ cluster: FoundDuplicates.Cluster, _ duplicates: DatanetDuplicates, _ context: Context
  ) {
    let style = context.output.style
    let isTied = duplicates.isTied(cluster)
    // A group may have a million members; so many tell what it is about.
    let shown = 10
    for (place, member) in cluster.members.prefix(shown).enumerated() {
      let entry = duplicates.entries[member.contribution]
      let isFirst = place < cluster.firstCount
      let role = isFirst ? (isTied ? "tied " : place == 0 ? "first" : "again") : "later"
      let likeness =
        place == 0
        ? "       " : member.isExact ? "copy   " : "\(Quantity.fixed(member.similarity, 3))  "
      let origin = duplicates.origin(of: member.contribution, in: cluster)
      let since = origin.id == entry.id ? "" : ", as in \(Shown.entry(origin.id)) before"
      let name = (entry.publication.name.map { "  \(Printable.line($0))" } ?? "") + since
      context.output.text(
        "\(isFirst ? style.bold(role) : role)  \(likeness)\(style.yellow(Shown.entry(entry.id)))  "
          + "record \(member.record)  \(Shown.author(entry.author))\(name)")
    }
    if cluster.members.count > shown {
      context.output.text(
        "       … \(Quantity.count(cluster.members.count - shown, "more record")) like these")
    }
    context.output.text()
  }

  private static func rounded(_ similarity: Double) -> Double {
    (similarity * 10_000).rounded() / 10_000
  }
}
