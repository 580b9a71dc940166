// The rotary options of config.json, in the old spelling (`rope_theta`, `rope_scaling`) and the new
// one (`rope_parameters`); see Specs/Checkpoints.md, "RoPE scaling".

internal import JSON

enum RopeReader {
  static func read(
    _ fields: inout ConfigurationFields, contextLength: Int
  ) throws(CheckpointError) -> (theta: Double, scaling: RopeScaling) {
    try fields.refuse(
      "partial_rotary_factor", unless: 1, advice: "every dimension of a head is rotated here")
    let outer = try fields.number("rope_theta")
    let old = try fields.fields("rope_scaling")
    let new = try fields.fields("rope_parameters")
    if old != nil, new != nil {
      throw .malformed(
        file: fields.file, problem: "rope_scaling and rope_parameters are both given")
    }
    // Where a model was stretched after training, an outer key holds the first context length.
    let original = try fields.integer("original_max_position_embeddings")
    guard var inner = new ?? old else { return (outer ?? 10_000, .none) }
    try inner.refuse(
      "partial_rotary_factor", unless: 1, advice: "every dimension of a head is rotated here")
    let innerTheta = try inner.number("rope_theta")
    if let innerTheta, let outer, innerTheta != outer {
      throw .malformed(
        file: fields.file, problem: "rope_theta is \(outer) and \(inner.prefix)rope_theta another")
    }
    let scaling = try scaling(&inner, original: original, contextLength: contextLength)
    try inner.refuseTheRest()
    return (innerTheta ?? outer ?? 10_000, scaling)
  }

  private static func scaling(
    _ fields: inout ConfigurationFields, original outer: Int?, contextLength: Int
  ) throws(CheckpointError) -> RopeScaling {
    let newer = try fields.text("rope_type")
    let older = try fields.text("type")
    if let newer, let older, newer != older {
      throw .malformed(
        file: fields.file,
        problem: "\(fields.prefix)rope_type is \(shown(newer)) and type is \(shown(older))")
    }
    let type = newer ?? older ?? "default"
    let inner = try fields.integer("original_max_position_embeddings")
    let original = outer ?? inner ?? contextLength
    switch type {
    case "default":
      try fields.refuse("factor", unless: 1, advice: "the type default scales nothing")
      return .none
    case "linear": return .linear(factor: try factor(&fields))
    case "dynamic": return .dynamic(factor: try factor(&fields))
    case "llama3":
      let low = try positive("low_freq_factor", &fields)
      let high = try positive("high_freq_factor", &fields)
      if high <= low {
        throw .malformed(
          file: fields.file,
          problem: "\(fields.prefix)high_freq_factor \(high) is not above low_freq_factor \(low)")
      }
      return .llama3(
        factor: try factor(&fields), lowFrequencyFactor: low, highFrequencyFactor: high,
        originalContextLength: try context(original, fields))
    case "yarn":
      let fast = try fields.number("beta_fast") ?? 32
      let slow = try fields.number("beta_slow") ?? 1
      let first = try context(original, fields)
      let attention = try fields.number("attention_factor")
      if let attention, attention <= 0 {
        throw .malformed(
          file: fields.file, problem: "\(fields.prefix)attention_factor is \(attention)")
      }
      // A null factor is derived from the two context lengths.
      let derived = fields.has("factor") ? nil : Double(contextLength) / Double(first)
      return .yarn(
        factor: try factor(&fields, otherwise: derived), originalContextLength: first,
        // Zero counts as unset.
        betaFast: fast == 0 ? 32 : fast, betaSlow: slow == 0 ? 1 : slow,
        attentionFactor: attention, mscale: try fields.number("mscale"),
        mscaleAllDimensions: try fields.number("mscale_all_dim"),
        truncate: try fields.flag("truncate") ?? true)
    default:
      throw .unsupported(
        file: fields.file, option: "\(fields.prefix)rope_type", value: shown(type),
        advice: "known are default, linear, dynamic, llama3 and yarn")
    }
  }

  private static func factor(
    _ fields: inout ConfigurationFields, otherwise: Double? = nil
  ) throws(CheckpointError) -> Double {
    guard let factor = try fields.number("factor") ?? otherwise else {
      throw .malformed(file: fields.file, problem: "\(fields.prefix)factor is missing")
    }
    if !(factor >= 1 && factor <= 1e6) {
      throw .malformed(
        file: fields.file, problem: "\(fields.prefix)factor is \(factor); it must be in 1...1e6")
    }
    return factor
  }

  private static func positive(
    _ key: String, _ fields: inout ConfigurationFields
  ) throws(CheckpointError) -> Double {
    guard let value = try fields.number(key) else {
      throw .malformed(file: fields.file, problem: "\(fields.prefix)\(key) is missing")
    }
    if !(value > 0 && value <= 1e6) {
      throw .malformed(file: fields.file, problem: "\(fields.prefix)\(key) is \(value)")
    }
    return value
  }

  private static func context(
    _ value: Int, _ fields: ConfigurationFields
  ) throws(CheckpointError) -> Int {
    if value < 1 || value > ModelLimits.contextLength {
      throw .limit(
        file: fields.file, what: "\(fields.prefix)original_max_position_embeddings", value: value,
        limit: ModelLimits.contextLength)
    }
    return value
  }
}
