// Typed access to the objects of tokenizer.json; see Specs/Tokenizers.md, "The file".

internal import JSON

/// An object whose keys are read one by one, so that what nobody read can be refused by name.
struct TokenizerFields {
  let file: String
  /// The object's place in the file, for messages.
  let path: String
  let object: JSONObject
  private var read: [String] = []

  init(_ value: JSONValue, file: String, path: String) throws(TokenizerError) {
    guard case .object(let object) = value else {
      throw .malformed(file: file, problem: "\(path) is \(value.kind) where an object is expected")
    }
    self.object = object
    self.file = file
    self.path = path
  }

  /// The value, or nil when the key is absent or null.
  mutating func value(_ key: String) -> JSONValue? {
    read.append(key)
    guard let value = object[key], !value.isNull else { return nil }
    return value
  }

  private func wrong(_ key: String, _ wanted: String) -> TokenizerError {
    .malformed(file: file, problem: "\(path).\(key) is not \(wanted)")
  }

  mutating func text(_ key: String) throws(TokenizerError) -> String? {
    guard let value = value(key) else { return nil }
    guard let text = value.string else { throw wrong(key, "a string") }
    return text
  }

  mutating func requiredText(_ key: String) throws(TokenizerError) -> String {
    guard let text = try text(key) else { throw wrong(key, "there") }
    return text
  }

  mutating func flag(_ key: String) throws(TokenizerError) -> Bool? {
    guard let value = value(key) else { return nil }
    guard let flag = value.bool else { throw wrong(key, "true or false") }
    return flag
  }

  mutating func integer(_ key: String) throws(TokenizerError) -> Int? {
    guard let value = value(key) else { return nil }
    guard let number = value.int else { throw wrong(key, "a whole number") }
    return number
  }

  mutating func list(_ key: String) throws(TokenizerError) -> [JSONValue] {
    guard let value = value(key) else { throw wrong(key, "there") }
    guard let list = value.array else { throw wrong(key, "a list") }
    return list
  }

  /// The steps of a `Sequence`, bounded.
  mutating func steps(_ key: String) throws(TokenizerError) -> [JSONValue] {
    let list = try list(key)
    if list.count > TokenizerLimits.steps {
      throw .limit(
        what: "the number of steps in \(path)", value: list.count, limit: TokenizerLimits.steps,
        advice: "\(file) is no usual tokenizer")
    }
    return list
  }

  func unsupported(_ key: String, _ value: String, _ advice: String) -> TokenizerError {
    .unsupported(file: file, option: "\(path).\(key)", value: shown(value), advice: advice)
  }

  /// A literal `{"String": …}`. A regular expression is handed to `regex`, or refused.
  mutating func pattern(
    _ key: String, regex: (String) -> SplitPattern?
  ) throws(TokenizerError) -> SplitPattern {
    guard let value = value(key) else { throw wrong(key, "there") }
    if let text = value["String"]?.string {
      if text.isEmpty { throw unsupported(key, "an empty string", "it matches everywhere") }
      return .literal(Array(text.utf8))
    }
    guard let text = value["Regex"]?.string else {
      throw wrong(key, "a {\"String\": …} or {\"Regex\": …}")
    }
    guard let pattern = regex(text) else {
      throw .unsupported(
        file: file, option: "\(path).\(key)", value: shown(text),
        advice: "the regular expression is not one of the published ones that are built in")
    }
    return pattern
  }

  /// Refuses the first key that nobody read, unless its value is null.
  func refuseTheRest() throws(TokenizerError) {
    for (key, value) in object.members where !read.contains(key) && !value.isNull {
      throw unsupported(
        shown(key), value.serialized(), "this version does not know the option")
    }
  }
}
