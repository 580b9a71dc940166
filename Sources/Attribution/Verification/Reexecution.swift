// Executes steps of a run again and compares them with what was claimed
// (Specs/Verification.md, "Steps"). Typed to the canonical kernels: no other arithmetic can be put
// in its place.

public import Learning

/// What of a step came out otherwise.
public struct StepDifference: Hashable, Sendable {
  public let step: Int
  public let what: String
}

/// A run's steps, taken by who checks it.
public struct Reexecution: Sendable {
  private var sequence: StepSequence
  private var measure: YardstickMeasure?
  /// The yardstick's gradient and its reading as they were before the last step.
  private var before: KeptState

  /// `trainer` has the first state that the recipe's seed draws.
  public init(_ evidence: RunEvidence, trainer: Trainer) throws {
    sequence = try StepSequence(evidence.recipe, trainer: trainer, records: evidence.records)
    if evidence.recipe.yardstick != nil {
      measure = try YardstickMeasure(
        evidence.recipe, configuration: trainer.configuration, yardstick: evidence.yardstick)
    }
    before = KeptState(trainer.state)
  }

  /// Goes to a state that the transcript commits to in `entry`; says what is wrong with it if it is
  /// not that state.
  public mutating func start(from kept: KeptState, committed entry: StepEntry) -> String? {
    guard kept.state.layout == sequence.state.layout else { return "it has other tensors" }
    guard kept.state.step == entry.step else { return "it is the state after another step" }
    guard kept.state.hash == entry.state else {
      return "its hash is not the one in the transcript"
    }
    if let yardstick = sequence.recipe.yardstick, entry.step > 0,
      !YardstickMeasure.refreshes(yardstick, at: entry.step + 1)
    {
      guard !kept.gradient.isEmpty,
        YardstickMeasure.hash(kept.gradient) == entry.reading?.gradient
      else { return "its yardstick's gradient is not the one in the transcript" }
    }
    sequence.restore(kept.state)
    measure?.resume(after: entry, gradient: kept.gradient)
    return nil
  }

  /// The state before the step that was checked last, as a fraud proof needs it.
  public var stateBefore: KeptState { before }
  public var state: TrainingState { sequence.state }

  /// Takes the next step and compares it with what was claimed; nil when it is the same.
  public mutating func check(_ claimed: StepEntry) -> StepDifference? {
    before = measure?.kept(sequence.state) ?? KeptState(sequence.state)
    let step = sequence.state.step + 1
    let entry: StepEntry
    do {
      if var own = measure.take() {
        defer { measure = own }
        entry = try sequence.advance(measuring: &own).entry
      } else {
        var unobserved = Unobserved()
        entry = try sequence.advance(measuring: &unobserved).entry
      }
    } catch {
      return StepDifference(step: step, what: "the step cannot be taken: \(error)")
    }
    return Self.difference(entry, claimed).map { StepDifference(step: step, what: $0) }
  }

  /// The first thing in which two entries differ, for people.
  static func difference(_ own: StepEntry, _ claimed: StepEntry) -> String? {
    if own == claimed, own.loss.bitPattern == claimed.loss.bitPattern { return nil }
    if own.step != claimed.step { return "it is step \(claimed.step)" }
    if own.records != claimed.records { return "it took other records" }
    if own.loss.bitPattern != claimed.loss.bitPattern {
      return "its loss is \(own.loss), and \(claimed.loss) was claimed"
    }
    if own.reading != claimed.reading { return "the yardstick's gradient or loss is another" }
    for (index, place) in own.records.enumerated()
    where index < claimed.contributions.count && index < own.contributions.count
      && own.contributions[index] != claimed.contributions[index]
    {
      return "record \(place) lowered the loss by \(Score.loss(own.contributions[index])), and "
        + "\(Score.loss(claimed.contributions[index])) was claimed"
    }
    if own.contributions != claimed.contributions { return "its contributions are others" }
    return "its state is another"
  }
}
