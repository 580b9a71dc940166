// A Datanet's records as a milestone has them, each once, for training and for everything that
// looks back at it (Specs/Snapshots.md).

import Attribution
import Claims
import Content
import Cryptography
import Learning
import Store
import Terminal

struct NetSnapshot {
  let datanet: CID
  let plan: SnapshotPlan
  let snapshot: Snapshot
  /// In the snapshot's order.
  let records: [SnapshotRecord]
  let blocks: [ProofBlock]
  let foldedCount: Int
  let sharedCount: Int

  /// The milestone that is meant: the one named, or the newest that counts.
  static func milestone(_ named: CID?, in datanet: CID, _ store: Store) throws -> CID {
    if let named { return named }
    let listed = try store.claims.milestones(of: datanet).listed
    // The one that contains most: highest rank, then the founder's or the smallest key's.
    guard let newest = listed.max(by: { ($0.rank, $0.height) < ($1.rank, $1.height) }) else {
      throw Failure.failed(
        "no curator has signed a milestone yet, so nothing says what counts; a curator does with "
          + "'datanet milestone NET'")
    }
    return CID(codec: .dagCBOR, digest: newest.claim)
  }

  static func plan(_ datanet: CID, milestone: CID, _ store: Store) throws -> SnapshotPlan {
    guard let entries = try store.claims.entries(at: milestone, kind: .contribution),
      let plan = SnapshotPlan(
        datanet: datanet, milestone: milestone, order: try store.claims.milestones(of: datanet),
        entries: entries)
    else {
      throw Failure.notFound("\(milestone) is no milestone that counts in this Datanet here")
    }
    guard !plan.sources.isEmpty else {
      throw Failure.failed("the milestone contains no contribution that counts")
    }
    return plan
  }

  /// Makes the snapshot anew from claims and records.
  init(
    of datanet: CID, milestone named: CID? = nil, _ store: Store, _ context: Context
  ) throws {
    self.datanet = datanet
    let milestone = try Self.milestone(named, in: datanet, store)
    let plan = try Self.plan(datanet, milestone: milestone, store)
    self.plan = plan
    let progress = context.progress(
      "Folding what is alike", unit: .things(singular: "record", plural: "records"))
    defer { progress.finish() }
    let finder = DuplicateFinder(store) { state in
      progress.set(
        done: state.done, total: state.total,
        item: state.stage == .indexing ? "indexing" : "comparing")
      return !Interruption.isRequested
    }
    let manifests = plan.sources.map(\.manifest)
    var kept: [ProofBlock] = []
    let made = try Snapshot.make(plan) { folding in
      try finder.tell(&folding, plan)
    } names: { source, body in
      try ContributionReader(manifests[source], in: store.blocks)
        .forEachRecord(namesOnly: true) { try body(Int(clamping: $0.number), $0.name) }
    } keep: { block in
      kept.append(block)
    }
    snapshot = made.snapshot
    foldedCount = made.folding.foldedCount
    sharedCount = made.folding.sharedCount
    blocks = kept
    records = try Self.records(of: made.snapshot, kept)
  }

  private static func records(
    of snapshot: Snapshot, _ blocks: [ProofBlock]
  ) throws -> [SnapshotRecord] {
    let held = Dictionary(blocks.map { ($0.cid, $0.bytes) }) { one, _ in one }
    var records: [SnapshotRecord] = []
    try snapshot.forEachRecord(from: { held[$0] }) { records.append($0) }
    return records
  }
}

extension DuplicateFinder {
  /// What of a plan's records is alike.
  func tell(_ folding: inout RecordFolding, _ plan: SnapshotPlan) throws {
    func place(_ place: Place) -> RecordFolding.Place {
      .init(source: place.contribution, record: Int(clamping: place.record))
    }
    try forEachLikeness(
      among: plan.sources.map(\.manifest), owners: folding.owners,
      replaced: plan.replaced.map(\.manifest), rewording: RecordFolding.rewording
    ) { likeness in
      switch likeness {
      case .same(let first, let copy): folding.same(place(first), copy: place(copy))
      case .near(let one, let other, let similarity):
        folding.near(place(one), place(other), similarity: similarity)
      case .had(let record, let replaced): folding.had(place(record), replaced: replaced)
      }
    }
  }
}

extension Snapshot {
  /// The records' own bytes with their format, in the snapshot's order.
  func forEachPassing(
    _ records: [SnapshotRecord], _ store: Store,
    _ body: (Int, ContributionReader.PassingRecord) throws -> Void
  ) throws {
    var place = 0
    for (source, manifest) in sources.map(\.manifest).enumerated() {
      guard place < records.count, records[place].source == source else { continue }
      try ContributionReader(manifest, in: store.blocks).forEachRecord { record in
        guard place < records.count, records[place].source == source,
          records[place].number == Int(clamping: record.number)
        else { return }
        guard records[place].name == record.name else {
          throw Failure.refused("the snapshot names another record \(place) than its source has")
        }
        try body(place, record)
        place += 1
      }
    }
    guard place == records.count else {
      throw Failure.refused("the snapshot names records that its sources have not")
    }
  }
}
