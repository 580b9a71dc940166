// What each record of a step does for the yardstick, measured while the step is taken
// (Specs/Contributions.md).

public import CanonicalMath
public import Checkpoints
public import Cryptography
public import Learning

/// Contribution of record r at step s: effectiveRate(s) · scale · ⟨g_r, P⟩, where g_r is its part of
/// the step's gradient, scale is what clipping multiplied that by, and P is the step that AdamW would
/// take, without momentum, on the yardstick's gradient.
public struct YardstickMeasure: ContributionMeasure, Sendable {
  private let recipe: Recipe
  private let shape: AdapterShape
  private let yardstick: Yardstick
  private let configuration: ModelConfiguration
  private let records: [TokenRecord]
  private let effectiveRate: EffectiveRate
  private let folds: YardstickFolds
  /// The yardstick's gradient in force, in the layout's order; empty before the first.
  public private(set) var gradient: [Matrix] = []
  public private(set) var reading: YardstickReading?
  private var probe: DirectionProbe?

  /// `yardstick` are the records that the recipe's yardstick names.
  public init(
    _ recipe: Recipe, configuration: ModelConfiguration, yardstick records: [TokenRecord]
  ) throws(MeasureError) {
    guard let yardstick = recipe.yardstick else { throw .noYardstick }
    guard let shape = recipe.adapter else { throw .noAdapter }
    guard records.count == yardstick.records.count else {
      throw .recordCount(records.count, yardstick.records.count)
    }
    let places = records.indices.filter { records[$0].rowCount > 0 }
    guard !places.isEmpty else { throw .nothingCounts }
    guard yardstick.folds <= places.count else {
      throw .tooManyFolds(yardstick.folds, places.count)
    }
    self.recipe = recipe
    self.shape = shape
    self.yardstick = yardstick
    self.configuration = configuration
    self.records = records
    effectiveRate = EffectiveRate(recipe)
    folds = YardstickFolds(places: places, count: yardstick.folds, seed: recipe.seed)
  }

  /// Whether step `step` computes the yardstick's gradient anew.
  public static func refreshes(_ yardstick: Yardstick, at step: Int) -> Bool {
    (step - 1) % yardstick.stepsPerRefresh == 0
  }

  /// Goes on after a step that left this gradient in force; none is needed where the next step
  /// refreshes it.
  public mutating func resume(after entry: StepEntry, gradient: [Matrix]) {
    self.gradient = gradient
    reading = entry.reading
  }

  /// What has to be kept after a step so that the run can go on from there.
  public func kept(_ state: TrainingState) -> KeptState {
    KeptState(
      state, gradient: Self.refreshes(yardstick, at: state.step + 1) ? [] : gradient)
  }

  /// The hash of a gradient: SHA-256 over a label and each tensor's own, in the layout's order.
  public static func hash(_ gradient: [Matrix]) -> Digest {
    var whole = SHA256()
    whole.update(Array("datanet/yardstick-gradient/1".utf8))
    for matrix in gradient {
      var hash = SHA256()
      matrix.withCanonicalBytes { hash.update($0) }
      whole.update(hash.finish().bytes)
    }
    return whole.finish()
  }

  public mutating func begin(
    step: Int, records batch: [TokenRecord], rate: Double, trainer: inout Trainer
  ) throws(StepError) {
    if Self.refreshes(yardstick, at: step) { try refresh(step, &trainer) }
    guard gradient.count == trainer.state.layout.tensors.count else {
      throw .notFinite(step: step, what: "yardstick's gradient")
    }
    probe = DirectionProbe(
      direction(step, trainer.state), shape: shape, in: configuration, recordCount: batch.count)
  }

  /// The gradient of the mean loss over the next fold of the yardstick.
  private mutating func refresh(_ step: Int, _ trainer: inout Trainer) throws(StepError) {
    let places = folds.places(refresh: (step - 1) / yardstick.stepsPerRefresh)
    var unobserved = Unobserved()
    let losses = try trainer.gradient(of: places.map { records[$0] }, observer: &unobserved)
    let loss = Canonical.sum(Matrix(losses)) / Float(losses.count)
    guard loss.isFinite else { throw .notFinite(step: step, what: "yardstick's loss") }
    gradient = trainer.gradients
    reading = YardstickReading(gradient: Self.hash(gradient), loss: loss)
  }

  /// AdamW's step on the yardstick's gradient: from zeros, β₁ = 0, rate −1, no decay, and the second
  /// moments that the step finds.
  func direction(_ step: Int, _ state: TrainingState) -> [Matrix] {
    let optimizer = recipe.optimizer
    let update = AdamWStep(
      step: step, learningRate: -1, beta1: 0, beta2: Float(optimizer.beta2),
      epsilon: Float(optimizer.epsilon), weightDecay: 0,
      gradientScale: optimizer.gradientScale(norm: Canonical.norm(gradient)))
    return gradient.indices.map { place in
      var direction = Matrix(rows: gradient[place].rows, columns: gradient[place].columns)
      var first = direction
      var second = state.secondMoments[place]
      Canonical.adamW(
        update, parameters: &direction, gradient: gradient[place], first: &first, second: &second)
      return direction
    }
  }

  public mutating func observe(_ linear: LinearObservation, of group: Group) {
    probe?.observe(linear, of: group)
  }

  public mutating func end(step: Int, _ result: StepResult) throws(StepError) -> StepMeasurement {
    let products = probe?.products ?? []
    probe = nil
    let rate = effectiveRate(step: step)
    var contributions: [Int64] = []
    contributions.reserveCapacity(products.count)
    for product in products {
      let loss = rate * Double(result.gradientScale) * Double(product)
      guard let score = Score.rounded(loss) else {
        throw .notFinite(step: step, what: "contribution of a record")
      }
      contributions.append(score)
    }
    return StepMeasurement(contributions: contributions, reading: reading)
  }
}

public enum MeasureError: Error, Equatable, CustomStringConvertible {
  case noYardstick
  case noAdapter
  case recordCount(Int, Int)
  case nothingCounts
  case tooManyFolds(Int, Int)

  public var description: String {
    switch self {
    case .noYardstick: "the recipe names no yardstick, so its run has no contributions"
    case .noAdapter: "contributions are measured for adapters; this recipe trains every weight"
    case .recordCount(let count, let expected):
      "the yardstick has \(count) records and the recipe names \(expected): it is another one"
    case .nothingCounts: "no record of the yardstick has a token that counts in the loss"
    case .tooManyFolds(let folds, let usable):
      "the recipe divides its yardstick into \(folds) folds, and \(usable) of its records have "
        + "something to predict: at most so many folds"
    }
  }
}
