// `datanet verify`: see Specs/Verification.md.

import Attribution
import Checkpoints
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
    if let path = VerificationChild.findingPath {
      try LearningOptions.prepare(context)
      let run = try RunUnderTest(directory: text, context.invocation)
      let finding =
        try context.invocation.text("check").map { try ProofFile.check($0, run, context) }
        ?? { () throws -> VerificationFinding in
          var verification = RunVerification(run, context)
          return try verification.find()
        }()
      try AtomicFile.write(finding.bytes, to: path)
      return
    }
    let finding = try VerificationChild.finding()
    if let path = context.invocation.text("save"), finding.proof != nil {
      try ProofFile.write(finding, to: path)
    }
    try conclude(finding, text, context)
  }

  /// The sentence at the end, and the exit code.
  static func conclude(_ finding: VerificationFinding, _ name: String, _ context: Context) throws {
    let executed = finding.steps.reduce(0) { $0 + ($1.count == 2 ? $1[1] : 0) }
    context.output.json([
      "result": .string(finding.result.rawValue), "reason": .string(finding.reason),
      "executed": .int(executed), "full": .bool(finding.isFull),
      "proof": finding.proof.map { .string("\(CID(of: $0, codec: .dagCBOR))") } ?? .null,
      "proofBytes": .int(finding.chunks.reduce(finding.proof?.count ?? 0) { $0 + $1.count }),
    ])
    switch finding.result {
    case .held:
      context.output.text(finding.reason.isEmpty ? "\(name) held." : finding.reason)
    case .refuted: throw Failure.refused("\(name) is refuted: \(finding.reason)")
    case .unavailable: throw Failure.notFound("\(name) is unavailable: \(finding.reason)")
    }
  }
}
