// How far a score would move with other yardstick records and another seed (Specs/Contributions.md, "Intervals").

public import Learning

/// A score with the ends of its interval, in units.
public struct ScoreInterval: Hashable, Sendable {
  public let sum: Int64
  public let low: Int64
  public let high: Int64

  public init(sum: Int64, low: Int64, high: Int64) {
    self.sum = sum
    self.low = low
    self.high = high
  }
}

/// What each fold of the yardstick measured of each record.
public struct FoldScores: Sendable {
  /// With fewer folds no interval is given.
  public static let leastFolds = 4
  /// 97.5 % quantiles of Student's t for 1, 2 … 30 degrees of freedom.
  private static let quantiles = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048,
    2.045, 2.042,
  ]

  /// By fold, then by the record's place.
  private var sums: [[Int64]]
  /// Folds that some step was measured with.
  private var isUsed: [Bool]

  /// The sums that follow from a run's transcript and recipe alone: no recipe has more folds than
  /// its yardstick has usable records.
  public init(_ transcript: Transcript, recipe: Recipe) throws(ProofError) {
    let yardstick = recipe.yardstick
    let count = max(1, yardstick?.folds ?? 1)
    let recordCount = recipe.data.count
    sums = Array(repeating: Array(repeating: 0, count: recordCount), count: count)
    isUsed = Array(repeating: false, count: count)
    let seed = recipe.seed
    var current = (refresh: -1, fold: 0)
    for entry in transcript.entries.dropFirst() {
      let refresh = (entry.step - 1) / (yardstick?.stepsPerRefresh ?? .max)
      if refresh != current.refresh {
        current = (refresh, YardstickFolds.fold(refresh: refresh, count: count, seed: seed))
      }
      isUsed[current.fold] = true
      for (place, contribution) in zip(entry.records, entry.contributions) {
        guard place < recordCount else {
          throw .contradiction("step \(entry.step) names record \(place) of \(recordCount)")
        }
        let (sum, overflow) = sums[current.fold][place].addingReportingOverflow(contribution)
        guard !overflow else { throw .limit("\(ScoreOverflow())") }
        sums[current.fold][place] = sum
      }
    }
  }

  /// The squared distances from the mean, added up.
  private static func squares(_ values: [Int64]) -> Double {
    let mean = values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
    return values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
  }

  /// The score of a group of records, by their places, with its interval; the interval's ends are
  /// nil when there are too few folds.
  public func score(of places: some Sequence<Int>) throws(ScoreOverflow) -> (
    sum: Int64, interval: ScoreInterval?
  ) {
    let folds = try sums(of: places)
    return (try Self.sum(folds), try interval(of: folds))
  }

  /// What each fold measured of a group of records.
  public func sums(of places: some Sequence<Int>) throws(ScoreOverflow) -> [Int64] {
    var folds = [Int64](repeating: 0, count: sums.count)
    for place in places {
      for fold in folds.indices {
        let (sum, overflow) = folds[fold].addingReportingOverflow(sums[fold][place])
        guard !overflow else { throw ScoreOverflow() }
        folds[fold] = sum
      }
    }
    return folds
  }

  /// What all folds together measured of a group of records.
  public func total(of places: some Sequence<Int>) throws(ScoreOverflow) -> Int64 {
    try Self.sum(sums(of: places))
  }

  private static func sum(_ sums: [Int64]) throws(ScoreOverflow) -> Int64 {
    var total: Int64 = 0
    for sum in sums {
      let (next, overflow) = total.addingReportingOverflow(sum)
      guard !overflow else { throw ScoreOverflow() }
      total = next
    }
    return total
  }

  /// The interval of a sum over folds; nil when there are too few. `repeated` are the sums of the same
  /// records in runs that differ by their seed alone.
  public func interval(
    of folds: [Int64], repeated: [Int64] = []
  ) throws(ScoreOverflow) -> ScoreInterval? {
    guard folds.count >= Self.leastFolds, isUsed.allSatisfy({ $0 }) else { return nil }
    let sum = try Self.sum(folds)
    let count = Double(folds.count)
    var variance = count / (count - 1) * Self.squares(folds)
    var freedom = folds.count - 1
    if !repeated.isEmpty {
      let seeds = Self.squares([sum] + repeated) / Double(repeated.count)
      let both = variance + seeds
      // Welch's and Satterthwaite's degrees of freedom of a sum of two estimated variances.
      let parts =
        variance * variance / Double(freedom) + seeds * seeds / Double(repeated.count)
      freedom = parts > 0 ? max(1, Int(min(both * both / parts, 1000))) : freedom
      variance = both
    }
    let quantile = freedom <= 30 ? Self.quantiles[freedom - 1] : 1.96
    let half = quantile * variance.squareRoot()
    guard half < 0x1p61, sum.magnitude < 1 << 62 else { throw ScoreOverflow() }
    let reach = Int64(half.rounded(.up))
    return ScoreInterval(sum: sum, low: sum - reach, high: sum + reach)
  }
}
