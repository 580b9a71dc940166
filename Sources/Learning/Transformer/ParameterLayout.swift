// The trained tensors: their names, shapes and order, which is that of the state's hash and of
// every file (Specs/Transformer.md, "Trained tensors").

public import CanonicalMath
public import Checkpoints

public struct ParameterTensor: Hashable, Sendable {
  public let name: String
  public let rows: Int
  public let columns: Int
  /// A norm's weight or a bias: one row here, rank 1 in files, and no weight decay.
  public let isVector: Bool

  public var count: Int { rows * columns }
  public var shape: [Int] { isVector ? [columns] : [rows, columns] }
}

public struct ParameterLayout: Hashable, Sendable {
  public private(set) var tensors: [ParameterTensor] = []

  public var parameterCount: Int { tensors.reduce(0) { $0 + $1.count } }

  /// Zeros of every tensor's shape.
  public func zeros() -> [Matrix] { tensors.map { Matrix(rows: $0.rows, columns: $0.columns) } }

  /// Whether `matrices` have the layout's shapes.
  public func fits(_ matrices: [Matrix]) -> Bool {
    matrices.count == tensors.count
      && zip(matrices, tensors).allSatisfy { $0.rows == $1.rows && $0.columns == $1.columns }
  }

  private mutating func append(_ name: String, _ rows: Int, _ columns: Int) {
    tensors.append(ParameterTensor(name: name, rows: rows, columns: columns, isVector: false))
  }

  private mutating func append(_ name: String, vector columns: Int) {
    tensors.append(ParameterTensor(name: name, rows: 1, columns: columns, isVector: true))
  }

  /// A and B of every target, layer by layer, named as PEFT names them.
  public init(_ shape: AdapterShape, in configuration: ModelConfiguration) {
    for layer in 0..<configuration.layerCount {
      for role in shape.targets {
        let (outputs, inputs) = role.shape(in: configuration)
        let module = "base_model.model.\(role.module(layer: layer))"
        append("\(module).lora_A.weight", shape.rank, inputs)
        append("\(module).lora_B.weight", outputs, shape.rank)
      }
    }
  }

  /// Every tensor of the base, named as its file names it.
  public init(everythingIn configuration: ModelConfiguration) {
    let hidden = configuration.hiddenSize
    append("model.embed_tokens.weight", configuration.vocabularySize, hidden)
    for layer in 0..<configuration.layerCount {
      append("model.layers.\(layer).input_layernorm.weight", vector: hidden)
      for role in LinearRole.allCases {
        let (outputs, inputs) = role.shape(in: configuration)
        append("\(role.module(layer: layer)).weight", outputs, inputs)
        if role.hasBias(in: configuration) {
          append("\(role.module(layer: layer)).bias", vector: outputs)
        }
      }
      append("model.layers.\(layer).post_attention_layernorm.weight", vector: hidden)
    }
    append("model.norm.weight", vector: hidden)
    if !configuration.tiedEmbeddings {
      append("lm_head.weight", configuration.vocabularySize, hidden)
    }
  }
}

/// Where `ParameterLayout(everythingIn:)` puts each tensor.
struct EverythingPlaces: Sendable {
  struct Layer: Sendable {
    let inputNorm: Int
    let linears: [(weight: Int, bias: Int?)]
    let postAttentionNorm: Int
  }

  let embedding = 0
  let layers: [Layer]
  let finalNorm: Int
  let head: Int
  let count: Int

  init(_ configuration: ModelConfiguration) {
    var next = 1
    func take() -> Int {
      defer { next += 1 }
      return next
    }
    layers = (0..<configuration.layerCount).map { _ in
      let inputNorm = take()
      let linears = LinearRole.allCases.map { role in
        (weight: take(), bias: role.hasBias(in: configuration) ? take() : nil)
      }
      return Layer(inputNorm: inputNorm, linears: linears, postAttentionNorm: take())
    }
    finalNorm = take()
    head = configuration.tiedEmbeddings ? 0 : take()
    count = next
  }
}
