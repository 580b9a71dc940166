// What one `datanet train` learns from: plain files, or a Datanet's milestone
// (Specs/Snapshots.md, "On the command line").

import Attribution
import Checkpoints
import Claims
import Content
import Learning
import Store
import Terminal

struct TrainingSource {
  let base: OpenBase
  let data: TrainingData
  let yardstick: TrainingData?
  /// Nil for plain files.
  let origin: NetOrigin?

  var recipeOrigin: RecipeOrigin? {
    origin.map { origin in
      RecipeOrigin(
        snapshot: origin.snapshot.snapshot.cid, base: origin.base.publication.manifest,
        yardstick: origin.yardstick?.publication.manifest)
    }
  }

  /// A file of the name goes before a Datanet's.
  init(
    _ context: Context, base: @autoclosure () throws -> String, data: String
  ) throws {
    if MappedFile.exists(data) || !context.home.exists {
      try self.init(context, file: data, base: base())
      return
    }
    let store = try context.store()
    let names = Names(store: store)
    guard
      try names.datanets().contains(where: {
        $0.name == data || "\($0.cid)".hasPrefix(data) && data.utf8.count >= Prefix.shortest
      })
    else {
      try self.init(context, file: data, base: base())
      return
    }
    try self.init(context, datanet: names.datanet(data), named: data, store)
  }

  private init(_ context: Context, file: String, base: String) throws {
    guard !context.invocation.has("publish"), !context.invocation.has("milestone") else {
      throw Failure.usage(
        "--publish and --milestone go with a Datanet as --data; \(file) is a file, or nothing here")
    }
    self.base = try NetBase.open(base, context)
    data = try TrainingData(file: file)
    yardstick = try context.invocation.text("yardstick").map { try TrainingData(file: $0) }
    origin = nil
  }

  private init(_ context: Context, datanet: CID, named name: String, _ store: Store) throws {
    let options = context.invocation
    let milestone = try options.text("milestone").map { try Names(store: store).claim($0).cid }
    let snapshot = try NetSnapshot(of: datanet, milestone: milestone, store, context)
    guard let base = try NetBase.entry(options.text("base") ?? name, store),
      try store.claims.claim(base.id.cid)?.datanet == datanet
    else {
      throw Failure.usage(
        "--base has to be one of the Datanet's own, so that others can check the run: "
          + "'datanet model add DIR \(Printable.line(name))' adds one")
    }
    let yardstick = try NetOrigin.yardstick(
      at: snapshot.plan.milestone, named: options.text("yardstick"), store)
    self.base = try NetBase.open(base, store, context)
    data = try TrainingData(snapshot, title: name, store)
    self.yardstick = try yardstick.map { entry in
      try TrainingData(
        manifest: entry.publication.manifest, title: entry.publication.name ?? "the yardstick",
        store)
    }
    origin = NetOrigin(
      datanet: datanet, snapshot: snapshot, base: base, yardstick: yardstick)
    if options.has("publish"), options.integer("seed") ?? 0 != 0 {
      throw Failure.usage("a Datanet accepts no --seed: it would let trainers search for luck")
    }
    let folded = snapshot.foldedCount
    context.output.text(
      "\(Printable.line(name)): \(Quantity.count(data.names.count, "record")) of "
        + "\(Quantity.count(snapshot.plan.sources.count, "contribution")); "
        + "\(Quantity.count(folded)) folded into ones that were first"
        + (snapshot.sharedCount > 0
          ? ", \(Quantity.count(snapshot.sharedCount)) shared by several" : "")
        + (data.textless > 0 ? ", \(Quantity.count(data.textless)) hold no text" : ""))
  }
}
