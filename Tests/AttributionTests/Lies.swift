// Trainers who do not do what they say: each makes a run, with everything that it publishes, in
// which some steps are false (Specs/Verification.md, "Lies that were tried").

import CanonicalMath
import Checkpoints
import Content
import Cryptography
import Learning
import Testing

@testable import Attribution

enum Lie: String, CaseIterable {
  case flippedWeightBit, stepNotExecuted, anotherLearningRate, contributionMovedToAFriend
  case signsTurned, recordsSwapped, otherDataOfTheSameCount, anotherBase
  case yardstickChosenAfterwards, transcriptOfAnotherRun, adapterOfAnotherRun, luckySeed
}

/// A run as others see it.
struct Published {
  var evidence: RunEvidence
  var kept: [Int: KeptState]
  var adapter: AdapterTensors
  /// What an honest verifier starts from.
  let trainer: Trainer
}

extension Published: VerificationSource {
  mutating func keptState(after step: Int) -> KeptState? { kept[step] }
  mutating func willExecute(step: Int) -> Bool { true }
}

/// Takes the steps of a trial, and lets itself be disturbed.
struct Workshop {
  var trial: Trial
  /// What the work is really done with; the trial is what is claimed.
  var transformer: Transformer
  var records: [TokenRecord]
  var yardstick: [TokenRecord]
  var start: TrainingState?
  var rate: (_ step: Int, _ rate: Double) -> Double = { $1 }
  var places: (_ step: Int, _ places: [Int]) -> [Int] = { $1 }
  /// The state after a step, given those before and after it.
  var after: (_ step: Int, _ before: TrainingState, _ after: TrainingState) -> TrainingState = {
    $2
  }
  var entry: (_ entry: StepEntry) -> StepEntry = { $0 }

  init(_ trial: Trial) {
    self.trial = trial
    transformer = trial.transformer
    records = trial.records
    yardstick = trial.yardstick
  }

