// Turns the words of a command line into an invocation, or says in one line what is wrong
// with them (Specs/CommandLine.md, "Grammar").

/// The grammar of one program: its commands and the options that all of them share.
public struct CommandLineParser: Sendable {
  public let program: String
  public let commands: [Declaration]
  public let globals: [Option]

  /// What the words ask for.
  public enum Request: Sendable {
    case run(Invocation)
    /// `--help`, `help`, or `help COMMAND`; `nil` is the whole program.
    case help(Declaration?)
    case version
  }

  public init(program: String, commands: [Declaration], globals: [Option]) {
    self.program = program
    self.commands = commands
    self.globals = globals
  }

  /// Understands `words` (without the program's own name).
  public func parse(_ words: [String]) throws(Failure) -> Request {
    var scan = Scan(program: program, globals: globals, words: words)
    let name = try scan.commandWord(commands: commands)
    guard let name else {
      if scan.wantsVersion { return .version }
      if scan.wantsHelp || words.isEmpty { return .help(nil) }
      throw .usage("which command? See '\(program) --help'")
    }
    if name == "help" {
      guard let topic = scan.nextPlainWord() else { return .help(nil) }
      return .help(try command(named: topic))
    }
    let declaration = try command(named: name)
    scan.command = declaration
    try scan.readRest()
    if scan.wantsHelp { return .help(declaration) }
    return .run(try scan.invocation())
  }

  public func command(named name: String) throws(Failure) -> Declaration {
    if let found = commands.first(where: { $0.name == name }) { return found }
    let near = Spelling.nearest(to: name, among: commands.map(\.name) + ["help"])
    let hint = near.map { "; did you mean '\($0)'?" } ?? "; see '\(program) --help'"
    throw .usage("there is no command '\(Printable.line(name))'\(hint)")
  }
}

/// One pass over the words.
private struct Scan {
  let program: String
  let globals: [Option]
  var words: ArraySlice<String>
  var command: Declaration?
  var plain: [String] = []
  var given: [(option: Option, value: String)] = []
  var optionsEnded = false
  var wantsHelp = false
  var wantsVersion = false

  init(program: String, globals: [Option], words: [String]) {
    self.program = program
    self.globals = globals
    self.words = words[...]
  }

  var known: [Option] { globals + (command?.options ?? []) }

  /// The first word that is not an option; global options may stand before it.
  mutating func commandWord(commands: [Declaration]) throws(Failure) -> String? {
    while let word = words.first {
      if word.hasPrefix("-"), word != "-", word != "--" {
        // An option of the command that stands before it: say where it belongs.
        let name = String(word.drop { $0 == "-" }.prefix { $0 != "=" })
        if word.hasPrefix("--"), !isGlobal(name),
          let owner = commands.first(where: { $0.options.contains { $0.name == name } })
        {
          throw .usage(
            "--\(name) belongs after its command: \(program) \(owner.name) … --\(name)")
        }
        words.removeFirst()
        try readOption(word)
      } else {
        words.removeFirst()
        return word
      }
    }
    return nil
  }

  private func isGlobal(_ name: String) -> Bool {
    name == "help" || name == "version" || globals.contains { $0.name == name }
  }

  mutating func nextPlainWord() -> String? {
    while let word = words.popFirst() {
      if !word.hasPrefix("-") { return word }
    }
    return nil
  }

  mutating func readRest() throws(Failure) {
    while let word = words.popFirst() {
      if optionsEnded || word == "-" || !word.hasPrefix("-") {
        plain.append(word)
      } else if word == "--" {
        optionsEnded = true
      } else {
        try readOption(word)
      }
    }
  }

  private mutating func readOption(_ word: String) throws(Failure) {
    if word == "-h" || word == "--help" {
      wantsHelp = true
      return
    }
    if word == "--version" {
      wantsVersion = true
      return
    }
    guard word.hasPrefix("--") else { return try readLetter(word) }
    let body = word.dropFirst(2)
    let name = String(body.prefix { $0 != "=" })
    let attached = body.contains("=") ? String(body.dropFirst(name.count + 1)) : nil
    guard let option = known.first(where: { $0.name == name }) else {
      throw unknown("--\(name)", near: Spelling.nearest(to: name, among: known.map(\.name)))
    }
    try take(option, attached: attached)
  }

