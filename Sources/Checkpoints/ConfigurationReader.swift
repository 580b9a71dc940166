// config.json → ModelConfiguration; see Specs/Checkpoints.md, "config.json".

internal import JSON

extension ModelConfiguration {
  /// Keys that change no number of a forward or backward pass: names, versions, storage and
  /// generation defaults that earlier libraries kept here.
  static let irrelevantKeys = [
    "_attn_implementation", "_attn_implementation_autoset", "_from_model_config",
    "_name_or_path", "_num_labels", "architectures", "attn_implementation", "bad_words_ids",
    "begin_suppress_tokens", "chunk_size_feed_forward", "decoder_start_token_id",
    "diversity_penalty", "do_sample", "dtype", "early_stopping", "encoder_no_repeat_ngram_size",
    "exponential_decay_length_penalty", "finetuning_task", "forced_bos_token_id",
    "forced_eos_token_id", "gradient_checkpointing", "id2label", "initializer_range", "is_decoder",
    "is_llama_config",
    "keys_to_ignore_at_inference", "label2id", "length_penalty", "max_length",
    "max_sequence_length", "min_length",
    "model_type", "no_repeat_ngram_size", "num_beam_groups", "num_beams",
    "num_return_sequences", "output_attentions", "output_hidden_states", "output_scores",
    "prefix", "pretraining_tp", "problem_type", "remove_invalid_values", "repetition_penalty",
    "return_dict", "return_dict_in_generate", "sep_token_id", "suppress_tokens",
    "task_specific_params", "temperature", "tf_legacy_loss", "tokenizer_class", "top_k", "top_p",
    "torch_dtype", "torchscript", "transformers.js_config", "transformers_version", "typical_p",
    "unsloth_fixed", "unsloth_version", "use_bfloat16", "use_cache",
  ]

  /// Reads config.json. `file` is its name for messages.
  public init(parsing bytes: [UInt8], file: String = "config.json") throws(CheckpointError) {
    var fields = try ConfigurationFields(parsing: bytes, file: file)
    guard let type = try fields.text("model_type") else {
      throw .malformed(file: file, problem: "model_type is missing")
    }
    guard let family = ModelFamily(rawValue: type) else {
      let known = ModelFamily.allCases.map(\.rawValue).joined(separator: ", ")
      throw .unsupported(
        file: file, option: "model_type", value: shown(type), advice: "known are \(known)")
    }
    for architecture in try fields.texts("architectures") ?? []
    where architecture != family.architecture {
      throw .unsupported(
        file: file, option: "architectures", value: shown(architecture),
        advice: "\(family.architecture) is expected")
    }
    let heads = try fields.required("num_attention_heads")
    let hidden = try fields.required("hidden_size")
    let layers = try fields.required("num_hidden_layers")
    self.init(
      family: family, vocabularySize: try fields.required("vocab_size"), hiddenSize: hidden,
      intermediateSize: try fields.required("intermediate_size"),
      layerCount: min(max(layers, 0), ModelLimits.layers), headCount: heads,
      keyValueHeadCount: try fields.integer("num_key_value_heads")
        ?? (family == .mistral && !fields.has("num_key_value_heads") ? 8 : heads),
      headDimension: 0, contextLength: 0)
    layerCount = layers
    if let size = try fields.integer("head_dim") {
      headDimension = size
    } else if heads > 0, hidden % heads == 0 {
      headDimension = hidden / heads
    } else {
      throw .malformed(
        file: file,
        problem: "hidden_size \(hidden) is no multiple of num_attention_heads \(heads) and "
          + "head_dim is missing")
    }
    contextLength = try fields.integer("max_position_embeddings") ?? family.defaultContextLength
    normEpsilon = try fields.number("rms_norm_eps") ?? 1e-6
    tiedEmbeddings = try fields.flag("tie_word_embeddings") ?? false
    try readBiases(&fields)
    (ropeTheta, ropeScaling) = try RopeReader.read(&fields, contextLength: contextLength)
    slidingWindows = try Self.windows(&fields, family, layerCount: slidingWindows.count)
    beginToken = try fields.integer("bos_token_id")
    endTokens = try fields.tokens("eos_token_id") ?? []
    paddingToken = try fields.integer("pad_token_id")
    // Some published files mark "no padding token" with -1.
    if paddingToken == -1 { paddingToken = nil }
    try Self.refuseOthers(&fields)
    try check(file: file)
  }

