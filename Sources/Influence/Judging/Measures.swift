// How good scores are: rank correlation, areas under curves, recall, and their intervals
// (Specs/Influence.md, "Judged").

import Learning

public enum Measures {
  /// Ranks from 1; equals share their mean rank.
  public static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for place in start..<end { ranks[order[place]] = Double(start + end + 1) / 2 }
      start = end
    }
    return ranks
  }

  /// Spearman's rank correlation; 0 where one side does not vary.
  public static func spearman(_ a: [Double], _ b: [Double]) -> Double {
    precondition(a.count == b.count)
    let (x, y) = (ranks(a), ranks(b))
    let mean = Double(a.count + 1) / 2
    var (xy, xx, yy) = (0.0, 0.0, 0.0)
    for index in x.indices {
      xy += (x[index] - mean) * (y[index] - mean)
      xx += (x[index] - mean) * (x[index] - mean)
      yy += (y[index] - mean) * (y[index] - mean)
    }
    return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : 0
  }

  /// The chance that a wanted score lies above an unwanted one, equals counting half.
  public static func area(_ scores: [Double], wanted: [Bool]) -> Double {
    let ranks = ranks(scores)
    let count = Double(wanted.count { $0 })
    let others = Double(wanted.count) - count
    guard count > 0, others > 0 else { return 0.5 }
    let sum = zip(ranks, wanted).reduce(0.0) { $1.1 ? $0 + $1.0 : $0 }
    return (sum - count * (count + 1) / 2) / (count * others)
  }

  /// The share of what is wanted among as many of the highest scores.
  public static func recall(_ scores: [Double], wanted: [Bool]) -> Double {
    let count = wanted.count { $0 }
    guard count > 0 else { return 0 }
    let order = scores.indices.sorted {
      scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1
    }
    return Double(order.prefix(count).count { wanted[$0] }) / Double(count)
  }

  /// Where 95 % of 1,000 resampled means lie.
  public static func interval(_ values: [Double]) -> (low: Double, high: Double) {
    guard !values.isEmpty else { return (0, 0) }
    var draws = SeededDraws(seed: 95)
    var means = (0..<1000).map { _ in
      (0..<values.count).reduce(0.0) { sum, _ in sum + values[draws.below(values.count)] }
        / Double(values.count)
    }
    means.sort()
    return (means[25], means[974])
  }
}

/// The linear datamodelling score: how well summed scores foretell what training on a part of the
/// records does to a query's loss.
public struct LinearDatamodelingScore: Sendable {
  /// Spearman's correlation over the parts, one for each query.
  public let byQuery: [Double]

  /// `scores` [query][record], `parts` [part][record], `losses` [part][query].
  public init(scores: [[Float]], parts: [[Bool]], losses: [[Float]]) {
    byQuery = scores.indices.map { query in
      let foretold = parts.map { part in
        zip(part, scores[query]).reduce(0.0) { $1.0 ? $0 + Double($1.1) : $0 }
      }
      return Measures.spearman(foretold, losses.map { -Double($0[query]) })
    }
  }

  /// The correlation of sums over all queries, and where 95 % of 1,000 drawings of the parts lie.
  public static func together(scores: [[Float]], parts: [[Bool]], losses: [[Float]]) -> (
    value: Double, interval: (low: Double, high: Double)
  ) {
    let foretold = parts.map { part in
      scores.reduce(0.0) { sum, row in
        zip(part, row).reduce(sum) { $1.0 ? $0 + Double($1.1) : $0 }
      }
    }
    let gained = losses.map { -$0.reduce(0.0) { $0 + Double($1) } }
    var draws = SeededDraws(seed: 64)
    var drawn = (0..<1000).map { _ in
      let places = parts.indices.map { _ in draws.below(parts.count) }
      return Measures.spearman(places.map { foretold[$0] }, places.map { gained[$0] })
    }
    drawn.sort()
    return (Measures.spearman(foretold, gained), (drawn[25], drawn[974]))
  }

  public var mean: Double { byQuery.reduce(0, +) / Double(max(byQuery.count, 1)) }
  public var interval: (low: Double, high: Double) { Measures.interval(byQuery) }
}
