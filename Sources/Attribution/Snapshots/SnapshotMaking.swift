// From a plan to a snapshot: fold what is alike, then write every record that is left
// (Specs/Snapshots.md, "Making").

public import Cryptography

extension Snapshot {
  /// A group of records that are alike, and the sources that nobody's is proven to precede.
  public typealias Group = (records: [RecordFolding.Place], firsts: [Int])

  /// `groups` tells all groups of records that are alike; `names` tells a source's records in order;
  /// `keep` is given every block once. The same plan gives the same snapshot everywhere.
  public static func make(
    _ plan: SnapshotPlan, groups: ((Group) throws -> Void) throws -> Void,
    names: (_ source: Int, _ body: (_ number: Int, _ name: Digest) throws -> Void) throws -> Void,
    keep: @escaping (ProofBlock) throws -> Void
  ) throws -> (snapshot: Snapshot, folding: RecordFolding) {
    guard plan.sources.count <= Self.sourceLimit else {
      throw ProofError.limit("a snapshot has at most \(Self.sourceLimit) contributions")
    }
    var folding = RecordFolding(plan.sources)
    try groups { folding.fold($0.records, firsts: $0.firsts) }
    var builder = SnapshotBuilder(plan, folding: folding, keep: keep)
    for source in plan.sources.indices {
      try names(source) { number, name in
        _ = try builder.append(name: name, source: source, number: number)
      }
    }
    return (try builder.finish(), folding)
  }
}
