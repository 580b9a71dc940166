// Adapters between PEFT's files and matrices (Specs/Adapters.md, "Files").

import CanonicalMath
public import Checkpoints

extension AdapterTensors {
  /// An adapter from files. Modules may differ between layers, as PEFT's patterns allow.
  public init(_ adapter: Adapter, base: ModelConfiguration) throws(CheckpointError) {
    var tensors: [Matrix] = []
    for module in adapter.modules {
      for tensor in [module.a, module.b] {
        tensors.append(
          Matrix(rows: tensor.shape[0], columns: tensor.shape[1], try tensor.floats()))
      }
    }
    let configuration = adapter.configuration
    self.init(
      AdapterShape(
        rank: configuration.rank, alpha: configuration.alpha,
        isRankStabilized: configuration.rankStabilised, targets: adapter.modules.map(\.role)),
      places: AdapterPlaces(
        modules: adapter.modules.map { ($0.layer, $0.role) }, layerCount: base.layerCount),
      tensors: tensors)
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
