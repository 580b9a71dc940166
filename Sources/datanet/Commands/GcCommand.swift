// `datanet gc`: space; see Specs/Store.md, "Collection".

import JSON
import Store
import Terminal

enum GcCommand: Command {
  static let declaration = Declaration(
    "gc", group: CommandTable.Group.care,
    summary: "Free the space of what nothing needs any more",
    prose: """
      Removes blocks that no live contribution and no pin needs: those of retracted and rejected \
      contributions, and of additions that were never published. It may run beside other commands \
      and a running peer. --dry-run says what would be freed and changes nothing.
      """,
    options: [
      .flag("dry-run", "Only say what would be freed"),
      .flag("thorough", "Also rewrite packs with little to free"),
    ],
    examples: [
      Example("datanet gc --dry-run", "What it would free."),
      Example("datanet gc --thorough", "As small as it gets."),
    ])

  static func run(_ context: Context) throws {
    var options = CollectOptions()
    options.dryRun = context.invocation.has("dry-run")
    if context.invocation.has("thorough") { options.leastGarbage = 0 }
    let report = try context.store().collect(options: options)
    context.output.json([
      "dryRun": .bool(options.dryRun), "freedBytes": .int(report.freedBytes),
      "garbageBlocks": .int(report.garbageBlocks), "garbageBytes": .int(report.garbageBytes),
      "keptBlocks": .int(report.keptBlocks), "packs": .int(report.packs),
      "busyPacks": .int(report.busyPacks), "heldBack": .bool(report.isHeldBack),
    ])
    let output = context.output
    output.text(
      "\(Quantity.count(report.keptBlocks, "block is", "blocks are")) needed; "
        + "\(Quantity.count(report.garbageBlocks)) are not, \(Quantity.bytes(report.garbageBytes))")
    let verb = options.dryRun ? "Would free" : "Freed"
    output.text("\(verb) \(Quantity.bytes(report.freedBytes))")
    let left = report.garbageBytes - report.freedBytes
    if left > 0, !context.invocation.has("thorough") {
      output.text("What lies in packs that are mostly needed stays; --thorough rewrites those too.")
    }
    if report.isHeldBack {
      output.text("Commands that began earlier still run: collect again when they are done.")
    }
    if report.damagedPacks > 0 {
      output.text("Damaged packs were left alone; run 'datanet fsck' first.")
    }
  }
}
