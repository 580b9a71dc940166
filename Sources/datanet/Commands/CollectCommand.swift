// `datanet gc`: frees what nothing needs any more; see Specs/Store.md, "Collection".

import JSON
import Store
import Terminal

enum CollectCommand: Command {
  static let declaration = Declaration(
    "gc", group: CommandTable.Group.care,
    summary: "Free the space of what nothing needs any more",
    prose: """
      Keeps every block that a contribution which counts, or may yet count, leads to, and every \
      pinned block; removes the rest: what was retracted, rejected or never claimed. Works beside \
      commands and a running peer: packs that are being written are left for the next time. Files \
      in place are never touched.
      """,
    options: [
      .flag("dry-run", letter: "n", "Only say what would be freed"),
      .flag("all", "Rewrite packs even for little gain"),
      .value(
        "wait", "SECONDS", .integer(0...86_400), "How long to wait for commands that began before",
        default: "10"),
    ],
    examples: [
      Example("datanet gc --dry-run", "What would be freed."),
      Example("datanet gc", "Free it."),
    ])

  static func run(_ context: Context) throws {
    var options = CollectOptions()
    options.dryRun = context.invocation.has("dry-run")
    // On a full disk not even the database opens for writing: what can be made again goes first.
    var madeRoom = 0
    if !options.dryRun, context.home.exists, context.home.isFull {
      madeRoom = DuplicateFinder.prune(context.home, keeping: [], dryRun: false)
    }
    let store = try options.dryRun ? context.storeToRead() : context.store()
    if context.invocation.has("all") { options.leastGarbage = 0 }
    options.patienceMilliseconds = (context.invocation.integer("wait") ?? 10) * 1000
    let report = try store.collect(options: options)
    let cacheBytes =
      DuplicateFinder.prune(store.home, keeping: try store.roots(), dryRun: options.dryRun)
      + madeRoom
    context.output.json([
      "dryRun": .bool(options.dryRun), "freedBytes": .int(report.freedBytes),
      "garbageBlocks": .int(report.garbageBlocks), "garbageBytes": .int(report.garbageBytes),
      "keptBlocks": .int(report.keptBlocks), "packs": .int(report.packs),
      "busyPacks": .int(report.busyPacks), "inPlaceFiles": .int(report.inPlaceFiles),
      "cacheBytes": .int(cacheBytes), "heldBack": .bool(report.isHeldBack),
      "damagedPacks": .int(report.damagedPacks),
    ])
    let verb = options.dryRun ? "Would free" : "Freed"
    context.output.text(
      "\(verb) \(Quantity.bytes(report.freedBytes)) in \(Quantity.count(report.packs, "pack")); "
        + "\(Quantity.count(report.garbageBlocks, "block")) of "
        + "\(Quantity.count(report.garbageBlocks + report.keptBlocks)) needed by nothing")
    if cacheBytes > 0 {
      context.output.text(
        "\(verb) \(Quantity.bytes(cacheBytes)) of the duplicate index, which can be made again"
      )
    }
    if report.inPlaceFiles > 0 {
      context.output.text(
        "\(options.dryRun ? "Would forget" : "Forgot") "
          + "\(Quantity.count(report.inPlaceFiles, "file")) in place; the files themselves stay")
    }
    if report.busyPacks > 0 {
      context.output.text(
        "\(Quantity.count(report.busyPacks, "pack")) being written; left for the next time")
    }
    if report.isHeldBack {
      context.output.text("Commands that began before are still running; try again after them.")
    }
    if report.damagedPacks > 0 {
      throw Failure.failed(
        "\(Quantity.count(report.damagedPacks, "pack")) with damage left alone; run 'datanet fsck'")
    }
  }
}