  private mutating func readLetter(_ word: String) throws(Failure) {
    let letter = word[word.index(after: word.startIndex)]
    guard let option = known.first(where: { $0.letter == letter }), word.count == 2 else {
      let name = String(word.dropFirst())
      let near = known.first { $0.name == name }?.name
      throw unknown(word, near: near)
    }
    try take(option, attached: nil)
  }

  private mutating func take(_ option: Option, attached: String?) throws(Failure) {
    guard option.value != nil else {
      if attached != nil { throw .usage("--\(option.name) takes no value") }
      given.append((option, ""))
      return
    }
    guard let value = attached ?? nextValue() else {
      throw .usage("--\(option.name) needs a value: \(option.usage)")
    }
    try check(value, option.kind, name: "--\(option.name)")
    if !option.repeats, given.contains(where: { $0.option.name == option.name }) {
      throw .usage("--\(option.name) was given twice")
    }
    given.append((option, value))
  }

  /// The word after an option is its value, unless it is an option that we know.
  private mutating func nextValue() -> String? {
    guard let next = words.first else { return nil }
    if next.hasPrefix("--") {
      let name = next.dropFirst(2).prefix { $0 != "=" }
      if name.isEmpty || name == "help" || known.contains(where: { $0.name == name }) { return nil }
    }
    words.removeFirst()
    return next
  }

  private func unknown(_ word: String, near: String?) -> Failure {
    let owner = command.map { " for '\($0.name)'" } ?? ""
    let help = command.map { "\(program) \($0.name) --help" } ?? "\(program) --help"
    let hint = near.map { "; did you mean --\($0)?" } ?? "; see '\(help)'"
    return .usage("there is no option \(Printable.line(word))\(owner)\(hint)")
  }

  /// Deals the plain words out to the command's arguments.
  func invocation() throws(Failure) -> Invocation {
    guard let command else { fatalError("an invocation needs a command") }
    var result = Invocation(command: command)
    for (option, value) in given { result.append(value, to: option.name) }
    var rest = plain[...]
    for argument in command.arguments {
      switch argument.count {
      case .one, .optional:
        if let word = rest.popFirst() {
          try check(word, argument.kind, name: argument.name)
          result.append(word, to: argument.name)
        } else if argument.count == .one {
          throw missing(argument, of: command)
        }
      case .oneOrMore, .any:
        if argument.count == .oneOrMore, rest.isEmpty { throw missing(argument, of: command) }
        while let word = rest.popFirst() {
          try check(word, argument.kind, name: argument.name)
          result.append(word, to: argument.name)
        }
      }
    }
    if let extra = rest.first {
      throw .usage(
        "'\(command.name)' does not know what to do with '\(Printable.line(extra))'; "
          + "usage: \(HelpText.usage(of: command, program: program))")
    }
    return result
  }

  private func missing(_ argument: Argument, of command: Declaration) -> Failure {
    .usage(
      "'\(command.name)' needs \(argument.usage) (\(argument.meaning)); "
        + "usage: \(HelpText.usage(of: command, program: program))")
  }

  private func check(_ word: String, _ kind: ValueKind, name: String) throws(Failure) {
    let shown = Printable.line(word)
    switch kind {
    case .text, .file, .directory, .datanet, .identifier:
      if word.isEmpty { throw .usage("\(name) is empty") }
    case .integer(let range):
      guard let value = Int(word), range.contains(value) else {
        let bound =
          range.upperBound == Int.max
          ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
        throw .usage("\(name) is a whole number \(bound), not '\(shown)'")
      }
    case .number:
      guard let value = Double(word), value.isFinite else {
        throw .usage("\(name) is a number, not '\(shown)'")
      }
    case .bytes:
      guard Quantity.parseBytes(word) != nil else {
        throw .usage("\(name) is a size such as 512, 64KiB or 10GB, not '\(shown)'")
      }
    case .choice(let choices):
      guard !choices.contains(word) else { return }
      let near = Spelling.nearest(to: word, among: choices).map { "; did you mean '\($0)'?" } ?? ""
      throw .usage("\(name) is one of \(choices.joined(separator: ", ")), not '\(shown)'\(near)")
    }
  }
}
