// An adapter poured into a copy of its base (Specs/Adapters.md, "Merging").

public import CanonicalMath
public import Checkpoints

extension AdapterTerm {
  /// (s·B)·A: what the adapter adds to the weight.
  public var change: Matrix {
    var scaled = b
    Canonical.scale(&scaled, by: scale)
    return Canonical.product(.nn, scaled, a)
  }
}

extension AdapterTensors {
  /// The base's tensor as it is, or W + (s·B)·A rounded once to W's format.
  public func merged(_ tensor: Tensor, in shape: ModelConfiguration) -> OutgoingTensor {
    for layer in 0..<shape.layerCount {
      for role in LinearRole.allCases
      where tensor.name == "\(role.module(layer: layer)).weight" {
        guard let term = self[layer, role] else { continue }
        return OutgoingTensor(name: tensor.name, type: tensor.type, shape: tensor.shape) {
          () throws(CheckpointError) -> [UInt8] in
          var weight = Matrix(
            rows: tensor.shape[0], columns: tensor.shape[1], try tensor.floats())
          Canonical.add(term.change, to: &weight)
          guard let format = NumberFormat(tensor.type) else { return [] }
          return weight.bytes(as: format)
        }
      }
    }
    return OutgoingTensor(name: tensor.name, type: tensor.type, shape: tensor.shape) {
      unsafe tensor.withBytes { unsafe Array($0) }
    }
  }
}
