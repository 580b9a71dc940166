// Which records look mislabelled: those that adapter and other records speak against
// (Specs/Influence.md, "Suspects").

import CanonicalMath
import Glibc

/// What speaks for a record's being wrong.
public struct Suspicion: Hashable, Sendable {
  /// The higher, the more suspect; 0 is about the mean of all.
  public let score: Double
  /// Its weighed gradient's squared length at the adapter: what fitting this record alone takes.
  public let selfInfluence: Double
  /// The mean cosine of its weighed gradient with those of the other records: above 0 where learning
  /// them taught it too.
  public let agreement: Double
}

extension InfluenceIndex {
  /// By record; nil for those that count nothing. Asks the records alone, so no query and no clean
  /// records are needed. The index has to be of `InfluenceMethod.forSuspects`.
  public func suspicions() -> [Suspicion?] {
    precondition(settings.method == .forSuspects, "an index of another method")
    let sum = (0..<batchCount).reduce(into: Matrix(rows: 1, columns: featureCount)) { sum, batch in
      let directions = stored(batch, 0).directions.widened()
      let ones = Matrix([Float](repeating: 1, count: directions.rows))
      Canonical.product(.nn, ones, directions, into: &sum, accumulating: true)
    }
    var lengths: [Float] = []
    var agreements: [Double] = []
    for batch in 0..<batchCount {
      let (directions, own) = stored(batch, 0)
      lengths += own
      agreements += Canonical.product(.nt, sum, directions).elements.map { Double($0) }
    }
    let counted = lengths.indices.filter { lengths[$0] > 0 }
    let others = Double(max(counted.count - 1, 1))
    // A record's own direction is in the sum, with cosine 1.
    for place in counted { agreements[place] = (agreements[place] - 1) / others }
    let sizes = Self.standardised(counted.map { log(Double(lengths[$0])) })
    let alike = Self.standardised(counted.map { agreements[$0] })
    var result = [Suspicion?](repeating: nil, count: recordCount)
    for (index, place) in counted.enumerated() {
      let length = Double(lengths[place])
      result[place] = Suspicion(
        score: sizes[index] - alike[index], selfInfluence: length * length,
        agreement: agreements[place])
    }
    return result
  }

  /// With mean 0 and deviation 1; zeros where nothing varies.
  private static func standardised(_ values: [Double]) -> [Double] {
    let count = Double(max(values.count, 1))
    let mean = values.reduce(0, +) / count
    let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
    return values.map { deviation > 0 ? ($0 - mean) / deviation : 0 }
  }
}
