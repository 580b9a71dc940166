// The shape and options of a model, as config.json gives them; see Specs/Checkpoints.md,
// "config.json".

/// The families whose layers this program computes. All are Llama's layer with small differences,
/// which `ModelConfiguration` states as options, so the transformer never asks for the family.
public enum ModelFamily: String, Sendable, Equatable, CaseIterable {
  /// Llama 1 to 3, SmolLM, SmolLM2, TinyLlama and others that say `"model_type": "llama"`.
  case llama
  case mistral
  case qwen2

  /// What `architectures` names for it.
  public var architecture: String {
    switch self {
    case .llama: "LlamaForCausalLM"
    case .mistral: "MistralForCausalLM"
    case .qwen2: "Qwen2ForCausalLM"
    }
  }
}

/// How rotary frequencies are changed for contexts longer than the ones trained on. The formulas are
/// in Specs/Checkpoints.md, "RoPE scaling"; numbers are as written in the file.
public enum RopeScaling: Sendable, Equatable {
  case none
  /// Positions are divided by `factor`.
  case linear(factor: Double)
  /// The base grows with the length of the text once it passes `contextLength`.
  case dynamic(factor: Double)
  case llama3(
    factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double,
    originalContextLength: Int)
  /// `attentionFactor` multiplies cosine and sine; nil when the file leaves it to the formula over
  /// `factor`, `mscale` and `mscaleAllDimensions`.
  case yarn(
    factor: Double, originalContextLength: Int, betaFast: Double, betaSlow: Double,
    attentionFactor: Double?, mscale: Double?, mscaleAllDimensions: Double?, truncate: Bool)
}

/// Bounds on a configuration from outside. Together they keep every product of sizes below 2^62.
public enum ModelLimits {
  /// config.json and the other small JSON files have at most this many bytes.
  public static let configurationBytes = 4 << 20
  public static let vocabularySize = 1 << 22
  public static let hiddenSize = 1 << 17
  public static let intermediateSize = 1 << 19
  public static let layers = 1024
  public static let heads = 1024
  public static let headDimension = 1024
  public static let contextLength = 1 << 24
  /// A file lists at most this many end-of-text tokens.
  public static let endTokens = 64
}

public struct ModelConfiguration: Sendable, Equatable {
  public var family: ModelFamily
  public var vocabularySize: Int
  public var hiddenSize: Int
  public var intermediateSize: Int
  public var layerCount: Int
  public var headCount: Int
  /// Equal to `headCount` without grouped queries, 1 with one shared head.
  public var keyValueHeadCount: Int
  /// Not always `hiddenSize / headCount`.
  public var headDimension: Int
  /// `max_position_embeddings`.
  public var contextLength: Int
  public var normEpsilon: Double
  public var ropeTheta: Double
  public var ropeScaling: RopeScaling
  /// Biases of q, k and v.
  public var queryKeyValueBias: Bool
  /// Bias of the attention's output projection.
  public var outputBias: Bool
  /// Biases of gate, up and down.
  public var feedForwardBias: Bool
  /// The head is the transposed embedding; no `lm_head.weight` is used.
  public var tiedEmbeddings: Bool
  /// For each layer, how many tokens, itself included, a token sees; nil for all before it.
  public var slidingWindows: [Int?]
  public var beginToken: Int?
  public var endTokens: [Int]
  public var paddingToken: Int?

  public init(
    family: ModelFamily = .llama, vocabularySize: Int, hiddenSize: Int, intermediateSize: Int,
    layerCount: Int, headCount: Int, keyValueHeadCount: Int, headDimension: Int,
    contextLength: Int, normEpsilon: Double = 1e-5, ropeTheta: Double = 10_000,
    ropeScaling: RopeScaling = .none, queryKeyValueBias: Bool = false, outputBias: Bool = false,
    feedForwardBias: Bool = false, tiedEmbeddings: Bool = true, slidingWindow: Int? = nil,
    beginToken: Int? = nil, endTokens: [Int] = [], paddingToken: Int? = nil
  ) {
    self.family = family
    self.vocabularySize = vocabularySize
    self.hiddenSize = hiddenSize
    self.intermediateSize = intermediateSize
    self.layerCount = layerCount
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount
    self.headDimension = headDimension
    self.contextLength = contextLength
    self.normEpsilon = normEpsilon
    self.ropeTheta = ropeTheta
    self.ropeScaling = ropeScaling
    self.queryKeyValueBias = queryKeyValueBias
    self.outputBias = outputBias
    self.feedForwardBias = feedForwardBias
    self.tiedEmbeddings = tiedEmbeddings
    slidingWindows = Array(repeating: slidingWindow, count: max(0, layerCount))
    self.beginToken = beginToken
    self.endTokens = endTokens
    self.paddingToken = paddingToken
  }

  /// Columns of q's output and of o's input.
  public var queryWidth: Int { headCount * headDimension }
  /// Columns of k's and of v's output.
  public var keyValueWidth: Int { keyValueHeadCount * headDimension }

  /// Checks every size against the limits and the sizes against each other.
  public func check(file: String) throws(CheckpointError) {
    func bound(_ name: String, _ value: Int, _ limit: Int) throws(CheckpointError) {
      if value < 1 {
        throw .malformed(file: file, problem: "\(name) is \(value); it must be at least 1")
      }
      if value > limit { throw .limit(file: file, what: name, value: value, limit: limit) }
    }
    try bound("vocab_size", vocabularySize, ModelLimits.vocabularySize)
    try bound("hidden_size", hiddenSize, ModelLimits.hiddenSize)
    try bound("intermediate_size", intermediateSize, ModelLimits.intermediateSize)
    try bound("num_hidden_layers", layerCount, ModelLimits.layers)
    try bound("num_attention_heads", headCount, ModelLimits.heads)
    try bound("num_key_value_heads", keyValueHeadCount, ModelLimits.heads)
    try bound("head_dim", headDimension, ModelLimits.headDimension)
    try bound("max_position_embeddings", contextLength, ModelLimits.contextLength)
    if headCount % keyValueHeadCount != 0 {
      throw .malformed(
        file: file,
        problem: "num_attention_heads \(headCount) is no multiple of num_key_value_heads "
          + "\(keyValueHeadCount)")
    }
    if headDimension % 2 != 0 {
      throw .malformed(file: file, problem: "head_dim \(headDimension) is odd; RoPE needs pairs")
    }
    if !(normEpsilon > 0 && normEpsilon < 1) {
      throw .malformed(file: file, problem: "rms_norm_eps is \(normEpsilon); it must be in (0, 1)")
    }
    if !(ropeTheta >= 1 && ropeTheta <= 1e12) {
      throw .malformed(file: file, problem: "rope_theta is \(ropeTheta); it must be in 1...1e12")
    }
    if slidingWindows.count != layerCount {
      throw .malformed(
        file: file, problem: "layer_types names \(slidingWindows.count) of \(layerCount) layers")
    }
    for window in slidingWindows {
      if let window { try bound("sliding_window", window, ModelLimits.contextLength) }
    }
    for token in endTokens + [beginToken, paddingToken].compactMap({ $0 })
    where token < 0 || token >= vocabularySize {
      throw .malformed(
        file: file, problem: "token id \(token) is outside the vocabulary of \(vocabularySize)")
    }
  }
}
