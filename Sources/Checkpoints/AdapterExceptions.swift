// What adapter_config.json says of single layers: other ranks and strengths, layers that are left out;
// see Specs/Checkpoints.md, "Adapters".

internal import JSON

public struct AdapterExceptions: Sendable, Equatable {
  /// `rank_pattern` and `alpha_pattern`: the first that matches counts.
  private var ranks: [Entry<Int>] = []
  private var alphas: [Entry<Double>] = []
  /// `layers_to_transform`; nil for all.
  private var layers: [Int]?
  /// `exclude_modules`.
  private var excluded: AdapterTargets?

  /// A file lists at most this many patterns of a kind, or layers.
  static let greatestCount = 1024

  private struct Entry<Value: Sendable & Equatable>: Sendable, Equatable {
    let pattern: TargetPattern
    let value: Value
  }

  init() {}

  init(
    _ fields: inout ConfigurationFields, _ targets: AdapterTargets
  ) throws(CheckpointError) {
    let file = fields.file
    for (pattern, value) in try Self.patterns("rank_pattern", &fields) {
      guard let rank = value.int, rank >= 1, rank <= AdapterConfiguration.greatestRank else {
        throw .malformed(
          file: file,
          problem: "rank_pattern.\(shown(pattern.text)) is no whole number from 1 to "
            + "\(AdapterConfiguration.greatestRank)")
      }
      ranks.append(Entry(pattern: pattern, value: rank))
    }
    for (pattern, value) in try Self.patterns("alpha_pattern", &fields) {
      guard let alpha = value.double, alpha.isFinite else {
        throw .malformed(
          file: file, problem: "alpha_pattern.\(shown(pattern.text)) is no number")
      }
      alphas.append(Entry(pattern: pattern, value: alpha))
    }
    layers = try Self.layers(&fields)
    if layers != nil, case .names = targets {
    } else if layers != nil {
      throw .malformed(
        file: file, problem: "layers_to_transform needs a list of names as target_modules")
    }
    // The blocks of the families here are called so; another name would leave no layer.
    for name in try Self.names("layers_pattern", &fields) ?? [] where name != "layers" {
      throw .unsupported(
        file: file, option: "layers_pattern", value: shown(name), advice: "layers is known")
    }
    if let value = fields.value("exclude_modules") {
      if let text = value.string {
        excluded = text.isEmpty ? nil : .pattern(try TargetPattern(text, file: file))
      } else {
        let names = try fields.texts("exclude_modules") ?? []
        try Self.check(names.count, "exclude_modules", file)
        excluded = names.isEmpty ? nil : .names(names)
      }
    }
  }

  /// Whether a module that the targets name is left out.
  func excludes(_ module: String, layer: Int, _ targets: AdapterTargets) -> Bool {
    if let excluded, excluded.contains(module) { return true }
    guard let layers else { return false }
    // A full name says its layer itself.
    if case .names(let names) = targets, names.contains(module) { return false }
    return !layers.contains(layer)
  }

  func rank(of module: String) -> Int? { ranks.first { $0.pattern.matches(module) }?.value }

  func alpha(of module: String) -> Double? { alphas.first { $0.pattern.matches(module) }?.value }

  /// A key stands for modules whose name it matches, whole or behind a dot.
  private static func patterns(
    _ key: String, _ fields: inout ConfigurationFields
  ) throws(CheckpointError) -> [(TargetPattern, JSONValue)] {
    guard let value = fields.value(key) else { return [] }
    guard let object = value.object else {
      throw .malformed(file: fields.file, problem: "\(key) is no object")
    }
    try check(object.keys.count, key, fields.file)
    var output: [(TargetPattern, JSONValue)] = []
    for (name, value) in object.members {
      do {
        // An expression of its own, so that a stray bracket in it cannot reach what is put around it.
        _ = try TargetPattern(name, file: fields.file)
        output.append((try TargetPattern("(.*\\.)?(\(name))", file: fields.file), value))
      } catch {
        throw .unsupported(
          file: fields.file, option: key, value: shown(name),
          advice: "it is no regular expression of the kind that is known here")
      }
    }
    return output
  }

  /// One number or a list; an empty list stands for all layers.
  private static func layers(
    _ fields: inout ConfigurationFields
  ) throws(CheckpointError) -> [Int]? {
    guard let value = fields.value("layers_to_transform") else { return nil }
    let items = value.array ?? [value]
    try check(items.count, "layers_to_transform", fields.file)
    var output: [Int] = []
    for item in items {
      guard let layer = item.int else {
        throw .malformed(
          file: fields.file, problem: "layers_to_transform has something that is no layer's number")
      }
      output.append(layer)
    }
    return output.isEmpty ? nil : output
  }

  private static func names(
    _ key: String, _ fields: inout ConfigurationFields
  ) throws(CheckpointError) -> [String]? {
    guard let value = fields.value(key) else { return nil }
    if let text = value.string { return text.isEmpty ? nil : [text] }
    return try fields.texts(key)
  }

  private static func check(
    _ count: Int, _ key: String, _ file: String
  ) throws(CheckpointError) {
    if count > greatestCount {
      throw .limit(file: file, what: "the length of \(key)", value: count, limit: greatestCount)
    }
  }
}
