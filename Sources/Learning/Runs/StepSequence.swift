// A recipe's steps, one by one and from any state of the run (Specs/Runs.md, "Step").

/// Measures what each record of a step does for the yardstick. What takes a step is generic over its
/// measure, so a proof's own is bound when it is compiled.
public protocol ContributionMeasure: BackwardObserver {
  /// Before a step's gradient is computed. `trainer` has the state that the step starts from, and may
  /// be asked for other gradients.
  mutating func begin(
    step: Int, records: [TokenRecord], rate: Double, trainer: inout Trainer) throws(StepError)
  /// After the step.
  mutating func end(step: Int, _ result: StepResult) throws(StepError) -> StepMeasurement
}

/// What a measure found in a step.
public struct StepMeasurement: Hashable, Sendable {
  /// One number for each of the step's records, or none.
  public var contributions: [Int64]
  public var reading: YardstickReading?

  public init(contributions: [Int64] = [], reading: YardstickReading? = nil) {
    self.contributions = contributions
    self.reading = reading
  }
}

extension Unobserved: ContributionMeasure {
  public mutating func begin(
    step: Int, records: [TokenRecord], rate: Double, trainer: inout Trainer
  ) throws(StepError) {}
  public mutating func end(step: Int, _ result: StepResult) throws(StepError) -> StepMeasurement {
    StepMeasurement()
  }
}

/// Everything that a step of a recipe is made of: the same for who trains and for who checks.
public struct StepSequence: Sendable {
  public let recipe: Recipe
  public private(set) var trainer: Trainer
  /// By place in the recipe's list; what cannot be trained on counts nothing.
  public let records: [TokenRecord]
  private var stream: RecordStream

  public init(_ recipe: Recipe, trainer: Trainer, records: [TokenRecord]) throws(RunError) {
    guard records.count == recipe.data.count else {
      throw .recordCount(records.count, recipe.data.count)
    }
    let places = records.indices.filter { records[$0].rowCount > 0 }
    guard !places.isEmpty else { throw .nothingToLearn }
    self.recipe = recipe
    self.trainer = trainer
    self.records = records
    stream = RecordStream(places: places, order: recipe.order, seed: recipe.seed)
  }

  public var state: TrainingState { trainer.state }

  /// The places of the records that step `step` takes.
  public mutating func places(of step: Int) -> [Int] {
    stream.places(step: step, count: recipe.recordsPerStep)
  }

  public func rate(of step: Int) -> Double {
    recipe.schedule.rate(recipe.optimizer.learningRate, step: step, of: recipe.steps)
  }

  /// Goes on from another state of the same run.
  public mutating func restore(_ state: TrainingState) { trainer.restore(state) }

  /// Takes the step after the state's.
  public mutating func advance(
    measuring measure: inout some ContributionMeasure
  ) throws(StepError) -> (entry: StepEntry, result: StepResult) {
    let step = state.step + 1
    let places = places(of: step)
    let batch = places.map { records[$0] }
    let rate = rate(of: step)
    try measure.begin(step: step, records: batch, rate: rate, trainer: &trainer)
    let result = try trainer.step(batch, rate: rate, observer: &measure)
    let measurement = try measure.end(step: step, result)
    let entry = StepEntry(
      step: step, state: state.hash, loss: result.loss, records: places,
      contributions: measurement.contributions, reading: measurement.reading)
    return (entry, result)
  }
}
