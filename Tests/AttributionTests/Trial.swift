// A tiny run with a yardstick, from a seed: what the tests of this module train, publish and
// falsify.

import CanonicalMath
import Checkpoints
import Content
import Cryptography
import Learning
import Testing

@testable import Attribution

/// Numbers from a seed (SplitMix64).
struct SeededDraws: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
}

struct Trial {
  static let configuration = ModelConfiguration(
    vocabularySize: 32, hiddenSize: 16, intermediateSize: 24, layerCount: 2, headCount: 2,
    keyValueHeadCount: 1, headDimension: 8, contextLength: 64)
  static let seed = SHA256.hash(Array("trial".utf8))

  let base: TrainingState
  let transformer: Transformer
  var records: [TokenRecord]
  var names: [Digest]
  var yardstick: [TokenRecord]
  var recipe: Recipe

  /// Tokens of record `index`: a counting game, which can be learned.
  private static func record(_ index: Int, _ draws: inout SeededDraws) -> TokenRecord {
    let stride = 1 + draws.below(3)
    let start = draws.below(32)
    let length = 4 + draws.below(8)
    let tokens = (0..<length).map { Int32((start + $0 * stride) % 32) }
    return TokenRecord(tokens: tokens, counts: tokens.indices.map { $0 > 1 })
  }

  init(seed: UInt64 = 1, count: Int = 12, steps: Int = 20) {
    var draws = SeededDraws(seed: seed)
    let base = TrainingState(everythingIn: Self.configuration, seed: Self.seed)
    self.base = base
    transformer = Transformer(
      Self.configuration,
      weights: ModelWeights(Self.configuration, tensors: base.parameters))
    records = (0..<count).map { Self.record($0, &draws) }
    yardstick = (0..<6).map { Self.record($0, &draws) }
    names = Self.names(records)
    recipe = Recipe(
      base: BaseIdentity(files: [.init(name: "config.json", digest: Self.seed)]),
      data: RecordList(names: names), form: RecordForm(maximumTokens: 64),
      adapter: AdapterShape(rank: 2, alpha: 4, targets: [.query, .value, .down]),
      optimizer: OptimizerSettings(learningRate: 0.02),
      schedule: Schedule(shape: .cosine, warmUpSteps: 2), steps: steps, recordsPerStep: 3,
      yardstick: Yardstick(
        records: RecordList(names: Self.names(yardstick)), stepsPerRefresh: 4,
        folds: 2), stepsPerCheckpoint: 5)
  }

  /// A record is named by its tokens here.
  static func names(_ records: [TokenRecord]) -> [Digest] {
    records.map { SHA256.hash($0.tokens.map { UInt8($0) }) }
  }

  func trainer(_ remembering: Remembering = .everything) -> Trainer {
    let shape = recipe.adapter ?? AdapterShape(rank: 1, alpha: 1, targets: [.query])
    return Trainer(
      transformer, adapter: shape, optimizer: recipe.optimizer,
      state: TrainingState(adapter: shape, in: Self.configuration, seed: recipe.seed),
      remembering: remembering)
  }

  func measure() throws -> YardstickMeasure {
    try YardstickMeasure(recipe, configuration: Self.configuration, yardstick: yardstick)
  }

  /// The whole run, with what it keeps on the way.
  func run(_ remembering: Remembering = .everything) throws -> (run: Run, kept: [KeptState]) {
    var run = try Run(recipe, trainer: trainer(remembering), records: records)
    var measure = try measure()
    var kept: [KeptState] = []
    while !run.isFinished {
      _ = try run.advance(measuring: &measure)
      if run.state.step % recipe.stepsPerCheckpoint == 0 {
        kept.append(measure.kept(run.state))
      }
    }
    return (run, kept)
  }
}