  /// The whole run; every state is kept.
  func publish() throws -> Published {
    let recipe = trial.recipe
    let honest = trial.trainer()
    var trainer = Trainer(
      transformer, adapter: try #require(recipe.adapter), optimizer: recipe.optimizer,
      state: start ?? honest.state)
    var measure = try YardstickMeasure(
      recipe, configuration: Trial.configuration, yardstick: yardstick)
    var order = try StepSequence(recipe, trainer: honest, records: trial.records)
    var transcript = Transcript(recipe: recipe.cid)
    transcript.append(StepEntry(step: 0, state: trainer.state.hash, loss: 0, records: []))
    var kept: [Int: KeptState] = [:]
    for step in 1...recipe.steps {
      let places = places(step, order.places(of: step))
      let batch = places.map { records[$0] }
      let before = trainer.state
      let rate = rate(step, order.rate(of: step))
      try measure.begin(step: step, records: batch, rate: rate, trainer: &trainer)
      let result = try trainer.step(batch, rate: rate, observer: &measure)
      let measured = try measure.end(step: step, result)
      trainer.restore(after(step, before, trainer.state))
      transcript.append(
        entry(
          StepEntry(
            step: step, state: trainer.state.hash, loss: result.loss, records: places,
            contributions: measured.contributions, reading: measured.reading)))
      kept[step] = measure.kept(trainer.state)
    }
    return try Self.published(
      trial, transcript, kept, adapter: try #require(trainer.adapter))
  }

  static func published(
    _ trial: Trial, _ transcript: Transcript, _ kept: [Int: KeptState], adapter: AdapterTensors
  ) throws -> Published {
    let signed = RunEvidence.Signed(
      root: transcript.root, steps: transcript.entries.count - 1,
      shares: try ScoreList(transcript, names: trial.names).tree().commitment)
    return Published(
      evidence: RunEvidence(
        recipe: trial.recipe, transcript: transcript, signed: signed, records: trial.records,
        names: trial.names, yardstick: trial.yardstick,
        yardstickNames: Trial.names(trial.yardstick)), kept: kept, adapter: adapter,
      trainer: trial.trainer())
  }
}

extension Lie {
  /// A published run with this lie in it, and the steps that are false.
  func tell(_ trial: Trial, _ draws: inout SeededDraws) throws -> (Published, false: Set<Int>) {
    var shop = Workshop(trial)
    let steps = trial.recipe.steps
    let all = Set(1...steps)
    var few: Set<Int> = []
    for _ in 0..<[1, 2, 4][draws.below(3)] { few.insert(1 + draws.below(steps)) }
    let chosen = few
    let bit = UInt32(1) << UInt32(draws.below(31))
    let stranger = Trial(seed: draws.next(), count: trial.records.count, steps: steps)
    switch self {
    case .flippedWeightBit:
      shop.after = { step, _, state in
        chosen.contains(step) ? state.flipping(bit) : state
      }
      return (try shop.publish(), chosen)
    case .stepNotExecuted:
      shop.after = { step, before, after in
        guard chosen.contains(step) else { return after }
        return TrainingState(
          layout: before.layout, step: step, parameters: before.parameters,
          firstMoments: before.firstMoments, secondMoments: before.secondMoments)
      }
      return (try shop.publish(), chosen)
    case .anotherLearningRate:
      shop.rate = { $1 * 1.5 }
      return (try shop.publish(), all)
    case .contributionMovedToAFriend:
      shop.entry = { entry in
        guard chosen.contains(entry.step) else { return entry }
        var entry = entry
        let amount: Int64 = 1 << 20
        entry.contributions[0] -= amount
        entry.contributions[1] += amount
        return entry
      }
      return (try shop.publish(), chosen)
    case .signsTurned:
      var turned: Set<Int> = []
      shop.entry = { entry in
        var entry = entry
        if entry.contributions.contains(where: { $0 < 0 }) { turned.insert(entry.step) }
        entry.contributions = entry.contributions.map { Int64($0.magnitude) }
        return entry
      }
      return (try shop.publish(), turned)
    case .recordsSwapped:
      shop.places = { step, places in
        chosen.contains(step) ? places.reversed() : places
      }
      return (try shop.publish(), chosen)
    case .otherDataOfTheSameCount:
      shop.records = stranger.records
      return (try shop.publish(), all)
    case .anotherBase:
      let other = TrainingState(
        everythingIn: Trial.configuration, seed: SHA256.hash(Array("other".utf8)))
      shop.transformer = Transformer(
        Trial.configuration,
        weights: ModelWeights(Trial.configuration, tensors: other.parameters))
      return (try shop.publish(), all)
    case .yardstickChosenAfterwards:
      // Steps in between measure with the gradient that is in force, as they should.
      shop.yardstick = stranger.yardstick
      let every = trial.recipe.yardstick?.stepsPerRefresh ?? 1
      return (try shop.publish(), all.filter { ($0 - 1) % every == 0 })
    case .transcriptOfAnotherRun:
      // ben's run, with ada's recipe written over it.
      var other = trial
      other.recipe.optimizer.learningRate = 0.01
      let (run, _) = try other.run()
      var transcript = Transcript(recipe: trial.recipe.cid)
      for entry in run.transcript.entries { transcript.append(entry) }
      var honest = try Workshop(trial).publish()
      honest = try Workshop.published(trial, transcript, honest.kept, adapter: honest.adapter)
      return (honest, all)
    case .adapterOfAnotherRun:
      var published = try shop.publish()
      var tensors = published.adapter.tensors
      tensors[draws.below(tensors.count)][0, 0] += 1
      published.adapter = AdapterTensors(
        published.adapter.shape, layerCount: Trial.configuration.layerCount, tensors: tensors)
      return (published, [])
    case .luckySeed:
      let shape = try #require(trial.recipe.adapter)
      shop.start = TrainingState(
        adapter: shape, in: Trial.configuration, seed: SHA256.hash([UInt8(draws.below(256))]))
      return (try shop.publish(), [])
    }
  }
}

extension TrainingState {
  func flipping(_ bit: UInt32) -> TrainingState {
    var parameters = parameters
    // The low bits: a change that no loss shows.
    let value = parameters[0][0, 0].bitPattern
    parameters[0][0, 0] = Float(bitPattern: value ^ (bit & 0x007F_FFFF == 0 ? 1 : bit))
    return TrainingState(
      layout: layout, step: step, parameters: parameters, firstMoments: firstMoments,
      secondMoments: secondMoments)
  }
}
