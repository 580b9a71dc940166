// `datanet diff`: records added and removed between two contributions; see Specs/Records.md.

import Claims
import Content
import Cryptography
import JSON
import Store
import Synchronization
import Terminal

enum DiffCommand: Command {
  static let declaration = Declaration(
    "diff", group: CommandTable.Group.contribute,
    summary: "Show the records added and removed between two contributions",
    prose: """
      Compares two contributions record by record, whatever files and order they stand in: a record \
      is the same when its bytes are. Usually the second is a newer version of the first.
      """,
    arguments: [
      Argument("OLD", .identifier, .one, "a contribution's claim"),
      Argument("NEW", .identifier, .one, "another one"),
    ],
    options: [
      .value(
        "limit", "N", .integer(0...10_000_000), "Records shown of each kind; all are counted",
        default: "20, and all with --json")
    ],
    examples: [
      Example("datanet diff bafyreigbtj4x7ip bafyreiadyoc4ry2", "Two versions."),
      Example("datanet diff bafyreigbtj4x7ip bafyreiadyoc4ry2 --limit 0", "Only how many."),
    ])

  static func run(_ context: Context) throws {
    let store = try context.store(access: .readOnly)
    let names = Names(store: store)
    let readers = try ["OLD", "NEW"].map { name in
      let entry = try names.entry(context.invocation.required(name))
      return try ContributionReader(entry.publication.manifest, in: store.blocks)
    }
    let difference = try RecordDifference(readers[0], readers[1])
    let limit = context.invocation.integer("limit") ?? (context.output.isJSON ? .max : 20)
    let changes = [
      ("removed", try difference.removedRecords(limit: limit)),
      ("added", try difference.addedRecords(limit: limit)),
    ]
    context.output.json([
      "added": .int(difference.addedCount), "removed": .int(difference.removedCount),
      "unchanged": .int(difference.sameCount),
      "changes": .array(
        changes.flatMap { kind, records in
          records.map {
            [
              "change": .string(kind), "record": .cid(CID(codec: .raw, digest: $0.id)),
              "number": .int(Int($0.number)), "path": .string($0.file.path.text),
            ]
          }
        }),
    ])
    let style = context.output.style
    for (kind, records) in changes {
      for record in records {
        let content = Printable.line(String(decoding: record.bytes, as: UTF8.self), limit: 200)
        let line = "\(kind == "added" ? "+" : "-") \(content)"
        context.output.text(kind == "added" ? style.green(line) : style.red(line))
      }
    }
    context.output.text(
      "\(Quantity.count(difference.addedCount)) added, "
        + "\(Quantity.count(difference.removedCount)) removed, "
        + "\(Quantity.count(difference.sameCount)) unchanged")
  }
}
