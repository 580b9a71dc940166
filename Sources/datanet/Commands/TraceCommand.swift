// `datanet trace`: whose words a text has; see Specs/Trace.md.

import Attribution
import Checkpoints
import Claims
import Content
import Cryptography
import JSON
import Store
import Terminal

enum TraceCommand: Command {
  static let declaration = Declaration(
    "trace", group: CommandTable.Group.prove,
    summary: "Find spans of a text in a Datanet's records, longest first",
    prose: """
      Shows which parts of a text stand in the live records of a Datanet, or in a file of records: \
      word for word, or nearly, with a few words changed between. Case, punctuation and white space \
      do not count. Each span comes with who contributed the record, and its licence.

      The index is kept in the home, and made where it is missing: about ten seconds for 100 MB.
      """,
    arguments: [
      Argument("NET|FILE", .datanet, .one, "a Datanet, or a file of records"),
      Argument("TEXT", .text, .any, "the text; none: standard input"),
    ],
    options: [
      .value(
        "least", "N", .integer(1...1000), "Words of a span at least",
        default: "\(Tracing.leastWords)"),
      .value("top", "K", .integer(1...10_000), "Spans to show at most", default: "20"),
    ],
    examples: [
      Example("datanet trace recipes 'Whisk the eggs with the sugar until pale'", "A sentence."),
      Example("datanet trace recipes < answer.txt", "A file."),
    ])

  /// What is traced, at most.
  private static let textLimit = 4 << 20

  static func run(_ context: Context) throws {
    let options = context.invocation
    let name = options.required("NET|FILE")
    var text = Array(options.texts("TEXT").joined(separator: " ").utf8)
    if text.isEmpty { text = try StandardInput.read(most: textLimit) }
    if MappedFile.exists(name) {
      let index = try TraceIndex(file: name)
      return show(try spans(text, index, context), index, nil, text, context)
    }
    let store = try context.storeToRead()
    let datanet = try Names(store: store).datanet(name)
    let entries = try store.claims.entries(of: datanet, kind: .contribution, standing: .live)
    let index = try TraceIndex(
      of: entries.map(\.publication.manifest), store, context)
    let owners = Owners(entries: entries, store: store)
    show(try spans(text, index, context), index, owners, text, context)
    if !index.absent.isEmpty {
      context.output.text(
        "\(Quantity.count(index.absent.count, "contribution is", "contributions are")) not here, and "
          + "not looked at; 'datanet sync' fetches them")
    }
  }

  /// Whose a span's record is.
  struct Owners {
    let entries: [DatanetState.Entry]
    let store: Store
  }

  private static func spans(
    _ text: [UInt8], _ index: TraceIndex, _ context: Context
  ) throws -> [TracedSpan] {
    let options = context.invocation
    return Tracing(index.segments, leastWords: options.integer("least") ?? Tracing.leastWords)
      .spans(of: text, limit: options.integer("top") ?? 20)
  }

  private static func show(
    _ spans: [TracedSpan], _ index: TraceIndex, _ owners: Owners?, _ text: [UInt8],
    _ context: Context
  ) {
    let output = context.output
    if spans.isEmpty {
      output.text("No span of it stands in the records.")
    }
    for span in spans {
      let part = index.parts[span.segment]
      let number = part.segment.number(of: span.record)
      let words = String(decoding: text[span.range], as: UTF8.self)
      let entry = owners?.entries[part.contribution]
      let license = entry.map { Self.license(of: $0, owners) }
      var object: JSONObject = [
        "start": .int(span.range.lowerBound), "end": .int(span.range.upperBound),
        "text": .string(words), "words": .int(span.words), "matched": .int(span.matched),
        "verbatim": .bool(span.isVerbatim), "record": .int(Int(clamping: number)),
        "records": .int(span.occurrences),
      ]
      if let entry, let license {
        object["contribution"] = .string("\(entry.id)")
        object["did"] = .string(entry.author.did)
        object["license"] = .text(license)
      }
      output.json(.object(object))
      let kind =
        span.isVerbatim
        ? "\(Quantity.count(span.words, "word"))"
        : "\(Quantity.count(span.matched)) of \(Quantity.count(span.words, "word"))"
      let others =
        span.occurrences > 1 ? ", and in \(Quantity.count(span.occurrences - 1, "more place"))" : ""
      let place =
        entry.map {
          "record \(Quantity.count(Int(clamping: number))) of \(Shown.entry($0.id)) by "
            + "\(Shown.author($0.author))"
        } ?? "record \(Quantity.count(Int(clamping: number)))"
      output.text(output.style.bold("\u{201C}\(Printable.line(words))\u{201D}"))
      output.text(
        "  \(kind): \(place)\((license ?? nil).map { ", \(Printable.line($0))" } ?? "")\(others)")
    }
  }

  /// The contribution's own licence, or the Datanet's where it has just one.
  private static func license(of entry: DatanetState.Entry, _ owners: Owners?) -> String? {
    if let own = entry.publication.license { return own }
    guard let store = owners?.store, let claim = try? store.claims.claim(entry.id.cid),
      case .genesis(let genesis)? = try? store.claims.genesis(of: claim.datanet)?.content
    else { return nil }
    return genesis.licenses.count == 1 ? genesis.licenses[0] : nil
  }
}
