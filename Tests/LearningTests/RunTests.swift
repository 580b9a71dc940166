// A run gives the same bits however it is executed (Specs/Runs.md).

import CanonicalMath
import Checkpoints
import Content
import Cryptography
import Testing

@testable import Learning

/// A small model from a seed and records from a seed.
struct Sample {
  static let configuration = ModelConfiguration(
    vocabularySize: 96, hiddenSize: 24, intermediateSize: 40, layerCount: 3, headCount: 3,
    keyValueHeadCount: 1, headDimension: 10, contextLength: 700, queryKeyValueBias: true)
  static let seed = SHA256.hash(Array("sample".utf8))
  let base: TrainingState
  let records: [TokenRecord]

  init(longest: Int = 40, count: Int = 30) {
    base = TrainingState(everythingIn: Self.configuration, seed: Self.seed)
    var draws = SeededDraws(seed: 5)
    records = (0..<count).map { index in
      let length = index == 3 ? longest : 3 + draws.below(30)
      let tokens = (0..<length).map { _ in Int32(draws.below(96)) }
      return TokenRecord(tokens: tokens, counts: tokens.indices.map { $0 > length / 3 })
    }
  }

  var recipe: Recipe {
    Recipe(
      base: BaseIdentity(files: [.init(name: "config.json", digest: Self.seed)]),
      data: RecordList(names: records.indices.map { SHA256.hash([UInt8($0)]) }),
      form: RecordForm(maximumTokens: 700),
      adapter: AdapterShape(rank: 4, alpha: 8, targets: LinearRole.allCases),
      optimizer: OptimizerSettings(learningRate: 0.01, decay: 0.01),
      schedule: Schedule(shape: .cosine, warmUpSteps: 2), steps: 12, recordsPerStep: 7,
      stepsPerCheckpoint: 4)
  }

  func trainer(_ recipe: Recipe, _ remembering: Remembering = .everything) -> Trainer {
    if let shape = recipe.adapter {
      return Trainer(
        Transformer(
          Self.configuration, weights: ModelWeights(Self.configuration, tensors: base.parameters)),
        adapter: shape, optimizer: recipe.optimizer,
        state: TrainingState(adapter: shape, in: Self.configuration, seed: recipe.seed),
        remembering: remembering)
    }
    return Trainer(
      everythingIn: Self.configuration, optimizer: recipe.optimizer, state: base,
      remembering: remembering)
  }

  func run(_ recipe: Recipe, _ remembering: Remembering = .everything) throws -> Run {
    var run = try Run(recipe, trainer: trainer(recipe, remembering), records: records)
    while !run.isFinished { _ = try run.advance() }
    return run
  }
}

