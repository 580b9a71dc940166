// `datanet eval`: see Specs/Runs.md, "Evaluation".

import Checkpoints
import JSON
import Learning
import Terminal

enum EvalCommand: Command {
  static let declaration = Declaration(
    "eval", group: CommandTable.Group.learn,
    summary: "Measure a base, and an adapter beside it, on records",
    prose: """
      Prints the loss and perplexity over the tokens that count, and for records with a question \
      the share of answers that are written exactly (greedily, ignoring spaces around them), each \
      with the interval in which it lies with 95 % confidence. With an adapter, base and adapter \
      stand side by side on the same records, and the difference has an interval of its own.
      """,
    options: [
      .value("base", "DIR|NET/NAME", .directory, "The base"),
      .value("adapter", "DIR|RUN|NET", .directory, "An adapter to put beside it"),
      .value("data", "FILE|NET", .file, "The records"),
      .value("loss", "WHAT", .choice(["completion", "all"]), "What counts", default: "completion"),
      .value(
        "answers", "N", .integer(0...1_000_000), "Questions to answer at most",
        default: "1000"),
      .value("max-tokens", "N", .integer(2...1_048_576), "Longest record", default: "the context"),
      .value(
        "overlong", "WHAT", .choice(["refuse", "cut", "skip"]), "What happens to longer ones",
        default: "refuse"),
      .value("template", "NAME", "How conversations are written", default: "the base's own"),
      LearningOptions.threads,
    ],
    examples: [
      Example(
        "datanet eval --base Fixtures/base --adapter /tmp/facts --data test.jsonl",
        "What the adapter changed.")
    ])

  static func run(_ context: Context) throws {
    try LearningOptions.prepare(context)
    let options = context.invocation
    guard let directory = options.text("base"), let data = options.text("data") else {
      throw Failure.usage("--base and --data are needed")
    }
    let base = try NetBase.open(directory, context)
    let form = try RecipeOptions.form(options, contextLength: base.configuration.contextLength)
    let dataset = try TrainingData.dataset(data, context)
    let conversations =
      dataset.hasConversations ? try base.conversations(options.text("template")) : nil
    let examination = try Examiner(
      base: base, encoder: base.encoder(form, conversations: conversations), dataset: dataset,
      file: data,
      answers: options.integer("answers") ?? 1000)
    let plain = try examination.examine(nil)
    let adapted = try NetBase.adapter(options.text("adapter"), beside: base, context).map {
      try examination.examine($0)
    }
    show(plain, adapted, context)
  }

  private static func show(_ plain: Evaluation, _ adapted: Evaluation?, _ context: Context) {
    var object: JSONObject = ["records": .int(plain.losses.count), "base": json(plain)]
    var table = Table(["", ">loss", ">perplexity", ">right answers"])
    table.row(["base"] + cells(plain))
    if let adapted {
      object["adapter"] = json(adapted)
      table.row(["adapter"] + cells(adapted))
      if let difference = adapted.lossDifference(to: plain) {
        object["lossDifference"] = json(difference)
        table.row([
          "difference",
          "\(Quantity.fixed(difference.value, 4)) (\(Quantity.fixed(difference.low, 4)) to "
            + "\(Quantity.fixed(difference.high, 4)))", "", "",
        ])
      }
    }
    context.output.json(.object(object))
    for line in table.lines(width: 0, style: context.output.style) { context.output.text(line) }
  }

  private static func json(_ estimate: Evaluation.Estimate) -> JSONValue {
    [
      "value": .double(estimate.value), "low": .double(estimate.low),
      "high": .double(estimate.high),
    ]
  }

  private static func json(_ evaluation: Evaluation) -> JSONValue {
    [
      "loss": evaluation.loss.map(json) ?? .null,
      "perplexity": evaluation.loss.map { .double(Examiner.exponential($0.value)) } ?? .null,
      "accuracy": evaluation.accuracy.map(json) ?? .null,
      "answered": .int(evaluation.isRight.count { $0 != nil }),
    ]
  }

  private static func cells(_ evaluation: Evaluation) -> [String] {
    guard let loss = evaluation.loss else { return ["–", "–", "–"] }
    let accuracy = evaluation.accuracy.map {
      "\(Quantity.percent($0.value)) (\(Quantity.percent($0.low)) to "
        + "\(Quantity.percent($0.high)))"
    }
    return [
      "\(Quantity.fixed(loss.value, 4)) (\(Quantity.fixed(loss.low, 4)) to "
        + "\(Quantity.fixed(loss.high, 4)))",
      Quantity.fixed(Examiner.exponential(loss.value), 2), accuracy ?? "–",
    ]
  }
}
