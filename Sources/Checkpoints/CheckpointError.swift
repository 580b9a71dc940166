// What can be wrong with a checkpoint or an adapter, in one line each; see Specs/Checkpoints.md.

/// A file of a checkpoint that cannot be used. `file` is the path, or a name for bytes in memory.
public enum CheckpointError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The machine's trouble: a call failed with this `errno`.
  case system(file: String, call: String, code: Int32)
  /// The file breaks its format's rules.
  case malformed(file: String, problem: String)
  /// A bound of this program is exceeded.
  case limit(file: String, what: String, value: Int, limit: Int)
  /// The file asks for something that is not implemented; `option` is its name in the file.
  case unsupported(file: String, option: String, value: String, advice: String)
  /// The tensors do not fit the configuration.
  case mismatch(file: String, tensor: String, problem: String)

  public var description: String {
    switch self {
    case .system(let file, let call, let code):
      "\(file): \(call) failed: \(MappedFile.explanation(of: code)) (errno \(code))"
    case .malformed(let file, let problem):
      "\(file): \(problem)"
    case .limit(let file, let what, let value, let limit):
      "\(file): \(what) is \(value), the limit is \(limit)"
    case .unsupported(let file, let option, let value, let advice):
      "\(file): \(option) = \(value) is not supported; \(advice)"
    case .mismatch(let file, let tensor, let problem):
      "\(file): tensor \(tensor): \(problem)"
    }
  }
}

/// Makes a stranger's text fit for a one-line message: short, without control characters.
func shown(_ text: String) -> String {
  var output = ""
  for scalar in text.unicodeScalars.prefix(80) {
    if scalar.value < 0x20 || (scalar.value >= 0x7F && scalar.value < 0xA0) {
      output += "\\u{\(String(scalar.value, radix: 16))}"
    } else {
      output.unicodeScalars.append(scalar)
    }
  }
  return text.unicodeScalars.count > 80 ? output + "…" : output
}
