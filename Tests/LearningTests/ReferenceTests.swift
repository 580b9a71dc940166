// Agreement with an independent implementation (Specs/Transformer.md, "Agreement").

import CanonicalMath
import Checkpoints
import Testing

@testable import Learning

@Suite(.enabled(if: Repository.hasReference, "../shared/reference is absent"))
struct ReferenceTests {
  /// Two records without their padding, and which tokens count.
  static func records(_ numbers: ReferenceNumbers) throws -> [TokenRecord] {
    let ids = try numbers.integers("input_ids")
    let mask = try numbers.integers("attention_mask")
    let labels = try numbers.integers("labels")
    let width = ids.count / 2
    return (0..<2).map { record in
      let places = (record * width..<(record + 1) * width).filter { mask[$0] == 1 }
      return TokenRecord(
        tokens: places.map { Int32(ids[$0]) }, counts: places.map { labels[$0] != -100 })
    }
  }

  static func nano() throws -> Checkpoint {
    try Checkpoint(directory: Repository.reference + "/nano")
  }

  static func trainer(_ remembering: Remembering = .everything) throws -> Trainer {
    let base = try nano()
    let adapter = try AdapterTensors(
      Adapter(directory: Repository.reference + "/adapter-attn", base: base.configuration),
      base: base.configuration)
    let layout = ParameterLayout(adapter.shape, in: base.configuration)
    return Trainer(
      try Transformer(base), adapter: adapter.shape,
      optimizer: OptimizerSettings(learningRate: 0.001, decay: 0.01, maximumNorm: 0),
      state: TrainingState(layout: layout, parameters: adapter.tensors), remembering: remembering)
  }

  /// Every row of a record passes when every token but the first counts.
  static func logits(_ model: Transformer, _ adapter: AdapterTensors?, _ tokens: [Int32]) -> Matrix
  {
    var pass = Pass(model, adapter: adapter, remembering: .everything)
    let whole = tokens + [0]
    let group = Group.groups(of: [
      TokenRecord(tokens: whole, counts: whole.map { _ in true })
    ])[0]
    pass.forward(group)
    pass.normHeadRows(group.targetRows)
    return Canonical.product(.nt, pass.headNormed, model.weights.head)
  }

  @Test func logitsAgreeWithAndWithoutAdapter() throws {
    let numbers = try ReferenceNumbers("numerics-attn.safetensors")
    let trainer = try Self.trainer()
    let base = try Self.nano()
    let ids = try numbers.integers("input_ids")
    let mask = try numbers.integers("attention_mask")
    for (key, adapter) in [("base.logits", nil), ("logits", trainer.adapter)] {
      let expected = try numbers.doubles("f64.\(key)")
      for record in 0..<2 {
        let count = mask[(record * 25)..<(record * 25 + 25)].reduce(0, +)
        let tokens = ids[(record * 25)..<(record * 25 + count)].map { Int32($0) }
        let logits = Self.logits(try Transformer(base), adapter, tokens).elements
        let part = expected[(record * 25 * 2048)..<((record * 25 + count) * 2048)]
        let distance = distance(logits, Array(part))
        print("\(key), record \(record): \(distance) of the peak")
        #expect(distance < 2e-6)
      }
    }
  }

  @Test(arguments: [Remembering.everything, .inputs])
  func theLossItsGradientAndFiveStepsOfAdamWAgree(_ remembering: Remembering) throws {
    let numbers = try ReferenceNumbers("numerics-attn.safetensors")
    var trainer = try Self.trainer(remembering)
    let records = try Self.records(numbers)
    var unobserved = Unobserved()
    _ = try trainer.gradient(of: records, observer: &unobserved)
    var worst = 0.0
    for (tensor, gradient) in zip(trainer.state.layout.tensors, trainer.gradients) {
      let distance = distance(
        gradient.elements, try numbers.doubles("f64.grad.\(tensor.name)"))
      worst = max(worst, distance)
      #expect(distance < 1e-5, "\(tensor.name)")
    }
    print("gradients: \(worst) of the peak at most")
    let losses = [
      7.723175515118064, 7.229359597446203, 6.789896548994104, 6.400226666902188,
      6.0500126388154225,
    ]
    for expected in losses {
      let result = try trainer.step(records, rate: 0.001, observer: &unobserved)
      #expect(abs(Double(result.loss) - expected) < 2e-6 * expected)
    }
    worst = 0
    for (tensor, parameters) in zip(trainer.state.layout.tensors, trainer.state.parameters) {
      let distance = distance(
        parameters.elements, try numbers.doubles("f64.after5.\(tensor.name)"))
      worst = max(worst, distance)
      #expect(distance < 5e-5, "\(tensor.name)")
    }
    print("adapter after 5 steps: \(worst) of the peak at most")
  }

  @Test func everyOptionalFeatureOfTheFamilyAgrees() throws {
    let numbers = try ReferenceNumbers("pico.safetensors")
    let model = try Transformer(Checkpoint(directory: Repository.reference + "/pico"))
    let tokens = try numbers.integers("input_ids").map { Int32($0) }
    let logits = Self.logits(model, nil, tokens)
    let expected = try numbers.doubles("f64.logits")
    for (row, position) in try numbers.integers("positions").enumerated() {
      let part = Array(expected[(row * 320)..<((row + 1) * 320)])
      #expect(distance(logits.row(position), part) < 2e-6, "position \(position)")
    }
    var meter = LossMeter(model, adapter: nil)
    let record = TokenRecord(tokens: tokens, counts: tokens.map { _ in true })
    let losses = meter.losses(of: [record])[0]
    #expect(distance(losses, try numbers.doubles("f64.nll")) < 2e-6)
  }
}
