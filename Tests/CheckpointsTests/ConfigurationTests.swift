// Tests of config.json and of checkpoints as directories; see Specs/Checkpoints.md, "config.json".

import Checkpoints
import JSON
import Testing

@Suite struct ConfigurationTests {
  static let llama: JSONObject = [
    "model_type": "llama", "vocab_size": 64, "hidden_size": 16, "intermediate_size": 24,
    "num_hidden_layers": 2, "num_attention_heads": 2,
  ]

  /// The configuration that results when `changes` are made to a small one.
  func configuration(_ changes: [(String, JSONValue)]) throws -> ModelConfiguration {
    var object = Self.llama
    for (key, value) in changes { object[key] = value }
    return try ModelConfiguration(parsing: JSONValue.object(object).serializedBytes())
  }

  func refusal(_ changes: [(String, JSONValue)]) -> String {
    do {
      return "accepted: \(try configuration(changes))"
    } catch {
      return "\(error)"
    }
  }

  @Test func `absent options take the family's published defaults`() throws {
    let llama = try configuration([])
    #expect(llama.keyValueHeadCount == 2 && llama.headDimension == 8)
    #expect(llama.contextLength == 2048 && llama.normEpsilon == 1e-6)
    #expect(
      llama.ropeTheta == 10_000 && !llama.tiedEmbeddings && llama.slidingWindows == [nil, nil])
    let mistral = try configuration([("model_type", "mistral"), ("num_attention_heads", 8)])
    #expect(mistral.keyValueHeadCount == 8 && mistral.slidingWindows == [4096, 4096])
    let unlimited = try configuration([
      ("model_type", "mistral"), ("num_key_value_heads", 1), ("sliding_window", nil),
    ])
    #expect(unlimited.slidingWindows == [nil, nil] && unlimited.keyValueHeadCount == 1)
    let qwen = try configuration([("model_type", "qwen2"), ("sliding_window", 32)])
    #expect(qwen.queryKeyValueBias && !qwen.outputBias && !qwen.feedForwardBias)
    #expect(qwen.slidingWindows == [nil, nil])
    let sliding = try configuration([
      ("model_type", "qwen2"), ("use_sliding_window", true), ("sliding_window", 32),
      ("max_window_layers", 1),
    ])
    #expect(sliding.slidingWindows == [nil, 32])
  }

  @Test func `both spellings of the rotary options give the same`() throws {
    let yarn = RopeScaling.yarn(
      factor: 4, originalContextLength: 512, betaFast: 32, betaSlow: 1, attentionFactor: nil,
      mscale: nil, mscaleAllDimensions: nil, truncate: true)
    let old = try configuration([
      ("rope_theta", 500.5),
      (
        "rope_scaling",
        ["type": "yarn", "factor": 4.0, "original_max_position_embeddings": 512]
      ),
    ])
    let new = try configuration([
      (
        "rope_parameters",
        [
          "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 512,
          "rope_theta": 500.5,
        ]
      )
    ])
    #expect(old == new && old.ropeScaling == yarn && old.ropeTheta == 500.5)
    #expect(
      try configuration([("rope_scaling", ["rope_type": "linear", "factor": 2])]).ropeScaling
        == .linear(factor: 2))
    #expect(
      try configuration([("rope_scaling", ["type": "dynamic", "factor": 2.5])]).ropeScaling
        == .dynamic(factor: 2.5))
    #expect(
      try configuration([("rope_parameters", ["rope_type": "default", "rope_theta": 1e6])])
        .ropeTheta
        == 1e6)
  }

  @Test func `what changes numbers and is not known is refused by its name`() {
    let cases: [([(String, JSONValue)], String)] = [
      ([("model_type", "gemma")], "model_type = gemma"),
      ([("architectures", ["LlamaForSequenceClassification"])], "architectures"),
      ([("hidden_act", "gelu")], "hidden_act"),
      ([("rope_scaling", ["type": "longrope", "factor": 2])], "rope_scaling.rope_type = longrope"),
      ([("rope_scaling", ["type": "linear", "factor": 2, "extra": 1])], "rope_scaling.extra"),
      ([("rope_scaling", ["type": "linear"])], "factor is missing"),
      ([("partial_rotary_factor", 0.5)], "partial_rotary_factor"),
      ([("attention_dropout", 0.1)], "attention_dropout"),
      ([("quantization_config", ["bits": 4])], "quantization_config"),
      ([("auto_map", ["AutoModel": "x"])], "auto_map"),
      ([("logit_scale", 2)], "logit_scale = 2"),
      ([("sliding_window", 4)], "sliding_window"),
      ([("model_type", "mistral"), ("attention_bias", true)], "attention_bias"),
      ([("rope_interleaved", true)], "rope_interleaved"),
      ([("use_mrope", true)], "use_mrope"),
      ([("pruned_heads", ["1": [2]])], "pruned_heads"),
      ([("layer_types", ["full_attention"])], "layer_types names 1 of 2"),
      ([("layer_types", ["full_attention", "chunked_attention"])], "chunked_attention"),
    ]
    for (changes, expected) in cases {
      let found = refusal(changes)
      #expect(found.contains(expected), "\(changes): \(found)")
    }
    #expect(refusal([("logit_scale", nil)]).hasPrefix("accepted"))
    #expect(refusal([("attention_dropout", 0.0)]).hasPrefix("accepted"))
  }

  @Test func `absurd sizes are refused before anything is allocated`() {
    let cases: [([(String, JSONValue)], String)] = [
      ([("hidden_size", 1_099_511_627_776)], "limit is"),
      ([("num_hidden_layers", 1_000_000_000)], "limit is"),
      ([("num_hidden_layers", 0)], "at least 1"),
      ([("vocab_size", -1)], "at least 1"),
      ([("num_attention_heads", 0)], "num_attention_heads"),
      ([("num_attention_heads", 3)], "no multiple"),
      ([("num_key_value_heads", 0)], "at least 1"),
      ([("head_dim", 7)], "odd"),
      ([("rms_norm_eps", 0)], "rms_norm_eps"),
      ([("rope_theta", -1)], "rope_theta"),
      ([("eos_token_id", 64)], "outside the vocabulary"),
      ([("vocab_size", "64")], "a string where a whole number"),
      ([("vocab_size", 64.5)], "whole number"),
      ([("rope_scaling", ["type": "linear", "factor": 1e300])], "factor"),
    ]
    for (changes, expected) in cases {
      let found = refusal(changes)
      #expect(found.contains(expected), "\(changes): \(found)")
    }
  }

  @Test func `a checkpoint saved by transformers opens, whole and in shards`() throws {
    let whole = try Checkpoint(directory: Repository.fixture("base"))
    let shards = try Checkpoint(directory: Repository.fixture("shards"))
    #expect(whole.configuration == shards.configuration)
    #expect(shards.weights.files.count > 1 && whole.weights.names == shards.weights.names)
    for name in whole.weights.names {
      let left = try #require(whole.weights[name]).floats()
      #expect(try left == #require(shards.weights[name]).floats())
    }
  }

  @Test func `a shard's name cannot leave the directory`() {
    for name in ["../x.safetensors", "/etc/x.safetensors", "a/b.safetensors", "x.bin", ""] {
      let index = #"{"weight_map":{"a":"\#(name)"}}"#
      #expect(throws: CheckpointError.self) {
        try WeightFiles.shards(parsing: Array(index.utf8), file: "index.json")
      }
    }
  }

  @Test func `weights that do not fit the configuration are refused by the tensor's name`() throws {
    let base = try Checkpoint(directory: Repository.fixture("base"))
    func refusal(_ change: (inout ModelConfiguration) -> Void) -> String {
      var configuration = base.configuration
      change(&configuration)
      do {
        _ = try ModelLayout(configuration, base.weights)
        return "accepted"
      } catch {
        return "\(error)"
      }
    }
    #expect(refusal { _ in } == "accepted")
    #expect(refusal { $0.intermediateSize = 32 }.contains("gate_proj.weight: its shape"))
    #expect(refusal { $0.outputBias = true }.contains("o_proj.bias: missing"))
    #expect(
      refusal {
        $0.layerCount = 1
        $0.slidingWindows = [nil]
      }.contains("model.layers.1."))
    #expect(refusal { $0.tiedEmbeddings = false }.contains("lm_head.weight: missing"))
  }
}
