// A model's weights as the kernels read them: mapped from files without a copy, or the matrices
// that are being trained (Specs/Transformer.md, "Tensors").

public import CanonicalMath
public import Checkpoints

/// A matrix that is only read.
public enum WeightMatrix: Operand {
  /// In the format of its file.
  case stored(Weights)
  case trained(Matrix)

  public var rows: Int {
    switch self {
    case .stored(let weights): weights.rows
    case .trained(let matrix): matrix.rows
    }
  }
  public var columns: Int {
    switch self {
    case .stored(let weights): weights.columns
    case .trained(let matrix): matrix.columns
    }
  }
  public var operand: OperandView {
    switch self {
    case .stored(let weights): weights.operand
    case .trained(let matrix): matrix.operand
    }
  }

  var byteCount: Int {
    switch self {
    case .stored(let weights): rows * columns * weights.format.byteCount
    case .trained: rows * columns * 4
    }
  }

  /// The tensor where it is mapped.
  init(_ tensor: Tensor) throws(CheckpointError) {
    guard let format = NumberFormat(tensor.type), tensor.shape.count == 2 else {
      // Formats that widen are all known; `floats` names any other.
      self = .trained(Matrix(try tensor.floats()))
      return
    }
    // The file's mapping is read-only and lives as long as `tensor.file`, the owner.
    let weights = unsafe tensor.withBytes { bytes in
      unsafe Weights(
        rows: tensor.shape[0], columns: tensor.shape[1], format: format, bytes: bytes,
        owner: tensor.file)
    }
    self = .stored(weights)
  }
}

extension NumberFormat {
  init?(_ type: TensorType) {
    switch type {
    case .f32: self = .float32
    case .bf16: self = .bfloat16
    case .f16: self = .float16
    default: return nil
    }
  }
}

/// y = x·Wᵀ + b.
public struct Linear: Sendable {
  let weight: WeightMatrix
  let bias: Matrix?
  /// The transpose in panels, where the weights are laid out for a backward pass.
  var turned: Weights?
}

/// One block.
public struct LayerWeights: Sendable {
  let inputNorm: Matrix
  let postAttentionNorm: Matrix
  let linears: [Linear]

  subscript(role: LinearRole) -> Linear { linears[role.index] }
}

/// Everything that a forward pass reads besides an adapter.
public struct ModelWeights: Sendable {
  let embedding: WeightMatrix
  let layers: [LayerWeights]
  let finalNorm: Matrix
  let head: WeightMatrix
  var turnedHead: Weights?
  /// Where stored matrices are mapped.
  private let files: [MappedFile]

  /// Weights of a checkpoint: matrices stay mapped; norms and biases are widened once.
  public init(_ layout: ModelLayout) throws(CheckpointError) {
    func vector(_ tensor: Tensor) throws(CheckpointError) -> Matrix { Matrix(try tensor.floats()) }
    embedding = try WeightMatrix(layout.embedding)
    var layers: [LayerWeights] = []
    for layer in layout.layers {
      var linears: [Linear] = []
      for role in LinearRole.allCases {
        let tensors = layer[role]
        var bias: Matrix?
        if let tensor = tensors.bias { bias = try vector(tensor) }
        linears.append(Linear(weight: try WeightMatrix(tensors.weight), bias: bias))
      }
      layers.append(
        LayerWeights(
          inputNorm: try vector(layer.inputNorm),
          postAttentionNorm: try vector(layer.postAttentionNorm), linears: linears))
    }
    self.layers = layers
    finalNorm = try vector(layout.finalNorm)
    head = try WeightMatrix(layout.head)
    var files: [MappedFile] = []
    let matrices =
      [layout.embedding, layout.head]
      + layout.layers.flatMap { layer in LinearRole.allCases.map { layer[$0].weight } }
    for matrix in matrices where !files.contains(where: { $0 === matrix.file }) {
      files.append(matrix.file)
    }
    self.files = files
  }

  /// Bytes of the matrices that every token passes through.
  var linearBytes: Int {
    layers.reduce(head.byteCount) { sum, layer in
      layer.linears.reduce(sum) { $0 + $1.weight.byteCount }
    }
  }

