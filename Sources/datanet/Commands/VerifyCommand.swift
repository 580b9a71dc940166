// `datanet verify`: see Specs/Verification.md.

import Attribution
import Checkpoints
import Claims
import Content
import Cryptography
import JSON
import Learning
import Terminal

enum VerifyCommand: Command {
  static let declaration = Declaration(
    "verify", group: CommandTable.Group.prove,
    summary: "Execute a part of a run again, and compare every bit",
    prose: """
      Finds out whether a run is what it says. First everything that can be read is compared: data, \
      order of records, sums. Then steps are drawn at random, executed again from the nearest kept \
      state, and compared: state, loss, and the contribution of every record. Without options so \
      many steps are drawn that a trainer who falsified 5 % of them is caught with 99 %.

      Ends with 0 when the run held, 3 when it is refuted, 4 when its states cannot be had. What is \
      wrong is one step; --save writes it as a proof that anybody checks alone with --check, in the \
      time of one step.
      """,
    arguments: [Argument("RUN", .directory, .one, "a run's directory, or the claim of a run")],
    options: [
      .value("base", "DIR", .directory, "Of a directory: the base that it was trained beside"),
      .value("data", "FILE", .file, "Of a directory: the records that it was trained on"),
      .value("yardstick", "FILE", .file, "Of a directory: the records that measured it"),
      .value("samples", "N", .integer(1...10_000_000), "Steps to draw"),
      .value(
        "confidence", "P", .number, "Draw so many that a liar is caught with this chance",
        default: "0.99"),
      .value(
        "fraction", "F", .number, "A liar who falsified this share of the steps",
        default: "0.05"),
      .flag("full", "Execute every step"),
      .flag("structure-only", "Execute none"),
      .value("save", "FILE", .file, "Where to write what refutes the run"),
      .value("check", "FILE", .file, "Check such a proof instead"),
      LearningOptions.threads,
    ],
    examples: [
      Example(
        "datanet verify /tmp/facts --base Fixtures/base --data facts.jsonl",
        "A run in a directory."),
      Example(
        "datanet verify /tmp/facts --base Fixtures/base --data facts.jsonl --full",
        "Every step."),
    ])

  static func run(_ context: Context) throws {
    guard let text = context.invocation.text("RUN") else { throw Failure.usage("name a run") }
    let published: PublishedRunHere? =
      MappedFile.exists("\(text)/recipe.json") ? nil : try PublishedRunHere(text, context)
    if let path = VerificationChild.findingPath {
      VerificationChild.holdBack()
      try LearningOptions.prepare(context)
      let finding =
        try published?.finding()
        ?? find(RunUnderTest(directory: text, context.invocation), context)
      try AtomicFile.write(finding.bytes, to: path)
      return
    }
    let finding = try VerificationChild.finding(context)
    if let path = context.invocation.text("save"), finding.proof != nil {
      try ProofFile.write(finding, to: path)
    }
    try published?.publish(finding)
    try conclude(finding, published.map { Shown.cid($0.entry.cid) } ?? text, context)
  }

  private static func find(_ run: RunUnderTest, _ context: Context) throws -> VerificationFinding {
    if let path = context.invocation.text("check") {
      return try ProofFile.check(path, run, context)
    }
    var verification = RunVerification(run, context)
    return try verification.find()
  }

  /// The sentence at the end, and the exit code.
  static func conclude(_ finding: VerificationFinding, _ name: String, _ context: Context) throws {
    let executed = finding.steps.reduce(0) { $0 + ($1.count == 2 ? $1[1] : 0) }
    context.output.json([
      "result": .string(finding.result.rawValue), "reason": .string(finding.reason),
      "executed": .int(executed), "drawn": .int(finding.drawnCount), "full": .bool(finding.isFull),
      "proof": finding.proof.map { .string("\(CID(of: $0, codec: .dagCBOR))") } ?? .null,
      "proofBytes": .int(finding.chunks.reduce(finding.proof?.count ?? 0) { $0 + $1.count }),
    ])
    switch finding.result {
    case .held:
      context.output.text(
        finding.reason.isEmpty ? "\(name) held. \(confidence(finding))" : finding.reason)
    case .refuted: throw Failure.refused("\(name) is refuted: \(finding.reason)")
    case .unavailable: throw Failure.notFound("\(name) is unavailable: \(finding.reason)")
    }
  }

  /// What the drawn steps say about the others.
  private static func confidence(_ finding: VerificationFinding) -> String {
    let (steps, drawn) = (finding.stepCount, finding.drawnCount)
    if finding.isFull { return "Every step was executed again." }
    guard drawn > 0 else { return "No step was executed: only what can be read was compared." }
    let share = VerificationScope.share
    let caught = Confidence.caught(
      falsified: Confidence.steps(share, of: steps), of: steps, checked: drawn)
    return "A trainer who falsified \(Quantity.percent(share)) of the steps would have been "
      + "caught with \(Quantity.percent(caught))."
  }
}
