// Writes a snapshot's blocks while its records pass by, so that a million need a megabyte
// (Specs/Snapshots.md, "Blocks").

import Content
public import Cryptography
import Learning

public struct SnapshotBuilder: ~Copyable {
  private let plan: SnapshotPlan
  private let folding: RecordFolding
  private let owners: [Int]
  private let keep: (ProofBlock) throws -> Void
  private var hash = RecordListHasher()
  private var part: [Value] = []
  private var partBytes = 0
  private var parts: [CID] = []
  /// Records of one block: each has at most 60 bytes, or a few more when it is shared.
  private static let partLimit = 16_384
  private static let partByteLimit = 900_000

  /// `keep` is given every block once, leaves first.
  public init(
    _ plan: SnapshotPlan, folding: RecordFolding, keep: @escaping (ProofBlock) throws -> Void
  ) {
    self.plan = plan
    self.folding = folding
    self.keep = keep
    var place = -1
    var last: PublicKey?
    owners = plan.sources.map { source in
      if source.author != last { place += 1 }
      last = source.author
      return place
    }
  }

  /// The next record of the sources, in their order; answers whether the snapshot has it.
  public mutating func append(name: Digest, source: Int, number: Int) throws -> Bool {
    let place = RecordFolding.Place(source: source, record: number)
    guard let claimants = folding.claimants(of: place) else { return false }
    guard claimants.count <= Snapshot.claimantLimit else {
      throw ProofError.limit(
        "a record is shared by at most \(Snapshot.claimantLimit) contributors; a milestone between "
          + "them tells who was first")
    }
    let record = SnapshotRecord(name: name, source: source, number: number, claimants: claimants)
    hash.append(name)
    part.append(record.value(owner: owners[source]))
    partBytes += 60 + 3 * claimants.count
    if part.count >= Self.partLimit || partBytes >= Self.partByteLimit { try close() }
    return true
  }

  private mutating func close() throws {
    let block = ProofBlock(.array(part))
    part = []
    partBytes = 0
    parts.append(block.cid)
    try keep(block)
  }

  public mutating func finish() throws -> Snapshot {
    if !part.isEmpty { try close() }
    let sources = BlockParts.cut(plan.sources.lazy.map { Snapshot.value($0) })
    for block in sources { try keep(block) }
    guard parts.count <= BlockParts.partLimit, sources.count <= BlockParts.partLimit else {
      throw ProofError.limit("a snapshot has at most \(BlockParts.partLimit) parts")
    }
    let snapshot = Snapshot(
      plan: plan, list: hash.finish(), sourceParts: sources.map(\.cid), recordParts: parts)
    try keep(snapshot.block)
    return snapshot
  }
}

/// The digest of a list of records, name by name.
struct RecordListHasher: ~Copyable {
  private var hash = SHA256()
  private var count = 0

  mutating func append(_ name: Digest) {
    hash.update(name.bytes)
    count += 1
  }

  /// The list so far; the hasher starts afresh afterwards.
  mutating func finish() -> RecordList {
    defer { count = 0 }
    return RecordList(count: count, digest: hash.finish())
  }
}