  /// Whether all of them come from files, so that nobody can change them.
  var isStored: Bool { !files.isEmpty }

  /// The same weights laid out for reading many times with few rows: for generation. Costs a copy;
  /// the files' own pages are given back as their matrices are copied.
  public func packed() -> ModelWeights {
    func pack(_ matrices: [WeightMatrix]) -> [WeightMatrix] {
      let packed = Weights.packed(
        matrices.map { matrix in
          switch matrix {
          case .stored(let weights): weights
          case .trained(let matrix): Weights(matrix)
          }
        }, narrowing: true)
      for file in files { file.forgetPages() }
      return packed.map { .stored($0) }
    }
    let layers = layers.map { layer in
      LayerWeights(
        inputNorm: layer.inputNorm, postAttentionNorm: layer.postAttentionNorm,
        linears: zip(layer.linears, pack(layer.linears.map(\.weight))).map {
          Linear(weight: $1, bias: $0.bias)
        })
    }
    return ModelWeights(
      embedding: embedding, layers: layers, finalNorm: finalNorm, head: pack([head])[0],
      files: files)
  }

  private init(
    embedding: WeightMatrix, layers: [LayerWeights], finalNorm: Matrix, head: WeightMatrix,
    files: [MappedFile]
  ) {
    self.embedding = embedding
    self.layers = layers
    self.finalNorm = finalNorm
    self.head = head
    self.files = files
  }

  /// The same weights laid out for many rows at a time, so that no product packs them again: in panels,
  /// and with their transposes where a backward pass follows.
  func laidOut(backward: Bool) -> ModelWeights {
    func stored(_ matrix: WeightMatrix) -> Weights {
      switch matrix {
      case .stored(let weights): weights
      case .trained(let matrix): Weights(matrix)
      }
    }
    let layers = layers.map { layer in
      LayerWeights(
        inputNorm: layer.inputNorm, postAttentionNorm: layer.postAttentionNorm,
        linears: layer.linears.map { linear in
          let weights = stored(linear.weight)
          return Linear(
            weight: .stored(weights.packed()), bias: linear.bias,
            turned: backward ? weights.turned() : nil)
        })
    }
    var result = ModelWeights(
      embedding: embedding, layers: layers, finalNorm: finalNorm,
      head: .stored(stored(head).packed()), files: files)
    result.turnedHead = backward ? stored(head).turned() : nil
    for file in files { file.forgetPages() }
    return result
  }

  /// Stands in while the tensors change.
  static let none = ModelWeights()

  private init() {
    embedding = .trained(Matrix(rows: 0, columns: 0))
    layers = []
    finalNorm = Matrix(rows: 0, columns: 0)
    head = embedding
    files = []
  }

  /// The trained tensors themselves, in the order of `ParameterLayout(everythingIn:)`.
  public init(_ configuration: ModelConfiguration, tensors: [Matrix]) {
    let places = EverythingPlaces(configuration)
    precondition(tensors.count == places.count)
    embedding = .trained(tensors[places.embedding])
    layers = places.layers.map { layer in
      LayerWeights(
        inputNorm: tensors[layer.inputNorm], postAttentionNorm: tensors[layer.postAttentionNorm],
        linears: layer.linears.map { place in
          Linear(weight: .trained(tensors[place.weight]), bias: place.bias.map { tensors[$0] })
        })
    }
    finalNorm = tensors[places.finalNorm]
    head = .trained(tensors[places.head])
    files = []
  }
}

extension LinearRole {
  /// Its place in a block.
  var index: Int {
    switch self {
    case .query: 0
    case .key: 1
    case .value: 2
    case .output: 3
    case .gate: 4
    case .up: 5
    case .down: 6
    }
  }

  public static let attention: [LinearRole] = [.query, .key, .value, .output]

  /// Reads `q`, `q_proj`, or a module's full name that ends in it.
  public init?(abbreviation name: String) {
    let last = String(name.reversed().prefix { $0 != "." }.reversed())
    guard let role = LinearRole(rawValue: last) ?? LinearRole(rawValue: last + "_proj") else {
      return nil
    }
    self = role
  }
}
