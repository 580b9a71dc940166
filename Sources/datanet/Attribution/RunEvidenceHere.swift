// What is here of a published run: its recipe, transcript and snapshot, each checked against the
// run's claim (Specs/Proofs.md, "What is published").

import Attribution
import Claims
import Content
import Cryptography
import Learning
import Store
import Terminal

struct RunEvidenceHere {
  let recipe: Recipe
  let transcript: Transcript
  /// Of its repetitions from other seeds.
  let repetitions: [Transcript]
  let snapshot: Snapshot
  /// In the snapshot's order.
  let records: [SnapshotRecord]

  /// Fails with what is missing or is not what the claim says.
  init(_ run: PublishedRun, _ store: Store) throws {
    let reader = try ContributionReader(run.transcript, in: store.blocks)
    func file(_ name: String) throws -> [UInt8] {
      guard let bytes = try fileIfAny(name) else {
        throw Failure.refused("the run's evidence has no file \(name)")
      }
      return bytes
    }
    func fileIfAny(_ name: String) throws -> [UInt8]? {
      guard let file = try reader.file(at: ManifestPath(name)) else { return nil }
      guard file.item.bytes <= UInt64(OpenData.byteLimit) else {
        throw Failure.refused("\(name) of the run's evidence is larger than 1 GiB")
      }
      var bytes: [UInt8] = []
      try reader.read(file) { bytes += $0 }
      return bytes
    }
    recipe = try Recipe(Value(dagJSON: file("recipe.json")))
    guard recipe.cid == run.recipe else {
      throw Failure.refused("the run's recipe is another one than its claim names")
    }
    transcript = try Transcript(bytes: file("transcript"))
    guard transcript.root == run.root, transcript.recipe == run.recipe else {
      throw Failure.refused("the run's transcript is another one than its claim names")
    }
    var repetitions: [Transcript] = []
    for number in 1...Repetition.most {
      guard let bytes = try fileIfAny(Repetition.fileName(number)) else { break }
      let repetition = try Transcript(bytes: bytes)
      guard repetition.recipe == Repetition.recipe(recipe, number: number).cid else {
        throw Failure.refused("repetition \(number) of the run has another recipe")
      }
      repetitions.append(repetition)
    }
    self.repetitions = repetitions
    let held = try Self.blocks(of: file("snapshot.car"))
    snapshot = try Snapshot(run.snapshot) { held[$0] }
    var records: [SnapshotRecord] = []
    try snapshot.forEachRecord(from: { held[$0] }) { records.append($0) }
    self.records = records
  }

  private static func blocks(of archive: [UInt8]) throws -> [CID: [UInt8]] {
    var reader = CARReader()
    var blocks: [CID: [UInt8]] = [:]
    try reader.push(archive) { part in
      if case .block(let block) = part { blocks[block.cid] = block.bytes }
    }
    try reader.finish()
    return blocks
  }

  func shares() throws -> Shares {
    let folds = try FoldScores(transcript, recipe: recipe)
    return try Shares(
      snapshot, records: records, folds: folds,
      repeated: FoldScores.all(repetitions, of: recipe))
  }

  func tree() throws -> SumTree {
    try ScoreList(transcript, names: records.map(\.name)).tree()
  }
}
