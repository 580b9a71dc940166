// `datanet fsck`: is everything here, and is it what it should be; see Specs/Store.md, "Check".

import JSON
import Store
import Terminal

enum CheckCommand: Command {
  static let declaration = Declaration(
    "fsck", group: CommandTable.Group.care,
    summary: "Verify the store and repair what other copies allow",
    prose: """
      Reads every block and compares it with its address, holds the index to the packs, files in \
      place to what was added, every claim to its signature and its chain, and the databases to \
      their own rules. A damaged block is taken from another pack or a file in place that holds it; \
      where there is none it is named and counts as missing, so that it is fetched again. A home that \
      cannot be written is only looked at. Ends with 3 when something stays wrong.
      """,
    options: [
      .value("sample", "PERCENT", .integer(1...100), "Read only this share of the blocks"),
      .value(
        "seed", "N", .integer(0...Int.max), "Choose the same sample again", default: "a new one"),
      .flag("no-repair", "Only look"),
    ],
    examples: [
      Example("datanet fsck", "Everything."),
      Example("datanet fsck --sample 5 --no-repair", "A quick look at one block in twenty."),
    ])

  static func run(_ context: Context) throws {
    let store = try context.storeToRead()
    var options = CheckOptions()
    options.share = Double(context.invocation.integer("sample") ?? 100) / 100
    // Another sample every night, so that all is looked at in the end.
    options.seed = UInt64(context.invocation.integer("seed") ?? Moment.milliseconds())
    options.repair = !context.invocation.has("no-repair")
    let bar = context.progress("Checking")
    let report = try store.check(options: options) { progress in
      bar.set(done: progress.bytes, total: progress.totalBytes, item: progress.current)
      return !Interruption.isRequested
    }
    bar.finish()
    context.output.json([
      "sound": .bool(report.isSound), "blocks": .int(report.blocks), "bytes": .int(report.bytes),
      "packs": .int(report.packs), "inPlaceFiles": .int(report.inPlaceFiles),
      "claims": .int(report.claims), "contributions": .int(report.contributions),
      "incomplete": .int(report.incompleteContributions), "findings": .int(report.findingCount),
      "repaired": .int(report.repairedCount),
      "details": .array(report.findings.map { .string("\($0)") }),
    ])
    for finding in report.findings { context.output.text(Printable.line("\(finding)")) }
    context.output.text(
      "Checked \(Quantity.count(report.blocks, "block")), \(Quantity.bytes(report.bytes)), in "
        + "\(Quantity.count(report.packs, "pack")), \(Quantity.count(report.claims, "claim")) of "
        + "\(Quantity.count(report.contributions, "contribution"))")
    if report.incompleteContributions > 0 {
      context.output.text(
        "\(Quantity.count(report.incompleteContributions, "contribution")) not wholly here")
    }
    guard report.isSound else {
      throw Failure.refused(
        "\(Quantity.count(report.findingCount - report.repairedCount, "fault")) not repaired; "
          + "import an archive that has what is missing, or add its file again")
    }
    context.output.text(
      report.repairedCount == 0
        ? "All is well." : "All is well again; \(report.repairedCount) repaired.")
  }
}
