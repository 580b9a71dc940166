// generation_config.json: defaults for sampling; see Specs/Checkpoints.md, "Generation defaults".

/// What the model's authors suggest. A command's own options come first, so keys that
/// this program does not use are passed over.
public struct GenerationConfiguration: Sendable, Equatable {
  public var beginToken: Int?
  public var endTokens: [Int] = []
  public var paddingToken: Int?
  public var samples = false
  public var temperature: Double?
  public var topK: Int?
  public var topP: Double?
  public var minP: Double?
  public var repetitionPenalty: Double?
  public var maximumNewTokens: Int?

  public init() {}

  public init(parsing bytes: [UInt8], file: String) throws(CheckpointError) {
    var fields = try ConfigurationFields(parsing: bytes, file: file)
    beginToken = try fields.integer("bos_token_id")
    endTokens = try fields.tokens("eos_token_id") ?? []
    paddingToken = try fields.integer("pad_token_id")
    samples = try fields.flag("do_sample") ?? false
    temperature = try fields.number("temperature")
    topK = try fields.integer("top_k")
    topP = try fields.number("top_p")
    minP = try fields.number("min_p")
    repetitionPenalty = try fields.number("repetition_penalty")
    maximumNewTokens = try fields.integer("max_new_tokens")
  }

  /// Takes the special tokens from config.json where this file does not give them.
  func completed(by configuration: ModelConfiguration) -> GenerationConfiguration {
    var output = self
    output.beginToken = beginToken ?? configuration.beginToken
    output.paddingToken = paddingToken ?? configuration.paddingToken
    if endTokens.isEmpty { output.endTokens = configuration.endTokens }
    return output
  }
}
