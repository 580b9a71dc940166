// A run as a value: recipe and state in, next state and a line of the transcript out
// (Specs/Runs.md).

public struct Run: Sendable {
  private var steps: StepSequence
  public private(set) var transcript: Transcript

  public var recipe: Recipe { steps.recipe }
  public var trainer: Trainer { steps.trainer }
  public var records: [TokenRecord] { steps.records }
  public var state: TrainingState { steps.state }
  public var isFinished: Bool { state.step >= recipe.steps }

  /// A run from its first step, or from a state in its middle with the transcript up to there.
  public init(
    _ recipe: Recipe, trainer: Trainer, records: [TokenRecord], transcript: Transcript? = nil
  ) throws(RunError) {
    steps = try StepSequence(recipe, trainer: trainer, records: records)
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
  public mutating func places(of step: Int) -> [Int] { steps.places(of: step) }

  public func rate(of step: Int) -> Double { steps.rate(of: step) }

  /// Takes the next step.
  public mutating func advance(
    measuring measure: inout some ContributionMeasure
  ) throws(StepError) -> StepResult {
    let (entry, result) = try steps.advance(measuring: &measure)
    transcript.append(entry)
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
