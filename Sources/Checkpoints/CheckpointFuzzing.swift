// Entry points for fuzzers: strangers' bytes in, nothing or a named error out; see
// Specs/Checkpoints.md.

public enum CheckpointFuzzing {
  /// Reads bytes as a safetensors file and touches every tensor.
  public static func safetensors(_ bytes: [UInt8]) {
    guard let file = try? Safetensors(bytes: bytes, name: "fuzz") else { return }
    for tensor in file.all {
      if let first = try? tensor.floats(0..<min(tensor.count, 4)) { _ = first.count }
      _ = file[tensor.name]?.shape
    }
  }

  /// Reads bytes as each of the small JSON files, and lays out an empty model.
  public static func configuration(_ bytes: [UInt8]) {
    _ = try? GenerationConfiguration(parsing: bytes, file: "fuzz")
    _ = try? WeightFiles.shards(parsing: bytes, file: "fuzz")
    if let adapter = try? AdapterConfiguration(parsing: bytes) {
      _ = adapter.serialized()
      _ = adapter.roles(layer: 0)
      _ = adapter.scaling(of: LinearRole.query.module(layer: 0))
    }
    guard let configuration = try? ModelConfiguration(parsing: bytes) else { return }
    _ = CheckpointMemory(configuration, weights: nil, tokens: Int.max)
    if let weights = try? WeightFiles(files: []) { _ = try? ModelLayout(configuration, weights) }
  }

  /// Reads bytes as a pattern and matches a module's name with it.
  public static func targetPattern(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    _ = (try? TargetPattern(text))?.matches("model.layers.12.self_attn.q_proj")
  }
}
