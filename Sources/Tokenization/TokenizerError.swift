// What can be wrong with a tokenizer, a chat template or a text, in one line each; see
// Specs/Tokenizers.md.

public enum TokenizerError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file breaks its format's rules.
  case malformed(file: String, problem: String)
  /// The file asks for something that is not implemented; `option` is its name in the file.
  case unsupported(file: String, option: String, value: String, advice: String)
  /// A bound of this program is exceeded.
  case limit(what: String, value: Int, limit: Int, advice: String)

  public var description: String {
    switch self {
    case .malformed(let file, let problem): "\(file): \(problem)"
    case .unsupported(let file, let option, let value, let advice):
      "\(file): \(option) = \(value) is not supported; \(advice)"
    case .limit(let what, let value, let limit, let advice):
      "\(what) is \(value), the limit is \(limit); \(advice)"
    }
  }
}

/// Bounds on tokenizers and texts from outside.
public enum TokenizerLimits {
  /// tokenizer.json has at most this many bytes.
  public static let fileBytes = 64 << 20
  /// tokenizer.json has at most this many commas, which bounds the memory that reading it takes.
  public static let fileItems = 8 << 20
  /// Token ids stay below this.
  public static let vocabulary = 1 << 22
  /// One token has at most this many bytes.
  public static let tokenBytes = 4096
  /// A token that is looked for in the text before anything else has at most this many bytes.
  public static let addedTokenBytes = 512
  /// Merges at most this many.
  public static let merges = 1 << 23
  /// A list of normalizers, pre-tokenizers, post-processors or decoders has at most this many, nested
  /// at most this deep.
  public static let steps = 32
  /// All normalizers together make a text at most this many times longer.
  public static let growth = 4096
  /// All decoders together make a token at most this many times longer.
  public static let decodedGrowth = 16
  /// A text has at most this many bytes, also once it is normalised, so that offsets fit 32 bits.
  public static let textBytes = 1 << 30
  /// A piece that must be merged as a whole has at most this many bytes; 20 bytes of memory each.
  public static let wordBytes = 8 << 20
}

/// Makes a stranger's text fit for a one-line message: short, without control characters.
func shown(_ text: String) -> String {
  var output = ""
  for scalar in text.unicodeScalars.prefix(100) {
    if scalar.value < 0x20 || (scalar.value >= 0x7F && scalar.value < 0xA0) {
      output += "\\u{\(String(scalar.value, radix: 16))}"
    } else {
      output.unicodeScalars.append(scalar)
    }
  }
  return text.unicodeScalars.count > 100 ? output + "…" : output
}
