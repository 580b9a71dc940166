// `datanet record`: one record, by its name or its number; see Specs/Store.md, "Records".

import Claims
import Content
import Cryptography
import JSON
import Records
import Store
import Terminal

enum RecordCommand: Command {
  static let declaration = Declaration(
    "record", group: CommandTable.Group.contribute,
    summary: "Show one record and who contributed it",
    prose: """
      A record is named by the hash of its bytes, as a CID; a unique beginning will do, and is \
      looked for in everything that counts here. CLAIM:N is record number N of a contribution, from \
      0, found by reading a few blocks; NET/PATH:N is record N of a file.
      """,
    arguments: [Argument("ID", .text, .one, "bafkrei…, CLAIM:N or NET/PATH:N")],
    examples: [
      Example("datanet record bafkreibm6jg3ux5", "By its name."),
      Example("datanet record recipes/train.jsonl:41", "The 42nd record of a file."),
      Example("datanet record bafyreigbtj4x7ip:1000000 --json", "By its number."),
    ])

  static func run(_ context: Context) throws {
    let store = try context.store(access: .readOnly)
    let text = context.invocation.required("ID")
    if let colon = text.lastIndex(of: ":"), let number = UInt64(text[text.index(after: colon)...]) {
      let place = String(text[..<colon])
      try show(try numbered(number, of: place, store), context)
    } else {
      try show(try named(text, store), context)
    }
  }

  private struct Found {
    let record: FoundRecord
    let entry: DatanetState.Entry
  }

  private static func numbered(_ number: UInt64, of place: String, _ store: Store) throws -> Found {
    if place.contains("/") {
      let file = try FilePlace(place, in: store)
      guard number < file.file.item.records else {
        throw Failure.notFound(
          "\(Printable.line(place)) has \(Quantity.count(Int(file.file.item.records), "record"))")
      }
      let record = try file.reader.record(file.file.before.records + number)
      return Found(record: record, entry: file.entry)
    }
    let entry = try Names(store: store).entry(place)
    let reader = try ContributionReader(entry.publication.manifest, in: store.blocks)
    guard number < reader.manifest.records else {
      throw Failure.notFound(
        "\(Shown.entry(entry.id)) has \(Quantity.count(Int(reader.manifest.records), "record"))")
    }
    return Found(record: try reader.record(number), entry: entry)
  }

  private static func named(_ text: String, _ store: Store) throws -> Found {
    guard let beginning = try Prefix.full(text, .raw), let range = Prefix.digests(beginning) else {
      throw Failure.usage("'\(Printable.line(text))' is no record: those begin with bafkrei")
    }
    // Whole bytes that all candidates share narrow the search; the text decides.
    let pairs = zip(range.lowerBound.bytes, range.upperBound.bytes)
    let shared = pairs.prefix { $0 == $1 }.map(\.0)
    var found: [Found] = []
    var isWhole = true
    for datanet in try store.claims.datanets() {
      for entry in try store.claims.entries(of: datanet, standing: .live) {
        do {
          let reader = try ContributionReader(entry.publication.manifest, in: store.blocks)
          for record in try reader.records(withPrefix: shared) {
            let cid = "\(CID(codec: .raw, digest: record.id))"
            if cid.hasPrefix(beginning) { found.append(Found(record: record, entry: entry)) }
          }
        } catch StoreError.missing, StoreError.changedInPlace {
          isWhole = false
        }
      }
    }
    guard let first = found.first else {
      throw Failure.notFound(
        "there is no record '\(Printable.line(text))' in what counts here"
          + (isWhole ? "" : "; some contributions are not wholly stored"))
    }
    let names = Set(found.map(\.record.id)).sorted().map { "\(CID(codec: .raw, digest: $0))" }
    if names.count > 1 { throw Prefix.ambiguous(text, names) }
    return first
  }

  private static func show(_ found: Found, _ context: Context) throws {
    let record = found.record
    let cid = CID(codec: .raw, digest: record.id)
    let content = String(decoding: record.bytes, as: UTF8.self)
    context.output.json([
      "record": .cid(cid), "number": .int(Int(record.number)), "claim": .cid(found.entry.id.cid),
      "author": .string(found.entry.author.did), "path": .string(record.file.path.text),
      "shape": .text(record.shape?.name), "license": .text(found.entry.publication.license),
      "bytes": .int(record.bytes.count), "content": .string(content),
    ])
    let output = context.output
    if output.isJSON { return }
    output.text("record  \(cid)")
    output.text("  in      \(Printable.line(record.file.path.text))")
    // As this command takes it: the number counts through all files of the contribution.
    output.text(
      "  claim   \(Shown.entry(found.entry.id)):\(record.number) by \(found.entry.author.did)")
    output.text("  shape   \(record.shape?.name ?? "it does not parse")")
    output.text()
    for line in content.split(separator: "\n", omittingEmptySubsequences: false) {
      output.text(Printable.line(String(line), limit: 100_000))
    }
  }
}
