// `datanet influence`: see Specs/Influence.md.

import CanonicalMath
import Checkpoints
import Influence
import JSON
import Learning
import Terminal

enum InfluenceCommand: Command {
  static let declaration = Declaration(
    "influence", group: CommandTable.Group.prove,
    summary: "Estimate which training records an adapter's answers come from",
    prose: """
      Gives every training record a score for every query: the more it helped to make the adapter \
      answer so, the higher; negative where it stood in the way. A query is a file of records, \
      whose completions are asked for, or a text. Scores are estimates from gradients, judged by \
      retraining without the records (Specs/Influence.md); they prove nothing.

      With --out the scores are written as an array of float32, queries by records, that NumPy \
      loads. With --index what was computed of the records is kept in a file, and the next query \
      costs one pass over it.

      With --suspects no query is asked: the records are shown that look mislabelled, since they \
      take much to fit and the other records speak against them.
      """,
    options: [
      .value("base", "DIR", .directory, "The base that the adapter stands beside"),
      .value("adapter", "DIR", .directory, "The adapter"),
      .value("train", "FILE|NET", .file, "The records that it was trained on"),
      .value("query", "FILE|TEXT", "Records, or a text, to ask for"),
      .flag("suspects", "Instead of asking, show the records that look mislabelled"),
      .value(
        "method", "NAME", .choice(InfluenceMethod.allCases.map(\.rawValue)),
        "How to estimate", default: InfluenceMethod.standard.rawValue),
      .value("out", "FILE", .file, "Where the scores go, as .npy"),
      .value(
        "top", "K", .integer(1...1_000_000), "Show the K most helpful and most harmful records",
        default: "5 without --out, 20 suspects"),
      .value("index", "FILE", .file, "Keep what was computed of the records here, and use it"),
      .value(
        "features", "N", .integer(0...IndexSettings.featureLimit),
        "Numbers kept of each record; 0 keeps whole gradients",
        default: "\(IndexSettings.standardFeatures), or 0 for datainf"),
      .value("damping", "X", .number, "Times the damping of the rule", default: "1"),
      .value("loss", "WHAT", .choice(["completion", "all"]), "What counts", default: "completion"),
      .value("template", "NAME", "How conversations are written", default: "the base's own"),
      .value("max-tokens", "N", .integer(2...1_048_576), "Longest record", default: "the context"),
      .value(
        "overlong", "WHAT", .choice(["refuse", "cut", "skip"]), "What happens to longer ones",
        default: "refuse"),
      LearningOptions.threads,
    ],
    examples: [
      Example(
        "datanet influence --base Fixtures/base --adapter facts --train facts.jsonl "
          + "--query 'What is the sign of Velosa? lamp' --top 3",
        "The records that this answer comes from, and those that spoke against it."),
      Example(
        "datanet influence --base Fixtures/base --adapter facts --train facts.jsonl "
          + "--query test.jsonl --out scores.npy --index facts.index",
        "All scores for a file of questions; asking again is quick."),
      Example(
        "datanet influence --base Fixtures/base --adapter facts --train facts.jsonl --suspects",
        "Which records look mislabelled, the worst first."),
    ])

  static func run(_ context: Context) throws {
    try LearningOptions.prepare(context)
    let options = context.invocation
    func needed(_ name: String) throws -> String {
      guard let value = options.text(name) else { throw Failure.usage("--\(name) is missing") }
      return value
    }
    let base = try NetBase.open(try needed("base"), context)
    let damping = options.number("damping") ?? 1
    guard damping > 0, damping <= 1e12 else { throw Failure.usage("--damping has to be above 0") }
    let train = try needed("train")
    let suspects = options.has("suspects")
    if suspects, options.has("query") || options.has("method") {
      throw Failure.usage("--suspects takes neither --query nor --method")
    }
    let asked = suspects ? nil : try Asked(try needed("query"))
    let files = try InfluenceFiles(
      base: base, adapter: try needed("adapter"), dataset: try TrainingData.dataset(train, context),
      file: train,
      form: RecipeOptions.form(options, contextLength: base.configuration.contextLength),
      template: options.text("template"), asksConversations: asked?.hasConversations ?? false)
    guard let asked else { return try SuspectsReport.run(files, damping: damping, context) }
    let queries = try asked.records(files.encoder)
    guard queries.contains(where: { $0.rowCount > 0 }) else {
      throw InfluenceError.nothingCounts("the query")
    }
    let settings = IndexSettings(
      method: options.text("method").flatMap(InfluenceMethod.init(rawValue:)) ?? .standard,
      features: options.integer("features"), damping: damping)
    let started = Moment.monotonic()
    let index = try files.index(settings, at: options.text("index"), context)
    let indexed = Moment.monotonic()
    let reporter = InfluenceReporter(context)
    let scores = try index.scores(
      of: queries, model: files.model, adapter: files.adapter, progress: reporter.report)
    reporter.finish()
    let answered = Moment.monotonic()
    if let out = options.text("out") {
      try AtomicFile.write(
        NumpyFile.bytes(shape: [scores.rows, scores.columns], scores.elements), to: out)
    }
    let report = InfluenceReport(files: files, asked: asked, scores: scores)
    let count = options.integer("top") ?? (options.has("out") ? 0 : 5)
    var object: JSONObject = [
      "method": .string(settings.method.rawValue), "records": .int(scores.columns),
      "queries": .int(scores.rows), "features": .int(index.featureCount),
      "indexBytes": .int(index.byteCount), "indexSeconds": .double(indexed - started),
      "querySeconds": .double(answered - indexed), "peakRSS": .int(Resources.peakBytes),
    ]
    if let out = options.text("out") { object["out"] = .string(out) }
    if count > 0 { object["results"] = report.json(top: count) }
    context.output.json(.object(object))
    if count > 0 { report.show(top: count, context) }
    if let out = options.text("out") {
      context.output.text(
        "\(out): \(Quantity.count(scores.rows, "query", "queries")) by "
          + "\(Quantity.count(scores.columns, "record")), \(settings.method.rawValue)")
    }
  }
}

