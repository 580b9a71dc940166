// Adapters between PEFT's files and matrices (Specs/Adapters.md, "Files").

import CanonicalMath
public import Checkpoints

extension AdapterTensors {
  /// An adapter from files. Modules may differ between layers, in rank and strength too, as PEFT's
  /// patterns allow; matrices of a lower rank than the greatest are filled up with zeros.
  public init(_ adapter: Adapter, base: ModelConfiguration) throws(CheckpointError) {
    var tensors: [Matrix] = []
    let rank = adapter.modules.map { $0.a.shape[0] }.max() ?? adapter.configuration.rank
    for module in adapter.modules {
      let (own, inputs) = (module.a.shape[0], module.a.shape[1])
      let a = try module.a.floats() + [Float](repeating: 0, count: (rank - own) * inputs)
      tensors.append(Matrix(rows: rank, columns: inputs, a))
      var b = try module.b.floats()
      if own < rank {
        let filling = [Float](repeating: 0, count: rank - own)
        b = stride(from: 0, to: b.count, by: own).flatMap { b[$0..<$0 + own] + filling }
      }
      tensors.append(Matrix(rows: module.b.shape[0], columns: rank, b))
    }
    let configuration = adapter.configuration
    let scales = adapter.modules.map { Float($0.scaling) }
    self.init(
      AdapterShape(
        rank: rank, alpha: configuration.alpha,
        isRankStabilized: configuration.rankStabilised, targets: adapter.modules.map(\.role)),
      places: AdapterPlaces(
        modules: adapter.modules.map { ($0.layer, $0.role) }, layerCount: base.layerCount),
      tensors: tensors, scales: scales)
  }

  /// The tensors of adapter_model.safetensors.
  public func outgoing(_ layout: ParameterLayout, type: TensorType = .f32) -> [OutgoingTensor] {
    zip(layout.tensors, tensors).map { tensor, matrix in
      OutgoingTensor(
        name: tensor.name, shape: tensor.shape, values: matrix.elements, type: type)
    }
  }
}

extension AdapterShape {
  /// What adapter_config.json says of it.
  public func configuration(baseName: String?) -> AdapterConfiguration {
    AdapterConfiguration(
      rank: rank, alpha: alpha, targets: .names(targets.map(\.rawValue)),
      rankStabilised: isRankStabilized, baseName: baseName)
  }
}
