// adapter_config.json of PEFT, read and written; see Specs/Checkpoints.md, "Adapters".

internal import JSON

/// Which linear layers an adapter changes.
public enum AdapterTargets: Sendable, Equatable {
  /// A module is meant when its full name is in the list or ends with a dot and a name of the list.
  case names([String])
  /// A module is meant when its full name matches.
  case pattern(TargetPattern)
  /// Every linear layer but the head.
  case allLinear

  public func contains(_ module: String) -> Bool {
    switch self {
    case .names(let names):
      names.contains { module.utf8.elementsEqual($0.utf8) || module.hasSuffix("." + $0) }
    case .pattern(let pattern): pattern.matches(module)
    case .allLinear: true
    }
  }
}

public struct AdapterConfiguration: Sendable, Equatable {
  public var rank: Int
  public var alpha: Double
  public var targets: AdapterTargets
  /// rsLoRA: the product is scaled by alpha / √rank instead of alpha / rank.
  public var rankStabilised: Bool
  /// Matters only to whoever goes on training; this program trains without dropout.
  public var dropout: Double
  public var baseName: String?
  /// What differs between layers.
  public var exceptions = AdapterExceptions()

  /// A rank is at most this.
  public static let greatestRank = 4096

  public init(
    rank: Int, alpha: Double, targets: AdapterTargets, rankStabilised: Bool = false,
    dropout: Double = 0, baseName: String? = nil
  ) {
    self.rank = rank
    self.alpha = alpha
    self.targets = targets
    self.rankStabilised = rankStabilised
    self.dropout = dropout
    self.baseName = baseName
  }

  /// What B·A is multiplied with where nothing else is said.
  public var scaling: Double { scaling(alpha: alpha, rank: rank) }

  private func scaling(alpha: Double, rank: Int) -> Double {
    alpha / (rankStabilised ? Double(rank).squareRoot() : Double(rank))
  }

  /// The roles that are changed in a layer.
  public func roles(layer: Int) -> [LinearRole] {
    LinearRole.allCases.filter {
      let module = $0.module(layer: layer)
      if exceptions.excludes(module, layer: layer, targets) { return false }
      return targets.contains(module)
    }
  }

  /// The rank of a module's matrices.
  public func rank(of module: String) -> Int { exceptions.rank(of: module) ?? rank }

  /// What a module's B·A is multiplied with.
  public func scaling(of module: String) -> Double {
    scaling(alpha: exceptions.alpha(of: module) ?? alpha, rank: rank(of: module))
  }

  public init(
    parsing bytes: [UInt8], file: String = "adapter_config.json"
  ) throws(CheckpointError) {
    var fields = try ConfigurationFields(parsing: bytes, file: file)
    let type = try fields.text("peft_type") ?? "missing"
    if type != "LORA" {
      throw .unsupported(
        file: file, option: "peft_type", value: shown(type), advice: "only LORA is known")
    }
    try fields.refuse("task_type", unless: "CAUSAL_LM", advice: "only CAUSAL_LM is known")
    rank = try fields.integer("r") ?? 8
    if rank < 1 || rank > Self.greatestRank {
      throw .limit(file: file, what: "r", value: rank, limit: Self.greatestRank)
    }
    alpha = try fields.number("lora_alpha") ?? 8
    dropout = try fields.number("lora_dropout") ?? 0
    rankStabilised = try fields.flag("use_rslora") ?? false
    baseName = try fields.text("base_model_name_or_path")
    targets = try Self.targets(&fields)
    exceptions = try AdapterExceptions(&fields, targets)
    try fields.refuse("bias", unless: "none", advice: "only the LoRA matrices may be trained")
    try Self.refuseInitialisation(&fields)
    fields.ignore([
      "auto_mapping", "inference_mode", "peft_version", "revision", "megatron_core",
      "qalora_group_size", "loftq_config", "runtime_config",
    ])
    // What else PEFT knows (use_dora, modules_to_save, trainable_token_indices, ...) numbers when it is set, and is off
    // when null, false or empty.
    try fields.refuseTheRest(quiet: true)
  }

  private static func targets(
    _ fields: inout ConfigurationFields
  ) throws(CheckpointError) -> AdapterTargets {
    guard let value = fields.value("target_modules") else {
      throw .malformed(file: fields.file, problem: "target_modules is missing")
    }
    if let text = value.string {
      if text == "all-linear" { return .allLinear }
      return .pattern(try TargetPattern(text, file: fields.file))
    }
    let names = try fields.texts("target_modules") ?? []
    if names.isEmpty { throw .malformed(file: fields.file, problem: "target_modules is empty") }
    if names.count > 1024 {
      throw .limit(
        file: fields.file, what: "the length of target_modules", value: names.count, limit: 1024)
    }
    return .names(names)
  }

  /// Some ways to initialise an adapter also change the base's weights, so the adapter alone does not
  /// say what the model computes.
  private static func refuseInitialisation(
    _ fields: inout ConfigurationFields
  ) throws(CheckpointError) {
    guard let value = fields.value("init_lora_weights") else { return }
    if value.bool != nil || value.string == "gaussian" || value.string == "orthogonal" { return }
    throw .unsupported(
      file: fields.file, option: "init_lora_weights", value: shown(value.serialized()),
      advice: "it changes the base's weights; convert the adapter to a plain LoRA first")
  }

  /// The file as PEFT writes it: sorted keys, two spaces of indentation.
  public func serialized() -> [UInt8] {
    let targetValue: JSONValue =
      switch targets {
      case .names(let names):
        .array(names.sorted(by: ByteOrder.precedes).map { .string($0) })
      case .pattern(let pattern): .string(pattern.text)
      case .allLinear: "all-linear"
      }
    let whole = Int64(exactly: alpha)
    return JSONValue.object([
      "alpha_pattern": [:],
      "auto_mapping": nil,
      "base_model_name_or_path": baseName.map { .string($0) } ?? .null,
      "bias": "none",
      "fan_in_fan_out": false,
      "inference_mode": true,
      "init_lora_weights": true,
      "layers_pattern": nil,
      "layers_to_transform": nil,
      "lora_alpha": whole.map { .integer($0) } ?? .double(alpha),
      "lora_dropout": .double(dropout),
      "modules_to_save": nil,
      "peft_type": "LORA",
      "r": .int(rank),
      "rank_pattern": [:],
      "revision": nil,
      "target_modules": targetValue,
      "task_type": "CAUSAL_LM",
      "use_dora": false,
      "use_rslora": .bool(rankStabilised),
    ]).serializedBytes(.pretty)
  }
}
