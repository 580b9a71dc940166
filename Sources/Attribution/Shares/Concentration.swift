// How much of an adapter comes from how few (Specs/Shares.md, "Concentration").

/// Over the positive sums alone: who harmed has no part of what was gained.
public struct Concentration: Hashable, Sendable {
  /// Holders with a part.
  public let count: Int
  /// The sum of squared parts, from 1/count (all equal) to 1 (one has all): Herfindahl and
  /// Hirschman's index. 1 over it is how many equal holders it would take.
  public let herfindahl: Double
  /// Half the mean difference between two holders over the mean, from 0 (all equal) to below 1.
  public let gini: Double
  /// The smallest group that has at least half.
  public let half: Int

  /// Nil where nobody has a positive sum.
  public init?(_ sums: some Sequence<Int64>) {
    let parts = sums.filter { $0 > 0 }.sorted().map { Double($0) }
    let total = parts.reduce(0, +)
    guard total > 0 else { return nil }
    count = parts.count
    herfindahl = parts.reduce(0) { $0 + ($1 / total) * ($1 / total) }
    // With parts ascending, Σ (2i − n − 1)·x / (n·Σx), i from 1.
    var weighted = 0.0
    for (place, part) in parts.enumerated() {
      weighted += Double(2 * (place + 1) - parts.count - 1) * part
    }
    gini = weighted / (Double(parts.count) * total)
    var (group, reached) = (0, 0.0)
    for part in parts.reversed() {
      group += 1
      reached += part
      if reached * 2 >= total { break }
    }
    half = group
  }

  /// The same over clusters: holders with one number count as one, so that a name more changes
  /// nothing.
  public init?(_ sums: [Int64], clusters: [Int]) {
    var joined: [Int: Int64] = [:]
    for (sum, cluster) in zip(sums, clusters) { joined[cluster, default: 0] &+= sum }
    self.init(joined.keys.sorted().map { joined[$0] ?? 0 })
  }
}
