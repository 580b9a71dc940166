// The project's own base, from nothing but numbers in this file (Specs/FixtureBase.md): text from
// the skills, a tokenizer learned from it, and a model trained on it.

import CanonicalMath
public import Checkpoints
import Cryptography
import JSON
import Tokenization

/// Everything that the fixture base is made of, up to the training itself.
public struct BaseMaking: Sendable {
  public struct Settings: Sendable {
    public var exercises = 80_000
    public var seed: UInt64 = 20_251_120
    public var vocabularySize = 1024
    public var steps = 4000
    public var recordsPerStep = 64
    public var learningRate = 0.004

    public init() {}
  }

  /// The files that exist before training, by name.
  public let files: [(name: String, bytes: [UInt8])]
  public let configuration: ModelConfiguration
  public let recipe: Recipe
  public let records: [TokenRecord]

  public init(_ settings: Settings = Settings()) throws {
    let exercises = BaseText.exercises(count: settings.exercises, seed: settings.seed)
    var trainer = BPETrainer(
      vocabularySize: settings.vocabularySize,
      specialTokens: ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    for exercise in exercises { try trainer.add(exercise.prompt + exercise.completion) }
    let tokenizerFile = trainer.file(trainer.train())
    let configuration = ModelConfiguration(
      vocabularySize: settings.vocabularySize, hiddenSize: 128, intermediateSize: 384,
      layerCount: 4, headCount: 4, keyValueHeadCount: 2, headDimension: 32, contextLength: 512,
      endTokens: [0], paddingToken: 0)
    self.configuration = configuration
    files = [
      ("config.json", Self.configurationFile(configuration)), ("tokenizer.json", tokenizerFile),
      ("tokenizer_config.json", Self.tokenizerConfiguration),
    ]
    let form = RecordForm(maximumTokens: 512)
    let encoder = try RecordEncoder(
      Tokenizer(parsing: tokenizerFile), form: form, beginToken: nil, endTokens: [0])
    let dataset = Dataset(exercises)
    records = try encoder.encode(dataset, file: "exercises")
    recipe = Recipe(
      base: BaseIdentity(
        files: files.map { BaseIdentity.File(name: $0.name, digest: SHA256.hash($0.bytes)) }),
      data: dataset.list, form: form, adapter: nil,
      optimizer: OptimizerSettings(
        learningRate: settings.learningRate, beta2: 0.98, decay: 0.01, maximumNorm: 1),
      schedule: Schedule(shape: .cosine, warmUpSteps: 100, finalShare: 0.02),
      steps: settings.steps, recordsPerStep: settings.recordsPerStep,
      stepsPerCheckpoint: 500)
  }

  /// The run that makes the base.
  public func run() throws(RunError) -> Run {
    let state = TrainingState(everythingIn: configuration, seed: recipe.seed)
    return try Run(
      recipe,
      trainer: Trainer(
        everythingIn: configuration, optimizer: recipe.optimizer, state: state),
      records: records)
  }

  /// model.safetensors of a finished run: bfloat16, nearest even.
  public static func tensors(of state: TrainingState) -> [OutgoingTensor] {
    zip(state.layout.tensors, state.parameters).map { tensor, matrix in
      OutgoingTensor(
        name: tensor.name, shape: tensor.shape, values: matrix.elements, type: .bf16)
    }
  }

  /// config.json of a plain Llama of that shape.
  public static func configurationFile(
    _ shape: ModelConfiguration, type: String = "bfloat16"
  ) -> [UInt8] {
    let object: JSONValue = [
      "architectures": ["LlamaForCausalLM"], "model_type": "llama", "attention_bias": false,
      "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0,
      "head_dim": .int(shape.headDimension), "hidden_act": "silu",
      "hidden_size": .int(shape.hiddenSize), "intermediate_size": .int(shape.intermediateSize),
      "max_position_embeddings": .int(shape.contextLength), "mlp_bias": false,
      "num_attention_heads": .int(shape.headCount),
      "num_hidden_layers": .int(shape.layerCount),
      "num_key_value_heads": .int(shape.keyValueHeadCount),
      "rms_norm_eps": .double(shape.normEpsilon), "rope_scaling": nil,
      "rope_theta": .double(shape.ropeTheta), "tie_word_embeddings": true,
      "torch_dtype": .string(type), "vocab_size": .int(shape.vocabularySize),
    ]
    return object.serializedBytes(.pretty)
  }

  private static let tokenizerConfiguration: [UInt8] = {
    let object: JSONValue = [
      "add_prefix_space": false, "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>",
      "pad_token": "<|endoftext|>", "clean_up_tokenization_spaces": false,
      "model_max_length": 512, "tokenizer_class": "PreTrainedTokenizerFast",
    ]
    return object.serializedBytes(.pretty)
  }()
}

extension Exercise {
  /// The exercise as a line of JSONL, without its end.
  public var line: [UInt8] {
    let object: JSONValue = ["prompt": .string(prompt), "completion": .string(completion)]
    return object.serializedBytes()
  }
}
