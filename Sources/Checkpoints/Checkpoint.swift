// A checkpoint: configuration, weights in their places, generation defaults; see
// Specs/Checkpoints.md.

public struct Checkpoint: Sendable {
  /// Nil for a checkpoint that was put together in memory.
  public let directory: String?
  public let configuration: ModelConfiguration
  public let generation: GenerationConfiguration
  public let weights: WeightFiles
  public let layout: ModelLayout

  /// Opens a directory in the layout of Hugging Face. Weights are mapped, not read.
  public init(directory: String) throws(CheckpointError) {
    let path = directory + "/config.json"
    let configuration = try ModelConfiguration(
      parsing: MappedFile.contents(of: path, limit: ModelLimits.configurationBytes), file: path)
    let defaults = directory + "/generation_config.json"
    var generation = GenerationConfiguration()
    if MappedFile.exists(defaults) {
      generation = try GenerationConfiguration(
        parsing: MappedFile.contents(of: defaults, limit: ModelLimits.configurationBytes),
        file: defaults)
    }
    try self.init(
      directory: directory, configuration: configuration, generation: generation,
      weights: WeightFiles(directory: directory))
  }

  public init(
    directory: String? = nil, configuration: ModelConfiguration,
    generation: GenerationConfiguration = GenerationConfiguration(), weights: WeightFiles
  ) throws(CheckpointError) {
    self.directory = directory
    self.configuration = configuration
    self.generation = generation.completed(by: configuration)
    self.weights = weights
    layout = try ModelLayout(configuration, weights)
  }

  /// The files of the directory that belong to a base, in the order in which they are published.
  public static let fileNames = [
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    "special_tokens_map.json", "chat_template.jinja", "model.safetensors",
    "model.safetensors.index.json",
  ]
}
