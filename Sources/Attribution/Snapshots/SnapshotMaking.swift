// From a plan to a snapshot: fold what is alike, then write every record that is left
// (Specs/Snapshots.md, "Making").

public import Cryptography

extension Snapshot {
  /// `likenesses` tells a folding which records are alike; `names` tells a source's records in
  /// order; `keep` is given every block once. The same plan gives the same snapshot everywhere.
  public static func make(
    _ plan: SnapshotPlan, likenesses: (inout RecordFolding) throws -> Void,
    names: (_ source: Int, _ body: (_ number: Int, _ name: Digest) throws -> Void) throws -> Void,
    keep: @escaping (ProofBlock) throws -> Void
  ) throws -> (snapshot: Snapshot, folding: RecordFolding) {
    guard plan.sources.count <= Self.sourceLimit else {
      throw ProofError.limit("a snapshot has at most \(Self.sourceLimit) contributions")
    }
    var folding = RecordFolding(plan.sources)
    try likenesses(&folding)
    folding.settle(plan)
    var builder = SnapshotBuilder(plan, folding: folding, keep: keep)
    for source in plan.sources.indices {
      try names(source) { number, name in
        _ = try builder.append(name: name, source: source, number: number)
      }
    }
    return (try builder.finish(), folding)
  }
}
