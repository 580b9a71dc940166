// A run as a value: recipe and state in, next state and a line of the transcript out
// (Specs/Runs.md).

/// Measures what each record of a step does for the yardstick. A run is generic over its measure, so
/// a proof's own is bound when it is compiled.
public protocol ContributionMeasure: BackwardObserver {
  /// Before a step's gradient is computed. `trainer` has the state that the step starts from, and may
  /// be asked for other gradients.
  mutating func begin(
    step: Int, records: [TokenRecord], rate: Double, trainer: inout Trainer) throws(StepError)
  /// After the step: one number for each of its records, or none.
  mutating func end() -> [Int64]
}

extension Unobserved: ContributionMeasure {
  public mutating func begin(
    step: Int, records: [TokenRecord], rate: Double, trainer: inout Trainer
  ) throws(StepError) {}
  public mutating func end() -> [Int64] { [] }
}

public struct Run: Sendable {
  public let recipe: Recipe
  public private(set) var trainer: Trainer
  public private(set) var transcript: Transcript
  /// By place in the recipe's list; what cannot be trained on counts nothing.
  public let records: [TokenRecord]
  private var stream: RecordStream

  public var state: TrainingState { trainer.state }
  public var isFinished: Bool { state.step >= recipe.steps }

  /// A run from its first step, or from a state in its middle with the transcript up to there.
  public init(
    _ recipe: Recipe, trainer: Trainer, records: [TokenRecord], transcript: Transcript? = nil
  ) throws(RunError) {
    guard records.count == recipe.data.count else {
      throw .recordCount(records.count, recipe.data.count)
    }
    let places = records.indices.filter { records[$0].rowCount > 0 }
    guard !places.isEmpty else { throw .nothingToLearn }
    self.recipe = recipe
    self.trainer = trainer
    self.records = records
    stream = RecordStream(places: places, order: recipe.order, seed: recipe.seed)
    var own = Transcript(recipe: recipe.cid)
    if let transcript {
      guard transcript.recipe == own.recipe else { throw .otherRecipe }
      guard transcript.entries.count > trainer.state.step else {
        throw .shortTranscript(transcript.entries.count, step: trainer.state.step)
      }
      for entry in transcript.entries[...trainer.state.step] { own.append(entry) }
      guard own.entries.last?.state == trainer.state.hash else {
        throw .otherState(step: trainer.state.step)
      }
    } else {
      own.append(
        StepEntry(step: trainer.state.step, state: trainer.state.hash, loss: 0, records: []))
    }
    self.transcript = own
  }

  /// The places of the records that step `step` takes.
  public mutating func places(of step: Int) -> [Int] {
    stream.places(step: step, count: recipe.recordsPerStep)
  }

  public func rate(of step: Int) -> Double {
    recipe.schedule.rate(recipe.optimizer.learningRate, step: step, of: recipe.steps)
  }

  /// Takes the next step.
  public mutating func advance(
    measuring measure: inout some ContributionMeasure
  ) throws(StepError) -> StepResult {
    let step = state.step + 1
    let places = places(of: step)
    let batch = places.map { records[$0] }
    let rate = rate(of: step)
    try measure.begin(step: step, records: batch, rate: rate, trainer: &trainer)
    let result = try trainer.step(batch, rate: rate, observer: &measure)
    transcript.append(
      StepEntry(
        step: step, state: state.hash, loss: result.loss, records: places,
        contributions: measure.end()))
    return result
  }

  /// Takes the next step without measuring contributions.
  public mutating func advance() throws(StepError) -> StepResult {
    var unobserved = Unobserved()
    return try advance(measuring: &unobserved)
  }
}

public enum RunError: Error, Equatable, CustomStringConvertible {
  case recordCount(Int, Int)
  case nothingToLearn
  case otherRecipe
  case shortTranscript(Int, step: Int)
  case otherState(step: Int)

  public var description: String {
    switch self {
    case .recordCount(let count, let expected):
      "the data has \(count) records and the recipe names \(expected): it is not the recipe's data"
    case .nothingToLearn:
      "no record has a token that counts in the loss: the data is empty, or its completions are; "
        + "try --loss all"
    case .otherRecipe: "the transcript is another recipe's"
    case .shortTranscript(let count, let step):
      "the transcript has \(count) entries and the checkpoint is at step \(step)"
    case .otherState(let step):
      "the checkpoint at step \(step) is not the state that the transcript names"
    }
  }
}
