// The state before a run's first step (Specs/Runs.md, "Initial state").

import CanonicalMath
public import Checkpoints
public import Cryptography

extension TrainingState {
  /// A fresh adapter: A uniform in ±1/√inputs, B zero, so that nothing changes at first.
  public init(adapter shape: AdapterShape, in configuration: ModelConfiguration, seed: Digest) {
    let layout = ParameterLayout(shape, in: configuration)
    let parameters = layout.tensors.enumerated().map { index, tensor in
      guard index % 2 == 0 else { return Matrix(rows: tensor.rows, columns: tensor.columns) }
      let bound = Float(1 / Double(tensor.columns).squareRoot())
      return RandomStream(seed, .initialValues, index: index)
        .uniform(rows: tensor.rows, columns: tensor.columns, from: -bound, to: bound)
    }
    self.init(layout: layout, parameters: parameters)
  }

  /// A base that is trained from nothing: norms one, biases zero, the embedding normal with
  /// deviation 0.02, other matrices with 1/√inputs, and those that write to the residual stream with
  /// 1/√(2·layers) of that.
  public init(everythingIn configuration: ModelConfiguration, seed: Digest) {
    let layout = ParameterLayout(everythingIn: configuration)
    let parameters = layout.tensors.enumerated().map { index, tensor in
      if tensor.isVector {
        let isNorm = tensor.name.hasSuffix("norm.weight")
        return Matrix([Float](repeating: isNorm ? 1 : 0, count: tensor.columns))
      }
      var deviation = 1 / Double(tensor.columns).squareRoot()
      if tensor.name == "model.embed_tokens.weight" { deviation = 0.02 }
      if tensor.name.hasSuffix("o_proj.weight") || tensor.name.hasSuffix("down_proj.weight") {
        deviation /= Double(2 * configuration.layerCount).squareRoot()
      }
      return RandomStream(seed, .initialValues, index: index)
        .normal(rows: tensor.rows, columns: tensor.columns, deviation: Float(deviation))
    }
    self.init(layout: layout, parameters: parameters)
  }

  /// Every weight as a checkpoint has it.
  public init(_ checkpoint: Checkpoint) throws(CheckpointError) {
    let layout = ParameterLayout(everythingIn: checkpoint.configuration)
    var parameters: [Matrix] = []
    for tensor in layout.tensors {
      guard let stored = checkpoint.weights[tensor.name] else {
        throw .mismatch(file: checkpoint.weights.path, tensor: tensor.name, problem: "missing")
      }
      parameters.append(Matrix(rows: tensor.rows, columns: tensor.columns, try stored.floats()))
    }
    self.init(layout: layout, parameters: parameters)
  }
}
