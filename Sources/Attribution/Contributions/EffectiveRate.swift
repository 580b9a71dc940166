// How far one step's gradient moves the parameters, all later steps together
// (Specs/Contributions.md, "Effective rate").

public import Learning

/// AdamW's first moment spreads a gradient over the following steps. Step s gives the gradient the
/// weight Σ_k rate(k)·(1−β₁)·β₁^(k−s)/(1−β₁^k) over k = s, s+1 … up to the run's last step.
public struct EffectiveRate: Sendable {
  /// Later steps are left out once their weight has fallen below this, or after so many.
  static let negligible = 0x1p-30
  static let termLimit = 4096

  private let recipe: Recipe

  public init(_ recipe: Recipe) { self.recipe = recipe }

  /// In binary64, terms in ascending order of k.
  public func callAsFunction(step: Int) -> Double {
    let beta = recipe.optimizer.beta1
    // β₁^step by squaring would round differently elsewhere; the rule is `power` below.
    var power = Self.power(beta, step)
    var weight = 1 - beta
    var sum = 0.0
    for later in step...min(recipe.steps, step + Self.termLimit - 1) {
      let rate = recipe.schedule.rate(
        recipe.optimizer.learningRate, step: later, of: recipe.steps)
      sum += rate * weight / (1 - power)
      weight *= beta
      power *= beta
      if weight < Self.negligible { break }
    }
    return sum
  }

  /// By `exponent` multiplications from 1, stopping at 0.
  private static func power(_ base: Double, _ exponent: Int) -> Double {
    var power = 1.0
    for _ in 0..<exponent where power != 0 { power *= base }
    return power
  }
}
