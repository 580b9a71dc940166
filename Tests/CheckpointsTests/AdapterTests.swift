// Tests of PEFT's adapter files; see Specs/Checkpoints.md, "Adapters".

import Checkpoints
import JSON
import Testing

@Suite struct AdapterTests {
  func refusal(_ key: String, _ value: JSONValue) -> String {
    var object: JSONObject = ["peft_type": "LORA", "r": 2, "target_modules": ["q_proj"]]
    object[key] = value
    do {
      _ = try AdapterConfiguration(parsing: JSONValue.object(object).serializedBytes())
      return "accepted"
    } catch {
      return "\(error)"
    }
  }

  @Test func `an adapter saved by PEFT opens with every matrix in its place`() throws {
    let base = try Checkpoint(directory: Repository.fixture("base")).configuration
    let adapter = try Adapter(directory: Repository.fixture("adapter"), base: base)
    #expect(adapter.configuration.rank == 2 && adapter.configuration.alpha == 3)
    #expect(adapter.configuration.rankStabilised)
    #expect(abs(adapter.configuration.scaling - 3 / 2.0.squareRoot()) < 1e-15)
    #expect(adapter.modules.map(\.role) == [.query, .down, .query, .down])
    #expect(adapter.modules[1].a.shape == [2, 24] && adapter.modules[1].b.shape == [16, 2])
  }

