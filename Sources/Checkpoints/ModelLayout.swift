// The tensors of a model in their places, with their shapes checked; see Specs/Checkpoints.md,
// "Tensor names".

/// A linear layer: `weight` is [outputs, inputs], row-major; `bias` has one element an output.
public struct LinearTensors: Sendable {
  public let weight: Tensor
  public let bias: Tensor?
  public var outputs: Int { weight.shape[0] }
  public var inputs: Int { weight.shape[1] }
}

/// The seven linear layers of a block, by their names in files.
public enum LinearRole: String, Sendable, CaseIterable, Comparable {
  case query = "q_proj"
  case key = "k_proj"
  case value = "v_proj"
  case output = "o_proj"
  case gate = "gate_proj"
  case up = "up_proj"
  case down = "down_proj"

  /// The module that holds it.
  public var parent: String {
    switch self {
    case .query, .key, .value, .output: "self_attn"
    case .gate, .up, .down: "mlp"
    }
  }

  public static func < (left: LinearRole, right: LinearRole) -> Bool {
    left.place < right.place
  }

  var place: Int { LinearRole.allCases.firstIndex(of: self) ?? 0 }

  /// The module's full name, such as `model.layers.3.self_attn.q_proj`.
  public func module(layer: Int) -> String { "model.layers.\(layer).\(parent).\(rawValue)" }

  /// [outputs, inputs] of the weight.
  public func shape(in configuration: ModelConfiguration) -> (outputs: Int, inputs: Int) {
    let hidden = configuration.hiddenSize
    switch self {
    case .query: return (configuration.queryWidth, hidden)
    case .key, .value: return (configuration.keyValueWidth, hidden)
    case .output: return (hidden, configuration.queryWidth)
    case .gate, .up: return (configuration.intermediateSize, hidden)
    case .down: return (hidden, configuration.intermediateSize)
    }
  }

  public func hasBias(in configuration: ModelConfiguration) -> Bool {
    switch self {
    case .query, .key, .value: configuration.queryKeyValueBias
    case .output: configuration.outputBias
    case .gate, .up, .down: configuration.feedForwardBias
    }
  }
}

/// One block of the transformer.
public struct LayerTensors: Sendable {
  /// Before attention; [hidden].
  public let inputNorm: Tensor
  /// Before the feed-forward part; [hidden].
  public let postAttentionNorm: Tensor
  /// In the order of `LinearRole.allCases`.
  let linears: [LinearTensors]

  public subscript(role: LinearRole) -> LinearTensors { linears[role.place] }
}

public struct ModelLayout: Sendable {
  /// [vocabulary, hidden].
  public let embedding: Tensor
  public let layers: [LayerTensors]
  /// [hidden].
  public let finalNorm: Tensor
  /// [vocabulary, hidden]; the embedding itself when the two are tied.
  public let head: Tensor

  /// Finds every tensor and checks its shape and type. Tensors that the model does not have are
  /// refused, except those that older libraries saved without need.
  public init(_ configuration: ModelConfiguration, _ weights: WeightFiles) throws(CheckpointError) {
    try configuration.check(file: "config.json")
    var used: [String] = []
    func take(_ name: String, _ shape: [Int]) throws(CheckpointError) -> Tensor {
      guard let tensor = weights[name] else {
        throw .mismatch(file: weights.path, tensor: name, problem: "missing")
      }
      if tensor.shape != shape {
        throw .mismatch(
          file: tensor.file.path, tensor: name,
          problem: "its shape is \(tensor.shape), config.json asks for \(shape)")
      }
      if !tensor.type.widensToFloat {
        throw .unsupported(
          file: tensor.file.path, option: "dtype of \(name)", value: tensor.type.rawValue,
          advice: "save it as F32, F16 or BF16")
      }
      used.append(name)
      return tensor
    }
    let hidden = configuration.hiddenSize
    let table = [configuration.vocabularySize, hidden]
    embedding = try take("model.embed_tokens.weight", table)
    var layers: [LayerTensors] = []
    for index in 0..<configuration.layerCount {
      let base = "model.layers.\(index)"
      var linears: [LinearTensors] = []
      for role in LinearRole.allCases {
        let (outputs, inputs) = role.shape(in: configuration)
        let module = role.module(layer: index)
        linears.append(
          LinearTensors(
            weight: try take("\(module).weight", [outputs, inputs]),
            bias: role.hasBias(in: configuration) ? try take("\(module).bias", [outputs]) : nil))
      }
      layers.append(
        LayerTensors(
          inputNorm: try take("\(base).input_layernorm.weight", [hidden]),
          postAttentionNorm: try take("\(base).post_attention_layernorm.weight", [hidden]),
          linears: linears))
    }
    self.layers = layers
    finalNorm = try take("model.norm.weight", [hidden])
    if configuration.tiedEmbeddings {
      head = embedding
      used.append("lm_head.weight")
    } else {
      head = try take("lm_head.weight", table)
    }
    try Self.refuseOthers(weights, used: used)
  }

  private static func refuseOthers(
    _ weights: WeightFiles, used: [String]
  ) throws(CheckpointError) {
    let sorted = used.sorted(by: ByteOrder.precedes)
    let order = Array(sorted.indices)
    for name in weights.names {
      if ByteOrder.place(of: name, in: order, name: { sorted[$0] }) != nil { continue }
      // A table that is computed from config.json and was once saved with the weights.
      if name.hasPrefix("model.layers."), name.hasSuffix(".self_attn.rotary_emb.inv_freq") {
        continue
      }
      throw .mismatch(
        file: weights.path, tensor: shown(name),
        problem: "config.json describes no such tensor, so it would be ignored")
    }
  }
}
