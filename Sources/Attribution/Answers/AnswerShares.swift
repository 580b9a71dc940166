// Who an answer comes from: from records' influence on it to the base and the contributors
// (Specs/Answers.md).

import CanonicalMath

/// One contributor's part of an answer.
public struct AnswerShare: Hashable, Sendable {
  /// A place in the list of contributors.
  public let contributor: Int
  /// Of the whole answer, the base's part included; negative where the records spoke against it.
  public let share: Double
  public let low: Double
  public let high: Double
}

public struct AnswerShares: Hashable, Sendable {
  /// Drawings of the records from which intervals come.
  public static let drawings = 200
  /// Of the sorted drawings, those that bound 95 %.
  private static let (lowest, highest) = (5, 194)

  /// What of the answer the base would have given by itself, from 0 to 1.
  public let base: Double
  /// What counts for nobody, since several claim the records.
  public let contested: Double
  /// By share, descending.
  public let contributors: [AnswerShare]

  /// `baseLoss` and `adapterLoss` are the summed losses of the answer's tokens without and with the
  /// adapter, `blindLoss` that of a model which knows nothing: log(vocabulary) for each token.
  ///
  /// Of the way from knowing nothing to the adapter's loss the base has gone its part; where the
  /// adapter made the answer less probable, all of it.
  public static func baseShare(
    blindLoss: Double, baseLoss: Double, adapterLoss: Double
  ) -> Double {
    let whole = blindLoss - adapterLoss
    guard whole > 0 else { return 1 }
    return min(max((blindLoss - baseLoss) / whole, 0), 1)
  }

  /// `influence` are the records' scores for the answer; `claimants` whose each record is; `seed`
  /// draws.
  public init(
    base: Double, influence: [Float], claimants: [[Int]], contributors count: Int, seed: UInt64 = 0
  ) {
    precondition(influence.count == claimants.count)
    self.base = base
    let scores = influence.map { $0.isFinite ? Double($0) : 0 }
    let (sums, contested) = Self.sums(scores, claimants, count)
    let whole = sums.reduce(contested) { $0 + max($1, 0) }
    guard whole > 0 else {
      self.contested = 0
      contributors = []
      return
    }
    let rest = 1 - base
    self.contested = rest * contested / whole
    // Poisson weights of mean 1 stand for drawing as many records again: each record's is a function
    // of its place and of the drawing.
    var drawn = [[Double]](repeating: [], count: count)
    for drawing in 0..<Self.drawings {
      let draws = RandomStream(key: seed, stream: UInt64(drawing)).words(count: scores.count)
      let weighted = zip(scores, draws).map { $0 * Double(Self.weight($1)) }
      let sums = Self.sums(weighted, claimants, count).sums
      for contributor in 0..<count { drawn[contributor].append(rest * sums[contributor] / whole) }
    }
    contributors = (0..<count).filter { sums[$0] != 0 }.map { contributor in
      let sorted = drawn[contributor].sorted()
      let share = rest * sums[contributor] / whole
      return AnswerShare(
        contributor: contributor, share: share, low: min(share, sorted[Self.lowest]),
        high: min(max(share, sorted[Self.highest]), rest))
    }.sorted { ($1.share, $0.contributor) < ($0.share, $1.contributor) }
  }

  /// Contributors' sums, and what claimants of the same records leave over of equal parts.
  private static func sums(
    _ scores: [Double], _ claimants: [[Int]], _ count: Int
  ) -> (sums: [Double], contested: Double) {
    var sums = [Double](repeating: 0, count: count)
    // By contributor, then by the number of claimants.
    var shared: [[Int: Double]] = Array(repeating: [:], count: count)
    for (score, owners) in zip(scores, claimants) {
      for owner in owners {
        if owners.count == 1 {
          sums[owner] += score
        } else {
          shared[owner][owners.count, default: 0] += score
        }
      }
    }
    var contested = 0.0
    for owner in 0..<count {
      for claimants in shared[owner].keys.sorted() {
        let sum = shared[owner][claimants] ?? 0
        let part = ClaimantPart.of(sum, among: claimants)
        sums[owner] += part
        contested += sum / Double(claimants) - part
      }
    }
    return (sums, contested)
  }

  /// Cumulated chances of 0, 1, 2 … in Poisson's distribution of mean 1, times 2³².
  private static let chances: [UInt32] = [
    1_580_030_169, 3_160_060_338, 3_950_075_422, 4_213_413_784, 4_279_248_374, 4_292_415_292,
    4_294_609_778, 4_294_923_276,
  ]

  private static func weight(_ draw: UInt32) -> Int {
    chances.firstIndex { draw < $0 } ?? chances.count
  }
}