@Suite(.serialized) struct RunTests {
  @Test func everyKernelVariantAndThreadCountTakesTheSameSteps() throws {
    let sample = Sample(longest: 600)
    var recipe = sample.recipe
    recipe.steps = 5
    let expected = try sample.run(recipe).transcript.root
    let (variant, threads) = (Kernels.current, Kernels.threads)
    defer {
      try? Kernels.use(variant)
      Kernels.threads = threads
    }
    for variant in Kernels.available {
      try Kernels.use(variant)
      for threads in [1, 2, 4] {
        Kernels.threads = threads
        #expect(
          try sample.run(recipe).transcript.root == expected, "\(variant), \(threads) threads")
      }
    }
  }

  @Test func rememberingLessChangesNothing() throws {
    let sample = Sample(longest: 600)
    var recipe = sample.recipe
    recipe.steps = 4
    let expected = try sample.run(recipe).transcript.root
    #expect(try sample.run(recipe, .inputs).transcript.root == expected)
    recipe.adapter = nil
    let whole = try sample.run(recipe).transcript.root
    #expect(whole != expected)
    #expect(try sample.run(recipe, .inputs).transcript.root == whole)
  }

  @Test func aRunThatWasInterruptedGoesOnToTheSameRoot() throws {
    let sample = Sample()
    let recipe = sample.recipe
    let whole = try sample.run(recipe)
    var first = try Run(recipe, trainer: sample.trainer(recipe), records: sample.records)
    for _ in 0..<5 { _ = try first.advance() }
    let kept = first.state
    // What was computed after the checkpoint is lost; the transcript may be longer than the state.
    for _ in 0..<2 { _ = try first.advance() }
    var trainer = sample.trainer(recipe)
    trainer.restore(kept)
    var second = try Run(
      recipe, trainer: trainer, records: sample.records,
      transcript: try Transcript(bytes: first.transcript.bytes))
    #expect(second.state.step == 5)
    while !second.isFinished { _ = try second.advance() }
    #expect(second.transcript == whole.transcript)
    #expect(second.state.hash == whole.state.hash)
  }

  @Test func aStateThatTheTranscriptDoesNotNameIsRefused() throws {
    let sample = Sample()
    let recipe = sample.recipe
    let whole = try sample.run(recipe)
    var trainer = sample.trainer(recipe)
    var state = whole.state
    state.parameters[0][0, 0] += 1
    trainer.restore(state)
    #expect(throws: RunError.otherState(step: 12)) {
      try Run(recipe, trainer: trainer, records: sample.records, transcript: whole.transcript)
    }
  }

  @Test func trainingLowersTheLossOnWhatIsTrained() throws {
    let sample = Sample(count: 6)
    var recipe = sample.recipe
    recipe.data = RecordList(names: (0..<6).map { SHA256.hash([UInt8($0)]) })
    recipe.recordsPerStep = 6
    recipe.steps = 60
    recipe.adapter = nil
    let entries = try sample.run(recipe).transcript.entries
    #expect(entries[60].loss < 0.8 * entries[1].loss)
  }

  @Test func aGradientIsTheSlopeOfTheLoss() throws {
    let sample = Sample()
    var recipe = sample.recipe
    recipe.adapter = nil
    let records = Array(sample.records.prefix(4))
    var trainer = sample.trainer(recipe)
    var unobserved = Unobserved()
    _ = try trainer.gradient(of: records, observer: &unobserved)
    func loss(_ state: TrainingState) throws -> Double {
      var trainer = sample.trainer(recipe)
      trainer.restore(state)
      let losses = try trainer.gradient(of: records, observer: &unobserved)
      return losses.reduce(0) { $0 + Double($1) } / Double(losses.count)
    }
    for (place, tensor) in trainer.state.layout.tensors.enumerated() {
      // Along the gradient itself the slope is its norm.
      let gradient = trainer.gradients[place]
      let norm = Double(Canonical.norm([gradient]))
      guard norm > 1e-4 else { continue }
      let reach: Float = 4e-3 / Float(norm)
      var (up, down) = (trainer.state, trainer.state)
      Canonical.add(gradient, times: reach, to: &up.parameters[place])
      Canonical.add(gradient, times: -reach, to: &down.parameters[place])
      let slope = try (loss(up) - loss(down)) / (2 * 4e-3)
      #expect(abs(slope - norm) < 0.03 * norm, "\(tensor.name): \(slope) and \(norm)")
    }
  }

  @Test func aLossThatIsNoNumberEndsTheRunBeforeAnythingChanges() throws {
    let sample = Sample()
    var trainer = sample.trainer(sample.recipe)
    var state = trainer.state
    state.parameters[1][0, 0] = .infinity
    trainer.restore(state)
    let before = trainer.state.hash
    var unobserved = Unobserved()
    #expect(throws: StepError.notFinite(step: 1, what: "loss")) {
      try trainer.step(sample.records, rate: 0.1, observer: &unobserved)
    }
    #expect(trainer.state.hash == before)
  }

  @Test func aTokenOutsideTheVocabularyAndATooLongRecordAreNamed() throws {
    let sample = Sample()
    var trainer = sample.trainer(sample.recipe)
    var unobserved = Unobserved()
    let strange = TokenRecord(tokens: [1, 96], counts: [false, true])
    #expect(throws: StepError.tokenOutsideVocabulary(96)) {
      try trainer.step([strange], rate: 0.1, observer: &unobserved)
    }
    let long = TokenRecord(
      tokens: Array(repeating: 1, count: 702), counts: Array(repeating: true, count: 702))
    #expect(throws: StepError.tooLong(rows: 701, limit: 700)) {
      try trainer.step([long], rate: 0.1, observer: &unobserved)
    }
    let silent = TokenRecord(tokens: [1, 2], counts: [false, false])
    #expect(throws: StepError.nothingCounts(step: 1)) {
      try trainer.step([silent], rate: 0.1, observer: &unobserved)
    }
  }
}
