// Publishes a finished run: its evidence as manifests, then the claims that name them
// (Specs/Claims.md, "run", "attribution"; Specs/Proofs.md, "What is published").

import Attribution
import Checkpoints
import Claims
import Content
import JSON
import Learning
import Store
import Terminal

struct RunPublishing {
  private let run: Run
  private let files: RunFiles
  private let origin: NetOrigin
  private let repetitions: [Transcript]
  private let context: Context

  init(
    _ run: Run, repetitions: [Transcript], _ files: RunFiles, _ origin: NetOrigin,
    _ context: Context
  ) {
    self.run = run
    self.repetitions = repetitions
    self.files = files
    self.origin = origin
    self.context = context
  }

  func publish() throws {
    let store = try context.store()
    let identity = try context.identity()
    let snapshot = origin.snapshot
    try AtomicFile.write(archive(), to: "\(files.directory)/snapshot.car")
    let directory = files.directory
    let names =
      ["recipe.json", "transcript", "snapshot.car"]
      + repetitions.indices.map { Repetition.fileName($0 + 1) }
    let evidence = try add(names.map { "\(directory)/\($0)" }, store)
    let checkpoints = try add(checkpointPaths(), store)
    let adapter = try add(
      ["adapter_config.json", "adapter_model.safetensors"].map { "\(directory)/\($0)" }, store)
    let list = try ScoreList(run.transcript, names: snapshot.records.map(\.name))
    let isMeasured = run.recipe.yardstick != nil
    let root = isMeasured ? try list.tree().commitment : nil
    let all = [evidence, checkpoints, adapter]
    let published = PublishedRun(
      recipe: run.recipe.cid, milestone: snapshot.plan.milestone, snapshot: snapshot.snapshot.cid,
      leftOut: snapshot.plan.leftOut, base: origin.base.id, yardstick: origin.yardstick?.id,
      transcript: evidence.manifest.cid, root: run.transcript.root,
      checkpoints: checkpoints.manifest.cid, adapter: adapter.manifest.cid, shares: root,
      steps: run.recipe.steps, records: snapshot.records.count,
      bytes: all.reduce(0) { $0 + Int(clamping: $1.manifest.bytes) },
      name: directory.split(separator: "/").last.map(String.init))
    let claim = try store.claims.append(
      .run(published), to: origin.datanet, by: identity, timeMilliseconds: Moment.milliseconds())
    var shares: Claim?
    if let root {
      let folds = try FoldScores(run.transcript, recipe: run.recipe)
      let found = try Shares(
        snapshot.snapshot, records: snapshot.records, folds: folds,
        repeated: FoldScores.all(repetitions, of: run.recipe))
      shares = try store.claims.append(
        .attribution(found.published(run: claim.cid, root: root)), to: origin.datanet,
        by: identity, timeMilliseconds: Moment.milliseconds())
    }
    // The additions keep their chunks from being collected until the claims are stored.
    extendLifetime(all)
    context.output.json([
      "run": .cid(claim.cid), "attribution": shares.map { .cid($0.cid) } ?? .null,
      "snapshot": .cid(snapshot.snapshot.cid), "shares": root.map { .string("\($0)") } ?? .null,
    ])
    context.output.text("Published run \(claim.cid)")
    if shares != nil {
      context.output.text("See 'datanet shares \(Shown.cid(claim.cid))'.")
    }
  }

  private func add(_ paths: [String], _ store: Store) throws -> Addition {
    try store.blocks.add(FileWalk.files(at: paths), options: AddOptions())
  }

  /// Those that the run's recipe keeps, in order.
  private func checkpointPaths() -> [String] {
    let every = run.recipe.stepsPerCheckpoint
    let steps = Array(stride(from: every, through: run.recipe.steps, by: every))
    let all = steps.last == run.recipe.steps ? steps : steps + [run.recipe.steps]
    return all.map { files.checkpointPath($0) }
  }

  /// The snapshot's blocks, so that whoever checks the run need not fold everything again.
  private func archive() throws -> [UInt8] {
    var bytes = try CARWriter.header(roots: [origin.snapshot.snapshot.cid])
    for block in origin.snapshot.blocks {
      bytes += CARWriter.sectionHead(block.cid, byteCount: block.bytes.count) + block.bytes
    }
    return bytes
  }
}
