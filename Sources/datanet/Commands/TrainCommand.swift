// `datanet train`: see Specs/Runs.md.

import Attribution
import Terminal

enum TrainCommand: Command {
  static let declaration = Declaration(
    "train", group: CommandTable.Group.learn,
    summary: "Train an adapter on records, so that anyone can check it",
    prose: """
      Trains a low-rank adapter beside a base that stays as it is. The run is a function of its \
      recipe: the same base, data and options give the same bits on every machine, for every number \
      of threads, whole or interrupted. The directory receives PEFT's two files, recipe.json, the \
      transcript with the state's hash of every step, checkpoints, and the loss curve.

      Run the same command again to go on where a stopped run ended. In JSONL a record is a line \
      with text, prompt and completion, instruction and output, messages, or conversations; CSV and \
      plain text work too. Unless told otherwise, only what the model should come to write counts.

      With a Datanet as --data, the records are those of a milestone: what counted when a curator \
      signed it, without what was retracted since, each record once. Base and yardstick are the \
      Datanet's own.
      """,
    options: [
      .value(
        "base", "DIR|NET/NAME", .directory, "The base to train beside",
        default: "with --data NET its newest base"),
      .value("data", "FILE|NET", .file, "The records to learn from"),
      .value("out", "DIR", .directory, "Where the adapter and its proof go"),
      .value("rank", "N", .integer(1...1024), "Rank of the adapter", default: "8"),
      .value("alpha", "X", .number, "Strength: the adapter counts alpha/rank", default: "16"),
      .flag("rslora", "Divide alpha by the root of the rank instead"),
      .value("targets", "LIST", "q,k,v,o,gate,up,down or all", default: "q,k,v,o"),
      .value("steps", "N", .integer(1...10_000_000), "Steps to take", default: "200"),
      .value("epochs", "X", .number, "Times through the data, instead of --steps"),
      .value("batch", "N", .integer(1...65_536), "Records in a step", default: "8"),
      .value(
        "accumulate", "N", .integer(1...65_536),
        "Batches that one step sums up: the same as so many times the batch", default: "1"),
      .value("lr", "X", .number, "Learning rate", default: "0.001"),
      .value(
        "schedule", "SHAPE", .choice(["constant", "linear", "cosine"]),
        "How the learning rate goes", default: "cosine"),
      .value("warmup", "N", .integer(0...10_000_000), "Steps in which it rises", default: "5 %"),
      .value("decay", "X", .number, "Decoupled weight decay", default: "0"),
      .value("clip", "X", .number, "Largest norm of a gradient; 0 for any", default: "1"),
      .value("loss", "WHAT", .choice(["completion", "all"]), "What counts", default: "completion"),
      .value("template", "NAME", "How conversations are written", default: "the base's own"),
      .value("max-tokens", "N", .integer(2...1_048_576), "Longest record", default: "the context"),
      .value(
        "overlong", "WHAT", .choice(["refuse", "cut", "skip"]), "What happens to longer ones",
        default: "refuse"),
      .value(
        "order", "WHAT", .choice(["shuffled", "listed"]), "Order of records",
        default: "shuffled"),
      .value("seed", "N", .integer(0...Int.max), "Changes every random draw", default: "0"),
      .value(
        "seeds", "K", .integer(1...Repetition.most + 1),
        "With a yardstick: run K times from other seeds, for intervals that say how far scores hang "
          + "on chance", default: "1"),
      .value(
        "yardstick", "FILE|NAME", .file,
        "Records that every record's contribution is measured against",
        default: "with --data NET its newest yardstick"),
      .value(
        "milestone", "CLAIM", .identifier, "With --data NET: the one to train on",
        default: "the newest"),
      .flag("publish", "With --data NET: sign the run and its shares, and keep its evidence"),
      .value(
        "refresh", "N", .integer(1...10_000_000), "Steps between the yardstick's gradients",
        default: "15 % of the work"),
      .value(
        "folds", "N", .integer(1...65_536), "Parts of the yardstick that take turns",
        default: "of 8 records, up to \(YardstickDefaults.mostFolds)"),
      .value("eval", "FILE", .file, "Records to measure the loss on while training"),
      .value("eval-every", "N", .integer(1...10_000_000), "Steps between", default: "a tenth"),
      .value(
        "patience", "N", .integer(1...1_000_000),
        "Stop when the loss on --eval has not come down so many times"),
      .value(
        "checkpoint-every", "N", .integer(1...10_000_000), "Steps between checkpoints",
        default: "50"),
      .value(
        "memory", "WHAT", .choice(["auto", "all", "small"]),
        "Keep all activations, or compute them again: the bits are the same", default: "auto"),
      .flag("dry-run", "Say what it would take, and stop"),
      LearningOptions.threads,
    ],
    examples: [
      Example(
        "datanet train --base Fixtures/base --data facts.jsonl --out /tmp/facts",
        "An adapter for the fixture base."),
      Example("datanet train --data recipes --out run --publish", "For a Datanet, with shares."),
      Example(
        "datanet train --base smol --data chat.jsonl --out run --targets all --epochs 2 --dry-run",
        "What a longer run would take."),
    ])

  static func run(_ context: Context) throws {
    try LearningOptions.prepare(context)
    let session = try TrainingSession(context)
    if context.invocation.has("dry-run") {
      try session.describe()
    } else {
      var session = session
      try session.train()
    }
  }
}
