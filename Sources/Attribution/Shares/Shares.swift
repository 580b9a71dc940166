// Who made an adapter better, and by how much: from records' scores to contributors and
// contributions (Specs/Shares.md).

public import Claims
public import Content
public import Cryptography

/// What one contributor's or contribution's records did.
public struct Share: Hashable, Sendable {
  /// Records of its own, and records that it shares with others.
  public var records = 0
  public var sharedRecords = 0
  public var sum: Int64 = 0
  /// The interval's ends; nil where the yardstick had too few folds.
  public var low: Int64?
  public var high: Int64?

  public init() {}
}

public struct Shares: Hashable, Sendable {
  /// Ascending by key, as the snapshot has them.
  public let contributors: [PublicKey]
  /// By contributor.
  public let byContributor: [Share]
  /// By the snapshot's sources. A shared record counts for the source that it is kept from.
  public let bySource: [Share]
  /// The sum of all records' scores.
  public let total: Int64
  /// What counts for nobody: what several claimants of a record leave over, and rounding, less than a
  /// unit for each contributor and number of claimants.
  public let rest: Int64
  /// For each contributor the number of its cluster: those who share a record are in one.
  public let clusters: [Int]

  /// `records` are the snapshot's in order, `folds` what the run's transcript says of each, and
  /// `repeated` what those of its repetitions say.
  public init(
    _ snapshot: Snapshot, records: [SnapshotRecord], folds: FoldScores,
    repeated: [FoldScores] = []
  ) throws {
    contributors = snapshot.contributors
    var own: [[Int]] = Array(repeating: [], count: snapshot.contributors.count)
    var sources: [[Int]] = Array(repeating: [], count: snapshot.sources.count)
    // By contributor, then by the number of claimants.
    var shared: [[Int: [Int]]] = Array(repeating: [:], count: snapshot.contributors.count)
    var joined = Clusters(count: snapshot.contributors.count)
    for (place, record) in records.enumerated() {
      sources[record.source].append(place)
      if record.claimants.count == 1 {
        own[record.claimants[0]].append(place)
      } else {
        for claimant in record.claimants {
          shared[claimant][record.claimants.count, default: []].append(place)
          joined.join(record.claimants[0], claimant)
        }
      }
    }
    byContributor = try contributors.indices.map { contributor in
      /// Its own records, and its parts of those that it shares: in all, and by folds. What of a
      /// fold's sum is its part follows from the sum of all, so that the folds add up to it.
      func sums(_ folds: FoldScores) throws -> (sum: Int64, folds: [Int64]) {
        var sums = try folds.sums(of: own[contributor])
        var sum = try Self.sum(sums)
        for claimants in shared[contributor].keys.sorted() {
          let group = try folds.sums(of: shared[contributor][claimants] ?? [])
          let whole = try Self.sum(group)
          sum = try Self.added(sum, ClaimantPart.of(whole, among: claimants))
          let divisor = ClaimantPart.divisor(isGain: whole > 0, among: claimants)
          for (fold, part) in group.enumerated() {
            sums[fold] = try Self.added(sums[fold], part / divisor)
          }
        }
        return (sum, sums)
      }
      var share = Share()
      share.records = own[contributor].count
      share.sharedRecords = shared[contributor].values.reduce(0) { $0 + $1.count }
      let measured = try sums(folds)
      try share.measure(
        measured.sum, measured.folds, folds, repeated: repeated.map { try sums($0).sum })
      return share
    }
    bySource = try sources.map { places in
      var share = Share()
      share.records = places.count
      let sums = try folds.sums(of: places)
      try share.measure(
        Self.sum(sums), sums, folds, repeated: repeated.map { try $0.total(of: places) })
      return share
    }
    total = try Self.sum(folds.sums(of: records.indices))
    rest = byContributor.reduce(total) { $0 &- $1.sum }
    clusters = contributors.indices.map { joined.root($0) }
  }

  /// A stranger's transcript may hold any numbers.
  fileprivate static func added(_ left: Int64, _ right: Int64) throws(ScoreOverflow) -> Int64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    guard !overflow, sum.magnitude < PublishedShares.maximumSum.magnitude else {
      throw ScoreOverflow()
    }
    return sum
  }

  fileprivate static func sum(_ sums: [Int64]) throws(ScoreOverflow) -> Int64 {
    var total: Int64 = 0
    for sum in sums { total = try added(total, sum) }
    return total
  }

  /// The attribution that a trainer publishes beside the run.
  public func published(run: CID, root: Digest) -> PublishedShares {
    let parts = contributors.indices.map { place in
      let share = byContributor[place]
      return PublishedShares.Part(
        contributor: contributors[place], records: share.records + share.sharedRecords,
        sum: share.sum, low: share.low ?? share.sum, high: share.high ?? share.sum)
    }.sorted { ($1.sum, $0.contributor) < ($0.sum, $1.contributor) }
    let listed = Array(parts.prefix(PublishedShares.maximumParts))
    return PublishedShares(
      run: run, root: root, parts: listed, rest: listed.reduce(total) { $0 &- $1.sum })
  }
}

extension Share {
  /// `sums` are those of the folds, which rounding may have parted from `whole`.
  fileprivate mutating func measure(
    _ whole: Int64, _ sums: [Int64], _ folds: FoldScores, repeated: [Int64]
  ) throws {
    sum = whole
    let interval = try folds.interval(of: sums, repeated: repeated)
    low = interval.map { whole - ($0.sum - $0.low) }
    high = interval.map { whole + ($0.high - $0.sum) }
  }
}

/// Contributors that are joined, one by one.
private struct Clusters {
  private var parents: [Int]

  init(count: Int) { parents = Array(0..<count) }

  mutating func root(_ number: Int) -> Int {
    var number = number
    while parents[number] != number {
      parents[number] = parents[parents[number]]
      number = parents[number]
    }
    return number
  }

  mutating func join(_ one: Int, _ other: Int) {
    let (one, other) = (root(one), root(other))
    parents[max(one, other)] = min(one, other)
  }
}
