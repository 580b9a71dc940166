// Typed access to a JSON object that remembers which keys were read, so that what nobody read can be
// refused by name; see Specs/Checkpoints.md, "Nothing is silently ignored".

internal import JSON

struct ConfigurationFields {
  let file: String
  /// Put before a key in messages, such as `rope_scaling.`.
  let prefix: String
  private let object: JSONObject
  private var read: [String] = []

  init(_ object: JSONObject, file: String, prefix: String = "") {
    self.object = object
    self.file = file
    self.prefix = prefix
  }

  init(
    parsing bytes: [UInt8], file: String, limit: Int = ModelLimits.configurationBytes
  ) throws(CheckpointError) {
    if bytes.count > limit {
      throw .limit(file: file, what: "the size in bytes", value: bytes.count, limit: limit)
    }
    let value: JSONValue
    do {
      value = try JSONValue(parsing: bytes, limits: JSONLimits(depth: 32, bytes: limit))
    } catch {
      throw .malformed(file: file, problem: "not valid JSON: \(error)")
    }
    guard case .object(let object) = value else {
      throw .malformed(file: file, problem: "not a JSON object but \(value.kind)")
    }
    self.init(object, file: file)
  }

  /// The value, or nil when the key is absent or null.
  mutating func value(_ key: String) -> JSONValue? {
    read.append(key)
    guard let value = object[key], !value.isNull else { return nil }
    return value
  }

  /// True also for a key whose value is null.
  func has(_ key: String) -> Bool { object.contains(key) }

  private func wrong(_ key: String, _ value: JSONValue, _ wanted: String) -> CheckpointError {
    .malformed(
      file: file, problem: "\(prefix)\(key) is \(value.kind) where \(wanted) is expected")
  }

  mutating func integer(_ key: String) throws(CheckpointError) -> Int? {
    guard let value = value(key) else { return nil }
    guard let number = value.int else { throw wrong(key, value, "a whole number") }
    return number
  }

  mutating func required(_ key: String) throws(CheckpointError) -> Int {
    guard let number = try integer(key) else {
      throw .malformed(file: file, problem: "\(prefix)\(key) is missing")
    }
    return number
  }

  mutating func number(_ key: String) throws(CheckpointError) -> Double? {
    guard let value = value(key) else { return nil }
    guard let number = value.double, number.isFinite else { throw wrong(key, value, "a number") }
    return number
  }

  mutating func flag(_ key: String) throws(CheckpointError) -> Bool? {
    guard let value = value(key) else { return nil }
    guard let flag = value.bool else { throw wrong(key, value, "true or false") }
    return flag
  }

  mutating func text(_ key: String) throws(CheckpointError) -> String? {
    guard let value = value(key) else { return nil }
    guard let text = value.string else { throw wrong(key, value, "a string") }
    return text
  }

  mutating func texts(_ key: String) throws(CheckpointError) -> [String]? {
    guard let value = value(key) else { return nil }
    guard let items = value.array else { throw wrong(key, value, "a list of strings") }
    var output: [String] = []
    for item in items {
      guard let text = item.string else { throw wrong(key, item, "a string") }
      output.append(text)
    }
    return output
  }

  mutating func fields(_ key: String) throws(CheckpointError) -> ConfigurationFields? {
    guard let value = value(key) else { return nil }
    guard let object = value.object else { throw wrong(key, value, "an object") }
    return ConfigurationFields(object, file: file, prefix: "\(prefix)\(key).")
  }

  /// One id or a list of ids.
  mutating func tokens(_ key: String) throws(CheckpointError) -> [Int]? {
    guard let value = value(key) else { return nil }
    if let one = value.int { return [one] }
    guard let items = value.array else { throw wrong(key, value, "a token id or a list of them") }
    if items.count > ModelLimits.endTokens {
      throw .limit(
        file: file, what: "the length of \(prefix)\(key)", value: items.count,
        limit: ModelLimits.endTokens)
    }
    var output: [Int] = []
    for item in items {
      guard let one = item.int else { throw wrong(key, item, "a token id") }
      output.append(one)
    }
    return output
  }

  /// Marks keys that change no number.
  mutating func ignore(_ keys: [String]) { read += keys }

  /// Refuses the value of a key unless it is absent, null or `harmless`.
  mutating func refuse(
    _ key: String, unless harmless: JSONValue, advice: String
  ) throws(CheckpointError) {
    guard let value = value(key), value != harmless else { return }
    if let left = value.double, let right = harmless.double, left == right { return }
    throw .unsupported(
      file: file, option: prefix + shown(key), value: shown(value.serialized()), advice: advice)
  }

  /// Refuses the first key that nobody read. Null says "not set" and passes; with `quiet`, so do
  /// false and empty containers.
  func refuseTheRest(quiet: Bool = false) throws(CheckpointError) {
    for (key, value) in object.members where !read.contains(key) && !value.isNull {
      if quiet {
        if value == .bool(false) { continue }
        if let items = value.array, items.isEmpty { continue }
        if let items = value.object, items.isEmpty { continue }
      }
      throw .unsupported(
        file: file, option: prefix + shown(key), value: shown(value.serialized()),
        advice: "this version does not know the option; remove it if it changes no number")
    }
  }
}
