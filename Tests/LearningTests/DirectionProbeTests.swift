// Per-record inner products equal those of per-record gradients (Specs/Transformer.md,
// "Observers").

import CanonicalMath
import Checkpoints
import Testing

@testable import Learning

@Suite struct DirectionProbeTests {
  @Test func aRecordsProductIsThatOfItsOwnGradient() throws {
    let sample = Sample()
    var recipe = sample.recipe
    recipe.steps = 2
    // After two steps B is not zero any more.
    var trainer = try sample.run(recipe).trainer
    let records = Array(sample.records.prefix(9))
    let shape = try #require(recipe.adapter)
    let layout = trainer.state.layout
    let direction = layout.tensors.enumerated().map { index, tensor in
      RandomStream(Sample.seed, .initialValues, index: index)
        .normal(rows: tensor.rows, columns: tensor.columns, deviation: 1)
    }
    var probe = DirectionProbe(
      direction, shape: shape, in: Sample.configuration, recordCount: records.count)
    _ = try trainer.gradient(of: records, observer: &probe)
    func product(_ gradients: [Matrix]) -> Double {
      zip(gradients, direction).reduce(0) { sum, pair in
        sum + zip(pair.0.elements, pair.1.elements).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      }
    }
    let all = records.reduce(0) { $0 + $1.countedTokens }
    let whole = product(trainer.gradients)
    let scale = probe.products.reduce(0) { max($0, abs(Double($1))) }
    #expect(abs(probe.products.reduce(0) { $0 + Double($1) } - whole) < 1e-5 * scale)
    var unobserved = Unobserved()
    for (index, record) in records.enumerated() {
      _ = try trainer.gradient(of: [record], observer: &unobserved)
      let share = Double(record.countedTokens) / Double(all)
      let expected = product(trainer.gradients) * share
      #expect(abs(Double(probe.products[index]) - expected) < 1e-5 * scale)
    }
  }
}
