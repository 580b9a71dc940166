// A LoRA adapter in PEFT's files: adapter_config.json and adapter_model.safetensors; see
// Specs/Checkpoints.md, "Adapters".

/// The pair of matrices that changes one linear layer: weight + scaling · b · a.
public struct AdapterModule: Sendable {
  public let layer: Int
  public let role: LinearRole
  public let scaling: Double
  /// [rank, inputs].
  public let a: Tensor
  /// [outputs, rank].
  public let b: Tensor
}

public struct Adapter: Sendable {
  public let configuration: AdapterConfiguration
  /// By layer, then in the order of `LinearRole.allCases`.
  public let modules: [AdapterModule]

  /// PEFT puts this before the names of the base's modules.
  public static let prefix = "base_model.model."

  public static func tensorName(layer: Int, role: LinearRole, matrix: String) -> String {
    "\(prefix)\(role.module(layer: layer)).lora_\(matrix).weight"
  }

  /// Opens a directory with PEFT's two files and checks them against the base.
  public init(directory: String, base: ModelConfiguration) throws(CheckpointError) {
    let path = directory + "/adapter_config.json"
    let weights = directory + "/adapter_model.safetensors"
    if !MappedFile.exists(weights), MappedFile.exists(directory + "/adapter_model.bin") {
      throw .unsupported(
        file: directory, option: "weights", value: "adapter_model.bin",
        advice: "convert the adapter to safetensors; pickled files can run code")
    }
    try self.init(
      configuration: AdapterConfiguration(
        parsing: MappedFile.contents(of: path, limit: ModelLimits.configurationBytes), file: path),
      tensors: Safetensors(path: weights), base: base)
  }

  /// Every module that the configuration names must have its two matrices, of the right shapes, and
  /// there must be no other tensor.
  public init(
    configuration: AdapterConfiguration, tensors: Safetensors, base: ModelConfiguration
  ) throws(CheckpointError) {
    try base.check(file: "config.json")
    let file = tensors.file.path
    var modules: [AdapterModule] = []
    func take(_ name: String, _ shape: [Int]) throws(CheckpointError) -> Tensor {
      guard let tensor = tensors[name] else {
        throw .mismatch(
          file: file, tensor: name, problem: "missing, though target_modules names it")
      }
      if tensor.shape != shape {
        throw .mismatch(
          file: file, tensor: name,
          problem: "its shape is \(tensor.shape); the base and r ask for \(shape)")
      }
      if !tensor.type.widensToFloat {
        throw .unsupported(
          file: file, option: "dtype of \(name)", value: tensor.type.rawValue,
          advice: "save it as F32, F16 or BF16")
      }
      return tensor
    }
    var used: [String] = []
    for layer in 0..<base.layerCount {
      for role in configuration.roles(layer: layer) {
        let (outputs, inputs) = role.shape(in: base)
        let a = Self.tensorName(layer: layer, role: role, matrix: "A")
        let b = Self.tensorName(layer: layer, role: role, matrix: "B")
        let module = role.module(layer: layer)
        let rank = configuration.rank(of: module)
        modules.append(
          AdapterModule(
            layer: layer, role: role, scaling: configuration.scaling(of: module),
            a: try take(a, [rank, inputs]), b: try take(b, [outputs, rank])))
        used += [a, b]
      }
    }
    if modules.isEmpty {
      throw .malformed(file: file, problem: "target_modules names no linear layer of the base")
    }
    let sorted = used.sorted(by: ByteOrder.precedes)
    let order = Array(sorted.indices)
    for tensor in tensors.tensors
    where ByteOrder.place(of: tensor.name, in: order, name: { sorted[$0] }) == nil {
      throw .mismatch(
        file: file, tensor: shown(tensor.name),
        problem: "not a LoRA matrix of a module that target_modules names in a base of "
          + "\(base.layerCount) layers")
    }
    self.configuration = configuration
    self.modules = modules
  }

  /// The tensors of adapter_model.safetensors for matrices in memory.
  public static func outgoing(
    _ modules: [(layer: Int, role: LinearRole, a: [Float], b: [Float])],
    rank: Int, base: ModelConfiguration, type: TensorType = .f32
  ) -> [OutgoingTensor] {
    modules.flatMap { module in
      let (outputs, inputs) = module.role.shape(in: base)
      return [
        OutgoingTensor(
          name: tensorName(layer: module.layer, role: module.role, matrix: "A"),
          shape: [rank, inputs], values: module.a, type: type),
        OutgoingTensor(
          name: tensorName(layer: module.layer, role: module.role, matrix: "B"),
          shape: [outputs, rank], values: module.b, type: type),
      ]
    }
  }
}
