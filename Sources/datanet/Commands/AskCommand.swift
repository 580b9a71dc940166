// `datanet ask`: an answer, and who it comes from; see Specs/Answers.md.

import Attribution
import CanonicalMath
import Checkpoints
import Claims
import Influence
import JSON
import Learning
import Terminal
import Tokenization

enum AskCommand: Command {
  static let declaration = Declaration(
    "ask", group: CommandTable.Group.prove,
    summary: "Answer a question, and show whose data the answer comes from",
    prose: """
      Lets an adapter answer, and shows below what part of the answer the base would have given by \
      itself, and how the rest divides among the contributors of the adapter's records, with \
      intervals; then the records that helped most, and those that spoke against. These are \
      estimates of influence, better or worse than others but no proof; 'shares' are what is proved.

      With a Datanet the newest run is asked that is neither withdrawn nor refuted; its evidence has \
      to be here. The first question to a run indexes its records; the index is kept.
      """,
    arguments: [
      Argument("NET|RUN", .identifier, .optional, "a Datanet or run; with --adapter the question"),
      Argument("QUESTION", .text, .any, "what to ask"),
    ],
    options: [
      .value("adapter", "DIR", .directory, "An adapter of your own, instead of a Datanet's"),
      .value("base", "DIR|NET/NAME", .directory, "With --adapter: the base"),
      .value("train", "FILE", .file, "With --adapter: the records that it was trained on"),
      .value("index", "FILE", .file, "With --adapter: keep the index here"),
      .value("template", "NAME", "How conversations are written", default: "the base's own"),
      .flag("chat", "The question is one of a conversation"),
      .value(
        "new-tokens", "N", .integer(1...100_000), "Tokens of the answer at most", default: "64"),
      .value("top", "K", .integer(0...1000), "Records to show, for and against", default: "3"),
      LearningOptions.threads,
    ],
    examples: [
      Example("datanet ask recipes 'How long do lentils cook?'", "A Datanet's newest run."),
      Example(
        "datanet ask --base Fixtures/base --adapter facts --train facts.jsonl "
          + "'What is the sign of Velosa?'", "Files alone."),
    ])

  static func run(_ context: Context) throws {
    try LearningOptions.prepare(context)
    let options = context.invocation
    var words = options.texts("QUESTION")
    let model: AnswerModel
    if let adapter = options.text("adapter") {
      words = [options.text("NET|RUN")].compactMap { $0 } + words
      guard let base = options.text("base"), let train = options.text("train") else {
        throw Failure.usage("--adapter needs --base and --train too")
      }
      model = try AnswerModel(adapter: adapter, base: base, train: train, context)
    } else {
      guard let name = options.text("NET|RUN") else {
        throw Failure.usage("name a Datanet and a question: datanet ask NET 'question'")
      }
      model = try AnswerModel(run: name, context)
    }
    guard !words.isEmpty else { throw Failure.usage("what is the question?") }
    try answer(words.joined(separator: " "), model, context)
  }

  private static func answer(
    _ question: String, _ asked: AnswerModel, _ context: Context
  ) throws {
    let options = context.invocation
    let encoder = try asked.encoder()
    let records = try asked.data.encode(encoder)
    guard let adapter = try asked.base.adapter(asked.adapterDirectory) else { return }
    let prompt =
      options.has("chat")
      ? try encoder.encodeQuestion(question) : try encoder.encodePrompt(question)
    let count = options.integer("new-tokens") ?? 64
    let longest = max(prompt.count + count + 1, records.map(\.rowCount).max() ?? 1)
    let transformer = try Transformer(asked.base.checkpoint, contextLength: longest)
    let index = try asked.index(records, model: transformer, adapter: adapter, context)
    var generator = try Generator(
      transformer, adapter: adapter, prompts: [prompt], newTokens: count,
      endTokens: asked.base.checkpoint.generation.endTokens, sampling: Sampling())
    while !generator.isOver, !Interruption.isRequested { _ = generator.next() }
    let written = generator.written(0)
    let started = Moment.monotonic()
    let text = encoder.tokenizer.decode(written)
    // The answer as the model wrote it, with the end that it may have chosen.
    let ends = written.count < count ? [encoder.endToken].compactMap { $0 } : []
    let query = TokenRecord(
      tokens: prompt + written + ends,
      counts: prompt.map { _ in false } + (written + ends).map { _ in true })
    let losses = [nil, adapter].map { adapter in
      var meter = LossMeter(transformer, adapter: adapter)
      return meter.losses(of: [query]).joined().reduce(0.0) { $0 + Double($1) }
    }
    let blind =
      Double(written.count + ends.count)
      * Scalar.log(Double(asked.base.configuration.vocabularySize))
    let scores =
      query.rowCount > 0
      ? try index.scores(of: [query], model: transformer, adapter: adapter).row(0)
      : records.map { _ in 0 }
    let shares = AnswerShares(
      base: AnswerShares.baseShare(
        blindLoss: blind, baseLoss: losses[0], adapterLoss: losses[1]),
      influence: scores, claimants: asked.claimants, contributors: asked.contributors.count)
    let report = AnswerReport(
      question: question, answer: text, model: asked, shares: shares, scores: scores,
      losses: losses, seconds: Moment.monotonic() - started)
    report.show(top: options.integer("top") ?? 3, context)
  }
}