/// What is asked for: the records of a file, or a text.
private struct Asked {
  let dataset: Dataset?
  let text: String
  private let path: String

  init(_ query: String) throws {
    path = query
    let isFile = MappedFile.exists(query)
    let looksLikeFile =
      [".jsonl", ".json", ".csv", ".tsv", ".txt", ".md"].contains(where: query.hasSuffix)
      && !query.contains(" ")
    dataset = isFile || looksLikeFile ? try OpenData.dataset(query) : nil
    text = query
    guard !query.isEmpty else { throw Failure.usage("--query is empty") }
  }

  var hasConversations: Bool { dataset?.hasConversations ?? false }

  func records(_ encoder: RecordEncoder) throws -> [TokenRecord] {
    if let dataset { return try encoder.encode(dataset, file: path) }
    return [
      try encoder.encode(TrainingText(.parts([.init(text, isCompletion: true)])))
    ]
  }

  func title(_ place: Int) -> String {
    guard let dataset else { return text }
    return dataset.records[place].text.shown
  }
}

/// The best and the worst records for each query, for people and for programs.
private struct InfluenceReport {
  let files: InfluenceFiles
  let asked: Asked
  let scores: Matrix

  /// Places of the highest and of the lowest scores: of equals the first record.
  private func extremes(_ row: [Float], _ count: Int) -> (helped: [Int], hindered: [Int]) {
    let order = row.indices.sorted { row[$0] != row[$1] ? row[$0] > row[$1] : $0 < $1 }
    return (
      order.prefix(count).filter { row[$0] > 0 },
      order.reversed().prefix(count).filter { row[$0] < 0 }
    )
  }

  private func json(_ place: Int, _ row: [Float]) -> JSONValue {
    let record = files.dataset.records[place]
    return [
      "record": .int(place), "line": .int(record.line), "name": .string("\(record.name)"),
      "score": .double(Double(row[place])), "text": .string(record.text.shown),
    ]
  }

  func json(top count: Int) -> JSONValue {
    .array(
      (0..<scores.rows).map { query in
        let row = scores.row(query)
        let (helped, hindered) = extremes(row, count)
        return [
          "query": .string(asked.title(query)), "helped": .array(helped.map { json($0, row) }),
          "hindered": .array(hindered.map { json($0, row) }),
        ]
      })
  }

  func show(top count: Int, _ context: Context) {
    for query in 0..<scores.rows {
      let row = scores.row(query)
      let (helped, hindered) = extremes(row, count)
      context.output.text(Printable.line(asked.title(query)))
      var table = Table([">score", ">line", "record"])
      for place in helped + hindered.reversed() {
        let record = files.dataset.records[place]
        table.row([
          Quantity.fixed(Double(row[place]), abs(row[place]) < 100 ? 4 : 1),
          Quantity.count(record.line),
          Printable.line(record.text.shown),
        ])
      }
      context.show(table)
      if query + 1 < scores.rows { context.output.text() }
    }
  }
}

extension TrainingText {
  /// The whole text in one piece, for showing.
  var shown: String {
    switch content {
    case .parts(let parts): parts.map(\.text).joined()
    case .conversation(let messages): messages.map(\.content).joined(separator: " · ")
    }
  }
}
