// What `datanet adapter show` tells of an adapter, with or without its base; see Specs/Adapters.md.

import CanonicalMath
import Checkpoints
import Learning
import Terminal

struct AdapterSummary {
  let rank: Int
  let alpha: Double
  let isRankStabilized: Bool
  let parameters: Int
  /// For each target the mean norm, over the blocks, of what it adds to a weight.
  let norms: [(role: LinearRole, mean: Double)]

  /// Of an adapter that was checked against its base.
  init(_ adapter: AdapterTensors, _ base: ModelConfiguration) {
    rank = adapter.shape.rank
    alpha = adapter.shape.alpha
    isRankStabilized = adapter.shape.isRankStabilized
    parameters = adapter.tensors.reduce(0) { $0 + $1.count }
    norms = adapter.shape.targets.map { role in
      Self.mean(role, (0..<base.layerCount).compactMap { adapter[$0, role] })
    }
  }

  /// Of PEFT's two files alone.
  init(directory: String) throws {
    let file = "\(directory)/adapter_config.json"
    guard MappedFile.exists(file) else {
      throw Failure.notFound("\(directory) holds no adapter: adapter_config.json is missing")
    }
    let configuration = try AdapterConfiguration(
      parsing: MappedFile.contents(of: file, limit: ModelLimits.configurationBytes), file: file)
    let tensors = try Safetensors(path: "\(directory)/adapter_model.safetensors")
    rank = configuration.rank
    alpha = configuration.alpha
    isRankStabilized = configuration.rankStabilised
    parameters = tensors.all.reduce(0) { $0 + $1.count }
    var norms: [(role: LinearRole, mean: Double)] = []
    for role in LinearRole.allCases {
      var terms: [AdapterTerm] = []
      for layer in 0..<ModelLimits.layers {
        guard let a = tensors[Adapter.tensorName(layer: layer, role: role, matrix: "A")],
          let b = tensors[Adapter.tensorName(layer: layer, role: role, matrix: "B")],
          a.shape.count == 2, b.shape.count == 2,
          a.shape[0] == configuration.rank(of: role.module(layer: layer)),
          b.shape[1] == a.shape[0]
        else { continue }
        terms.append(
          AdapterTerm(
            a: Matrix(rows: a.shape[0], columns: a.shape[1], try a.floats()),
            b: Matrix(rows: b.shape[0], columns: b.shape[1], try b.floats()),
            scale: Float(configuration.scaling(of: role.module(layer: layer)))))
      }
      if !terms.isEmpty { norms.append(Self.mean(role, terms)) }
    }
    guard !norms.isEmpty else {
      throw Failure.failed("\(directory) has no LoRA matrices of the linear layers known here")
    }
    self.norms = norms
  }

  private static func mean(
    _ role: LinearRole, _ terms: [AdapterTerm]
  ) -> (role: LinearRole, mean: Double) {
    (role, terms.map(norm).reduce(0, +) / Double(max(terms.count, 1)))
  }

  /// |s·B·A| is the root of the sum over (BᵀB)·(AAᵀ): B·A itself may be as large as a base's weight,
  /// or as what a stranger's file says it is.
  private static func norm(_ term: AdapterTerm) -> Double {
    let left = Canonical.product(.tn, term.b, term.b)
    let right = Canonical.product(.nt, term.a, term.a)
    let squares = zip(left.elements, right.elements).reduce(0.0) {
      $0 + Double($1.0) * Double($1.1)
    }
    return Double(abs(term.scale)) * max(squares, 0).squareRoot()
  }
}
