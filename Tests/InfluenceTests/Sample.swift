// A small model with random weights and an adapter that has learned a little
// (Specs/Influence.md).

import CanonicalMath
import Checkpoints
import Cryptography
import Learning

@testable import Influence

struct Sample {
  static let configuration = ModelConfiguration(
    vocabularySize: 64, hiddenSize: 24, intermediateSize: 40, layerCount: 2, headCount: 3,
    keyValueHeadCount: 1, headDimension: 10, contextLength: 200)
  static let seed = SHA256.hash(Array("influence".utf8))
  let shape = AdapterShape(rank: 3, alpha: 6, targets: LinearRole.allCases)
  let model: Transformer
  let records: [TokenRecord]
  let trainer: Trainer

  var adapter: AdapterTensors {
    AdapterTensors(
      shape, layerCount: Self.configuration.layerCount, tensors: trainer.state.parameters)
  }

  init(count: Int = 24, steps: Int = 20) throws {
    let base = TrainingState(everythingIn: Self.configuration, seed: Self.seed)
    model = Transformer(
      Self.configuration, weights: ModelWeights(Self.configuration, tensors: base.parameters))
    var draws = SeededDraws(seed: 11)
    records = (0..<count).map { index in
      let length = 3 + draws.below(20)
      let tokens = (0..<length).map { _ in Int32(draws.below(64)) }
      // One record counts nothing.
      return TokenRecord(
        tokens: tokens, counts: tokens.indices.map { index != 5 && $0 > length / 3 })
    }
    var trainer = Trainer(
      model, adapter: shape, optimizer: OptimizerSettings(learningRate: 0.01),
      state: TrainingState(adapter: shape, in: Self.configuration, seed: Self.seed))
    var unobserved = Unobserved()
    for _ in 0..<steps { _ = try trainer.step(records, rate: 0.01, observer: &unobserved) }
    self.trainer = trainer
  }

  /// The gradient of the sum of a record's losses, A as it is and B transposed.
  func gradient(_ record: TokenRecord) throws -> [Float] {
    guard record.rowCount > 0 else {
      return [Float](repeating: 0, count: trainer.state.layout.parameterCount)
    }
    var trainer = trainer
    var unobserved = Unobserved()
    _ = try trainer.gradient(of: [record], observer: &unobserved)
    let count = Float(record.countedTokens)
    return trainer.gradients.enumerated().flatMap { place, matrix in
      let values = place % 2 == 0 ? matrix.elements : Sample.transposed(matrix)
      return values.map { $0 * count }
    }
  }

  static func transposed(_ matrix: Matrix) -> [Float] {
    (0..<matrix.columns).flatMap { column in (0..<matrix.rows).map { matrix[$0, column] } }
  }

  static let subject = IndexSubject(base: "base", adapter: "adapter", records: "r", form: "f")

  func index(_ method: InfluenceMethod, features: Int? = nil) throws -> InfluenceIndex {
    try InfluenceIndex(
      inMemory: Self.subject, IndexSettings(method: method, features: features), model: model,
      adapter: adapter, records: records)
  }
}

func dot(_ a: [Float], _ b: [Float]) -> Double {
  zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
}
