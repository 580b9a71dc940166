// The learning rate of a step (Specs/Runs.md, "Learning rate"): binary64, with a cosine of its
// own, so that every machine takes the same steps.

public struct Schedule: Hashable, Sendable {
  public enum Shape: String, Sendable { case constant, linear, cosine }

  public var shape: Shape
  /// Steps in which the rate rises linearly to its full value.
  public var warmUpSteps: Int
  /// The share of the full rate that remains at the end of a linear or cosine schedule.
  public var finalShare: Double

  public init(shape: Shape = .constant, warmUpSteps: Int = 0, finalShare: Double = 0) {
    self.shape = shape
    self.warmUpSteps = warmUpSteps
    self.finalShare = finalShare
  }

  /// The rate of step `step` (the first is 1) of `steps`, for a full rate of `rate`.
  public func rate(_ rate: Double, step: Int, of steps: Int) -> Double {
    if step <= warmUpSteps { return rate * (Double(step) / Double(warmUpSteps)) }
    let rest = steps - warmUpSteps
    guard rest > 0 else { return rate }
    // The first step after the warm-up has the full rate.
    let progress = Double(step - warmUpSteps - 1) / Double(rest)
    switch shape {
    case .constant: return rate
    case .linear: return rate * (finalShare + (1 - finalShare) * (1 - progress))
    case .cosine:
      let wave = (1 + Self.cosine(ofPiTimes: progress)) / 2
      return rate * (finalShare + (1 - finalShare) * wave)
    }
  }

  /// cos(πt) for t in [0, 1] as −sin(πu), u = t − 1/2, by the Taylor series to degree 21 in
  /// Horner's form: 1e−16 off at most, and made of products and sums alone.
  static func cosine(ofPiTimes t: Double) -> Double {
    let x = (t - 0.5) * Double.pi
    let square = x * x
    var sum = 1.0
    for n in stride(from: 20, through: 2, by: -2) {
      sum = 1 - square / Double(n * (n + 1)) * sum
    }
    return -(x * sum)
  }
}
