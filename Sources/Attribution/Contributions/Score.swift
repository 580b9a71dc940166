// Contributions as fixed-point integers, so that sums are exact in any order
// (Specs/Contributions.md, "Units").

/// An amount of loss on the yardstick, in units of 2⁻⁴⁰ of its mean loss. Positive: the loss came
/// down.
public enum Score {
  /// Units in a loss of 1.
  public static let unitsPerLoss = 1_099_511_627_776.0  // 2⁴⁰
  /// A single contribution is at most this many units either way (a loss of 64), so that the sums of
  /// a run of every allowed length are told from overflow.
  public static let limit: Int64 = 1 << 46

  /// Nearest, of two the even one; nil for what is no number or beyond the limit.
  public static func rounded(_ loss: Double) -> Int64? {
    let units = (loss * unitsPerLoss).rounded(.toNearestOrEven)
    guard units.magnitude <= Double(limit) else { return nil }
    return Int64(units)
  }

  /// As a loss, for people.
  public static func loss(_ units: Int64) -> Double { Double(units) / unitsPerLoss }
}

/// A sum of scores left 64 bits.
public struct ScoreOverflow: Error, Equatable, CustomStringConvertible {
  public init() {}
  public var description: String {
    "the sum of contributions does not fit 64 bits; no honest run comes near"
  }
}
