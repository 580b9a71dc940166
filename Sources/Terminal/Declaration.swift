// What a command is called, what it takes and what it does: the one declaration from which
// parsing, help and completions follow (Specs/CommandLine.md).

/// A command as a person sees it.
public struct Declaration: Sendable {
  /// The word after `datanet`.
  public var name: String
  /// The heading in `datanet --help` under which the command stands.
  public var group: String
  /// One line, in the imperative.
  public var summary: String
  /// What happens, in prose; paragraphs are separated by empty lines.
  public var prose: String
  public var arguments: [Argument]
  public var options: [Option]
  public var examples: [Example]

  public init(
    _ name: String, group: String, summary: String, prose: String, arguments: [Argument] = [],
    options: [Option] = [], examples: [Example]
  ) {
    self.name = name
    self.group = group
    self.summary = summary
    self.prose = prose
    self.arguments = arguments
    self.options = options
    self.examples = examples
  }
}

/// Something to type that works, and why one would.
public struct Example: Sendable {
  public var line: String
  public var purpose: String

  public init(_ line: String, _ purpose: String) {
    self.line = line
    self.purpose = purpose
  }
}

/// A word that stands by its place.
public struct Argument: Sendable {
  /// How many words it takes.
  public enum Count: Sendable { case one, optional, oneOrMore, any }

  /// In capitals, as the usage line shows it; commands ask for it by this name.
  public var name: String
  public var kind: ValueKind
  public var count: Count
  public var meaning: String

  public init(
    _ name: String, _ kind: ValueKind, _ count: Count, _ meaning: String
  ) {
    self.name = name
    self.kind = kind
    self.count = count
    self.meaning = meaning
  }

  var usage: String {
    let name =
      if case .choice(let choices) = kind { choices.joined(separator: "|") } else { self.name }
    return switch count {
    case .one: name
    case .optional: "[\(name)]"
    case .oneOrMore: "\(name)…"
    case .any: "[\(name)…]"
    }
  }
}

/// A word that stands by its name: `--name`, `--name VALUE` or `--name=VALUE`.
public struct Option: Sendable {
  /// Without the dashes; commands ask for it by this name.
  public var name: String
  /// One letter for `-x`, only where the world expects one.
  public var letter: Character?
  /// What stands after the name in help texts; `nil` for a flag.
  public var value: String?
  public var kind: ValueKind
  public var repeats: Bool
  public var meaning: String
  /// What holds when the option is absent, as help shows it.
  public var fallback: String?

  /// An option that is either there or not.
  public static func flag(
    _ name: String, letter: Character? = nil, _ meaning: String
  ) -> Option {
    Option(
      name: name, letter: letter, value: nil, kind: .text, repeats: false, meaning: meaning,
      fallback: nil)
  }

  /// An option that carries any text.
  public static func value(
    _ name: String, _ value: String, repeats: Bool = false, _ meaning: String,
    default fallback: String? = nil
  ) -> Option {
    .value(name, value, .text, repeats: repeats, meaning, default: fallback)
  }

  /// An option that carries a value of some kind.
  public static func value(
    _ name: String, _ value: String, _ kind: ValueKind, repeats: Bool = false,
    _ meaning: String, default fallback: String? = nil
  ) -> Option {
    Option(
      name: name, letter: nil, value: value, kind: kind, repeats: repeats, meaning: meaning,
      fallback: fallback)
  }

  var usage: String {
    guard let value else { return "--\(name)" }
    if case .choice(let choices) = kind { return "--\(name) \(choices.joined(separator: "|"))" }
    return "--\(name) \(value)"
  }
}

/// What a value may be; checked before the command starts, and offered by completions.
public enum ValueKind: Sendable, Equatable {
  case text
  case integer(ClosedRange<Int>)
  case number
  /// A size such as `512`, `64KiB` or `10GB`.
  case bytes
  case choice([String])
  case file
  case directory
  /// A Datanet: its name, a unique prefix of its CID, or the CID.
  case datanet
  /// A claim, contribution or block: a unique prefix of its CID, or the CID.
  case identifier
}
