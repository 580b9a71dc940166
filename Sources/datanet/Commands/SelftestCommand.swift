// `datanet selftest`: see Specs/Arithmetic.md, "Fixtures".

import CanonicalMath
import JSON
import Terminal

enum SelftestCommand: Command {
  static let declaration = Declaration(
    "selftest", group: CommandTable.Group.care,
    summary: "Compute known results with every kernel that this CPU has",
    prose: """
      'arithmetic' computes a battery of cases with each kernel and compares every result, bit for \
      bit, with what an independent implementation found. It needs no files and a few seconds. A \
      CPU on which it fails must not train or verify anything: its results would be refused.
      """,
    arguments: [Argument("WHAT", .choice(["arithmetic"]), .one, "what to test")],
    options: [LearningOptions.threads],
    examples: [Example("datanet selftest arithmetic", "0 differing bits, or where.")])

  static func run(_ context: Context) throws {
    try LearningOptions.prepare(context)
    let progress = context.progress(
      "computing", unit: .things(singular: "kernel", plural: "kernels"),
      total: Kernels.available.count)
    let result = ArithmeticSelfTest.run { variant in progress.advance(by: 1, item: variant.name) }
    progress.finish()
    context.output.json([
      "kernels": .array(result.variants.map { .string($0.name) }),
      "cases": .int(result.caseCount), "numbers": .int(result.numberCount),
      "differingBits": .int(result.differingBits),
      "differences": .array(result.differences.map { .string($0.description) }),
    ])
    let kernels = result.variants.map(\.name).joined(separator: ", ")
    context.output.text(
      "\(Quantity.count(result.differingBits)) differing bits in "
        + "\(Quantity.count(result.numberCount, "number")) of "
        + "\(Quantity.count(result.caseCount, "case")) on \(kernels)")
    for difference in result.differences { context.output.text("  \(difference)") }
    guard result.differences.isEmpty else {
      throw Failure.failed("this CPU or build does not compute the canonical arithmetic")
    }
  }
}