  private mutating func readBiases(_ fields: inout ConfigurationFields) throws(CheckpointError) {
    switch family {
    case .llama:
      queryKeyValueBias = try fields.flag("attention_bias") ?? false
      outputBias = queryKeyValueBias
      feedForwardBias = try fields.flag("mlp_bias") ?? false
    case .mistral, .qwen2:
      queryKeyValueBias = family == .qwen2
      // Their layers are built without asking these keys; another value would not do what it says.
      if family == .qwen2 { fields.ignore(["qkv_bias"]) }
      try fields.refuse(
        "attention_bias", unless: .bool(queryKeyValueBias), advice: "\(family) fixes its biases")
      try fields.refuse("mlp_bias", unless: false, advice: "\(family) has no such biases")
    }
  }

  /// Mistral slides in every layer; Qwen2 in the layers from `max_window_layers` on, and only when
  /// `use_sliding_window` says so; `layer_types` overrides by layer.
  private static func windows(
    _ fields: inout ConfigurationFields, _ family: ModelFamily, layerCount: Int
  ) throws(CheckpointError) -> [Int?] {
    let given = try fields.integer("sliding_window")
    let window: Int?
    var first = 0
    switch family {
    case .llama:
      try fields.refuse(
        "use_sliding_window", unless: false, advice: "llama layers see all tokens")
      fields.ignore(["max_window_layers"])
      if let given {
        throw .unsupported(
          file: fields.file, option: "sliding_window", value: "\(given)",
          advice: "llama layers see all tokens")
      }
      window = nil
    case .mistral:
      try fields.refuse(
        "use_sliding_window", unless: true, advice: "say \"sliding_window\": null instead")
      window = given ?? (fields.has("sliding_window") ? nil : 4096)
    case .qwen2:
      let used = try fields.flag("use_sliding_window") ?? false
      window = used ? given ?? (fields.has("sliding_window") ? nil : 4096) : nil
      first = try fields.integer("max_window_layers") ?? 28
    }
    guard let types = try fields.texts("layer_types") else {
      return (0..<layerCount).map { $0 >= first ? window : nil }
    }
    var output: [Int?] = []
    for type in types {
      switch type {
      case "full_attention": output.append(nil)
      case "sliding_attention" where window != nil: output.append(window)
      default:
        throw .unsupported(
          file: fields.file, option: "layer_types", value: shown(type),
          advice: "known are full_attention and, with a sliding_window, sliding_attention")
      }
    }
    return output
  }

  private static func refuseOthers(_ fields: inout ConfigurationFields) throws(CheckpointError) {
    try fields.refuse("hidden_act", unless: "silu", advice: "the families here use silu")
    try fields.refuse("attention_dropout", unless: 0, advice: "training here uses no dropout")
    try fields.refuse("hidden_dropout", unless: 0, advice: "training here uses no dropout")
    try fields.refuse("use_mrope", unless: false, advice: "positions are single numbers here")
    try fields.refuse("pruned_heads", unless: [:], advice: "every head is computed")
    try fields.refuse("rope_interleaved", unless: false, advice: "halves are rotated, not pairs")
    try fields.refuse(
      "quantization_config", unless: nil, advice: "save the model as F32, F16 or BF16")
    try fields.refuse(
      "auto_map", unless: nil, advice: "the model asks for code of its own, which is never run")
    try fields.refuse("add_cross_attention", unless: false, advice: "decoders only")
    try fields.refuse("tie_encoder_decoder", unless: false, advice: "decoders only")
    try fields.refuse("is_encoder_decoder", unless: false, advice: "decoders only")
    try fields.refuse(
      "cross_attention_hidden_size", unless: nil, advice: "no cross-attention is computed")
    fields.ignore(irrelevantKeys)
    try fields.refuseTheRest(quiet: false)
  }
}

extension ModelFamily {
  var defaultContextLength: Int {
    switch self {
    case .llama: 2048
    case .mistral: 131_072
    case .qwen2: 32_768
    }
  }
}