  @Test func `what we write of it equals what PEFT saved, byte for byte`() throws {
    let base = try Checkpoint(directory: Repository.fixture("base")).configuration
    let adapter = try Adapter(directory: Repository.fixture("adapter"), base: base)
    let outgoing = try Adapter.outgoing(
      adapter.modules.map { ($0.layer, $0.role, try $0.a.floats(), try $0.b.floats()) },
      rank: 2, base: base)
    let path = Repository.fixture("adapter/adapter_model.safetensors")
    #expect(
      try SafetensorsWriter.bytes(outgoing) == MappedFile.contents(of: path, limit: 1 << 20))
  }

  @Test func `the configuration we write reads back and agrees with PEFT's`() throws {
    let path = Repository.fixture("adapter/adapter_config.json")
    let theirs = try MappedFile.contents(of: path, limit: 1 << 20)
    let configuration = try AdapterConfiguration(parsing: theirs)
    let ours = configuration.serialized()
    #expect(try AdapterConfiguration(parsing: ours) == configuration)
    let left = try JSONValue(parsing: ours)
    let right = try JSONValue(parsing: theirs)
    // How the matrices began is not part of what the adapter computes.
    for (key, value) in try #require(left.object).members where key != "init_lora_weights" {
      #expect(right[key] == value, "\(key)")
    }
  }

  @Test(.enabled(if: Repository.hasReference, "../shared/reference is absent"))
  func `the reference adapter opens and is written again byte for byte`() throws {
    let base = try Checkpoint(directory: Repository.reference + "/nano").configuration
    let directory = Repository.reference + "/adapter-attn"
    let adapter = try Adapter(directory: directory, base: base)
    #expect(adapter.modules.count == 16 && adapter.configuration.scaling == 2)
    let outgoing = try Adapter.outgoing(
      adapter.modules.map { ($0.layer, $0.role, try $0.a.floats(), try $0.b.floats()) },
      rank: 8, base: base)
    #expect(
      try SafetensorsWriter.bytes(outgoing)
        == MappedFile.contents(of: directory + "/adapter_model.safetensors", limit: 1 << 24))
  }

  @Test func `options that change numbers are refused by name, switched off ones pass`() {
    for (key, value) in [
      ("use_dora", true), ("modules_to_save", ["lm_head"]), ("bias", "all"), ("lora_bias", true),
      ("rank_pattern", ["q_proj": 0]), ("rank_pattern", ["(": 4]), ("peft_type", "LOHA"),
      ("alpha_pattern", ["q_proj": "much"]), ("layers_to_transform", [0.5]),
      ("layers_pattern", "blocks"), ("exclude_modules", [7]),
      ("init_lora_weights", "pissa"), ("task_type", "SEQ_CLS"), ("fan_in_fan_out", true),
      ("trainable_token_indices", [1]), ("new_option", 3), ("target_modules", []),
    ] as [(String, JSONValue)] {
      #expect(refusal(key, value).contains(key), "\(key): \(refusal(key, value))")
    }
    for (key, value) in [
      ("use_dora", false), ("modules_to_save", nil), ("rank_pattern", [:]), ("bias", "none"),
      ("layers_to_transform", []), ("layers_pattern", "layers"), ("exclude_modules", "k_proj"),
      ("init_lora_weights", "gaussian"), ("target_modules", "all-linear"),
    ] as [(String, JSONValue)] {
      #expect(refusal(key, value) == "accepted")
    }
    #expect(refusal("r", 0).contains("limit"))
  }

  @Test func `patterns give single modules another rank and strength, and leave layers out`() throws
  {
    let text = #"""
      {"peft_type":"LORA","r":8,"lora_alpha":16,"target_modules":["q_proj","model.layers.0.mlp.up_proj"],
       "layers_to_transform":[1,2],"exclude_modules":["layers.2.self_attn.q_proj"],
       "rank_pattern":{"layers.1.*":4,"q_proj":2},"alpha_pattern":{".*up_proj":3,"mlp.up_proj":5}}
      """#
    let configuration = try AdapterConfiguration(parsing: Array(text.utf8))
    // A full name counts in a layer that is left out.
    #expect(configuration.roles(layer: 0) == [.up] && configuration.roles(layer: 1) == [.query])
    #expect(configuration.roles(layer: 2).isEmpty && configuration.roles(layer: 3).isEmpty)
    let (query, up) = (LinearRole.query.module(layer: 1), LinearRole.up.module(layer: 0))
    #expect(configuration.rank(of: query) == 4 && configuration.scaling(of: query) == 4)
    #expect(configuration.rank(of: up) == 8 && configuration.scaling(of: up) == 0.375)
    #expect(configuration.rank(of: LinearRole.query.module(layer: 3)) == 2)

    let base = ModelConfiguration(
      vocabularySize: 8, hiddenSize: 4, intermediateSize: 6, layerCount: 2, headCount: 2,
      keyValueHeadCount: 2, headDimension: 2, contextLength: 8)
    func tensors(_ rank: Int) throws -> Safetensors {
      let names = [(0, LinearRole.up, 8, 6), (1, .query, rank, 4)]
      let outgoing = names.flatMap { layer, role, rank, outputs in
        [
          OutgoingTensor(
            name: Adapter.tensorName(layer: layer, role: role, matrix: "A"), shape: [rank, 4],
            values: [Float](repeating: 1, count: rank * 4)),
          OutgoingTensor(
            name: Adapter.tensorName(layer: layer, role: role, matrix: "B"),
            shape: [outputs, rank], values: [Float](repeating: 1, count: outputs * rank)),
        ]
      }
      return try Safetensors(bytes: SafetensorsWriter.bytes(outgoing), name: "adapter")
    }
    let adapter = try Adapter(configuration: configuration, tensors: tensors(4), base: base)
    #expect(adapter.modules.map(\.scaling) == [0.375, 4])
    #expect(throws: CheckpointError.self) {
      try Adapter(configuration: configuration, tensors: tensors(8), base: base)
    }
  }

  @Test func `target patterns match whole module names as Python's re does`() throws {
    let query = "model.layers.12.self_attn.q_proj"
    let cases: [(String, Bool)] = [
      (#".*\.(q|v)_proj"#, true), (#".*k_proj"#, false), (#"q_proj"#, false),
      (#".*?(?:self_attn|mlp).*?(?:q_proj|down_proj).*?"#, true),
      (#"(?:\bmodel\.layers\.[\d]{1,}\.(?:self_attn|mlp)\.(?:(?:q_proj|up_proj)))"#, true),
      (#"model\.layers\.(1[0-9]|2\d)\.self_attn\.[^k]_proj"#, true),
      (#"model\.layers\.\d\.self_attn\.q_proj"#, false),
      (#"^model.*proj$"#, true), (#"(a*)*b"#, false), (#"(.*)*"#, true), (#".{32}"#, true),
      (#".{1,31}"#, false), (#"[a-z0-9._]+"#, true), (#"\w+"#, false), (#"(|x).*"#, true),
    ]
    for (pattern, expected) in cases {
      #expect(try TargetPattern(pattern).matches(query) == expected, "\(pattern)")
    }
    for pattern in [
      #"(?=x)"#, #"(?P<n>x)"#, #"a)"#, #"(a"#, #"[a"#, #"\1"#, "a{9999}", "*a", "a**",
    ] {
      #expect(throws: CheckpointError.self, "\(pattern)") { try TargetPattern(pattern) }
    }
  }

  @Test func `an adapter for another base is refused by the tensor's name`() throws {
    var base = try Checkpoint(directory: Repository.fixture("base")).configuration
    let file = try Safetensors(path: Repository.fixture("adapter/adapter_model.safetensors"))
    let configuration = AdapterConfiguration(
      rank: 2, alpha: 3, targets: .names(["q_proj", "down_proj"]))
    _ = try Adapter(configuration: configuration, tensors: file, base: base)
    var other = configuration
    other.targets = .names(["q_proj"])
    #expect(throws: CheckpointError.self) {
      try Adapter(configuration: other, tensors: file, base: base)
    }
    base.hiddenSize = 32
    #expect(throws: CheckpointError.self) {
      try Adapter(configuration: configuration, tensors: file, base: base)
    }
  }
}
