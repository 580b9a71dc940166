// `datanet fsck`: trust; see Specs/Store.md, "Check".

import JSON
import Store
import Terminal

enum FsckCommand: Command {
  static let declaration = Declaration(
    "fsck", group: CommandTable.Group.care,
    summary: "Check everything in this home, and repair what can be",
    prose: """
      Reads every block and holds it to its address, every claim to its signature and its chain, the \
      tables to the claims, and the files in place to what they were. What another copy allows is \
      repaired; what cannot be is named, counts as missing, and is fetched again from peers. Ends \
      with 3 when something is wrong that could not be repaired.
      """,
    options: [
      .value(
        "sample", "PERCENT", .number, "Read only so many of the blocks, chosen at random",
        default: "100"),
      .flag("dry-run", "Only look, repair nothing"),
    ],
    examples: [
      Example("datanet fsck", "Everything."),
      Example("datanet fsck --sample 5", "Twenty times as fast, every night."),
    ])

  static func run(_ context: Context) throws {
    let percent = context.invocation.number("sample") ?? 100
    guard percent > 0, percent <= 100 else {
      throw Failure.usage("--sample is more than 0 and at most 100 percent")
    }
    var options = CheckOptions()
    options.share = percent / 100
    options.seed = UInt64(truncatingIfNeeded: Moment.milliseconds())
    options.repair = !context.invocation.has("dry-run")
    let store = try context.store()
    let progress = context.progress("Checking")
    let started = Moment.monotonic()
    let report = try checking(store, options, progress)
    let seconds = Moment.monotonic() - started
    show(report, seconds, context)
    if !report.isSound {
      let left = report.findingCount - report.repairedCount
      throw Failure.refused(
        "\(Quantity.count(left, "thing is", "things are")) wrong and could not be repaired")
    }
  }

  private static func checking(
    _ store: Store, _ options: CheckOptions, _ progress: Progress
  ) throws -> CheckReport {
    defer { progress.finish() }
    do {
      return try store.check(options: options) { state in
        progress.set(done: state.bytes, total: state.totalBytes, item: state.current)
        return !Interruption.isRequested
      }
    } catch StoreError.cancelled {
      throw Failure.failed("stopped: nothing that was looked at so far is lost; check again")
    }
  }

  private static func show(_ report: CheckReport, _ seconds: Double, _ context: Context) {
    context.output.json([
      "sound": .bool(report.isSound), "blocks": .int(report.blocks), "bytes": .int(report.bytes),
      "packs": .int(report.packs), "inPlaceFiles": .int(report.inPlaceFiles),
      "claims": .int(report.claims), "contributions": .int(report.contributions),
      "incomplete": .int(report.incompleteContributions), "found": .int(report.findingCount),
      "repaired": .int(report.repairedCount), "seconds": .double(seconds),
      "findings": .array(
        report.findings.map {
          [
            "kind": .string($0.kind.rawValue), "what": .string($0.what),
            "repaired": .bool($0.isRepaired),
          ]
        }),
    ])
    let output = context.output
    for finding in report.findings { output.text(Printable.line("\(finding)")) }
    let rate = seconds > 0 ? Double(report.bytes) / seconds : 0
    output.text(
      "Checked \(Quantity.count(report.blocks, "block")), \(Quantity.bytes(report.bytes)), at "
        + "\(Quantity.bytesPerSecond(rate)); \(Quantity.count(report.claims, "claim")); "
        + Quantity.count(report.contributions, "contribution"))
    if report.incompleteContributions > 0 {
      output.text(
        "\(Quantity.count(report.incompleteContributions, "contribution is", "contributions are")) "
          + "not here as a whole")
    }
    if report.isSound {
      output.text(
        report.findingCount == 0
          ? "Everything is as it should be."
          : "\(Quantity.count(report.repairedCount, "thing was", "things were")) repaired; "
            + "everything else is as it should be.")
    }
  }
}
