// Completion scripts for three shells, generated from the declarations
// (Specs/CommandLine.md, "Completions").

public struct Completions: Sendable {
  let program: String
  let commands: [Declaration]
  let globals: [Option]
  /// The command line that prints the names of the Datanets here, one a line.
  let names: String

  public init(program: String, commands: [Declaration], globals: [Option], names: String) {
    self.program = program
    self.commands = commands
    self.globals = globals
    self.names = names
  }

  /// The words that may follow an option or stand in an argument's place.
  private enum Offer {
    case words([String])
    case files, directories, datanets, nothing
  }

  private func offer(_ kind: ValueKind) -> Offer {
    switch kind {
    case .choice(let choices): .words(choices)
    case .file: .files
    case .directory: .directories
    case .datanet: .datanets
    case .text, .integer, .number, .bytes, .identifier: .nothing
    }
  }

  private var help: Option { .flag("help", letter: "h", "Show what a command does, with examples") }

  private func options(of command: Declaration) -> [Option] { command.options + globals + [help] }

  // MARK: bash

  public var bash: String {
    var text = """
      # Completions of \(program) for bash; printed by `\(program) completions bash`.
      _\(program)() {
        local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}"
        local command="" index place=0 names="\(names)"
        COMPREPLY=()
        for ((index = 1; index < COMP_CWORD; index++)); do
          case "${COMP_WORDS[index]}" in
            --home) index=$((index + 1)) ;;
            -*) ;;
            *) if [ -z "$command" ]; then command="${COMP_WORDS[index]}"; else place=$((place + 1)); fi ;;
          esac
        done
        if [ -z "$command" ]; then
          if [ "$before" = --home ]; then COMPREPLY=($(compgen -d -- "$word")); return; fi
          COMPREPLY=($(compgen -W "\(commandWords)" -- "$word"))
          return
        fi
        case "$command" in

      """
    for command in commands {
      text += "    \(command.name))\n      case \"$before\" in\n"
      for option in command.options + globals where option.value != nil {
        text += "        --\(option.name)) \(bashReply(option.kind)); return ;;\n"
      }
      text += "      esac\n      if [ \"${word#-}\" != \"$word\" ]; then\n"
      let flags = options(of: command).map { "--\($0.name)" }.joined(separator: " ")
      text += "        COMPREPLY=($(compgen -W \"\(flags)\" -- \"$word\")); return\n      fi\n"
      text += "      case \"$place\" in\n"
      for (place, argument) in command.arguments.enumerated() {
        let last = argument.count == .oneOrMore || argument.count == .any
        text += "        \(last ? "*" : String(place))) \(bashReply(argument.kind)) ;;\n"
      }
      text += "      esac ;;\n"
    }
    let topics = commands.map(\.name).joined(separator: " ")
    text += "    help) COMPREPLY=($(compgen -W \"\(topics)\" -- \"$word\")) ;;\n"
    return text + "  esac\n}\ncomplete -o filenames -F _\(program) \(program)\n"
  }

  private var commandWords: String {
    let names = commands.map(\.name) + ["help"]
    let flags = globals.map { "--\($0.name)" } + ["--help", "--version"]
    return (names + flags).joined(separator: " ")
  }

  private func bashReply(_ kind: ValueKind) -> String {
    switch offer(kind) {
    case .words(let words):
      "COMPREPLY=($(compgen -W \"\(words.joined(separator: " "))\" -- \"$word\"))"
    case .files: "COMPREPLY=($(compgen -f -- \"$word\"))"
    case .directories: "COMPREPLY=($(compgen -d -- \"$word\"))"
    case .datanets: "COMPREPLY=($(compgen -W \"$($names 2>/dev/null)\" -- \"$word\"))"
    case .nothing: ":"
    }
  }

  // MARK: zsh

  public var zsh: String {
    var text = """
      #compdef \(program)
      # Completions of \(program) for zsh; printed by `\(program) completions zsh`.
      _\(program)_names() {
        local -a names
        names=(${(f)"$(\(names) 2>/dev/null)"})
        compadd -a names
      }
      _\(program)() {
        local context state line
        typeset -A opt_args
        local -a commands
        commands=(

      """
    for command in commands {
      text += "    \(quoted("\(command.name):\(command.summary)"))\n"
    }
    text += "    'help:Show what a command does'\n  )\n"
    let shared = (globals + [help]).map(zshOption).joined(separator: " ")
    text += "  _arguments -C \(shared) '1: :->command' '*:: :->rest'\n"
    text += "  case $state in\n    command) _describe command commands ;;\n"
    text += "    rest) case $words[1] in\n"
    for command in commands {
      var specs = options(of: command).map(zshOption)
      for (place, argument) in command.arguments.enumerated() {
        let last = argument.count == .oneOrMore || argument.count == .any
        let action = zshAction(argument.kind)
        specs.append(quoted("\(last ? "*" : String(place + 1)):\(argument.name):\(action)"))
      }
      text += "      \(command.name)) _arguments \(specs.joined(separator: " ")) ;;\n"
    }
    text += "      help) _describe command commands ;;\n"
    return text + "    esac ;;\n  esac\n}\n_\(program) \"$@\"\n"
  }

  private func zshOption(_ option: Option) -> String {
    let meaning = option.meaning.filter { !"[]:".contains($0) }
    let many = option.repeats ? "*" : ""
    guard let value = option.value else { return quoted("\(many)--\(option.name)[\(meaning)]") }
    return quoted("\(many)--\(option.name)=[\(meaning)]:\(value):\(zshAction(option.kind))")
  }

  private func zshAction(_ kind: ValueKind) -> String {
    switch offer(kind) {
    case .words(let words): "(\(words.joined(separator: " ")))"
    case .files: "_files"
    case .directories: "_files -/"
    case .datanets: "_\(program)_names"
    case .nothing: " "
    }
  }

  // MARK: fish

  public var fish: String {
    var lines = ["# Completions of \(program) for fish; printed by `\(program) completions fish`."]
    let names = commands.map(\.name).joined(separator: " ")
    let first = "'not __fish_seen_subcommand_from \(names) help'"
    lines.append("complete -c \(program) -f")
    for command in commands {
      lines.append(
        "complete -c \(program) -n \(first) -a \(command.name) -d \(quoted(command.summary))")
    }
    lines.append("complete -c \(program) -n \(first) -a help -d 'Show what a command does'")
    lines.append("complete -c \(program) -n '__fish_seen_subcommand_from help' -a '\(names)'")
    for option in globals + [help] {
      lines.append("complete -c \(program) \(fishOption(option))")
    }
    for command in commands {
      let here = "-n '__fish_seen_subcommand_from \(command.name)'"
      for option in command.options {
        lines.append("complete -c \(program) \(here) \(fishOption(option))")
      }
      for argument in command.arguments {
        switch offer(argument.kind) {
        case .nothing: break
        default: lines.append("complete -c \(program) \(here) \(fishWords(argument.kind))")
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func fishOption(_ option: Option) -> String {
    let letter = option.letter.map { "-s \($0) " } ?? ""
    let base = "\(letter)-l \(option.name) -d \(quoted(option.meaning))"
    if option.value == nil { return base }
    // Exclusively: fish would offer files beside the words otherwise.
    if case .files = offer(option.kind) { return "\(base) -r -F" }
    return "\(base) -x \(fishWords(option.kind))"
  }

  private func fishWords(_ kind: ValueKind) -> String {
    switch offer(kind) {
    case .words(let words): "-a '\(words.joined(separator: " "))'"
    case .files: "-F"
    case .directories: "-a '(__fish_complete_directories)'"
    case .datanets: "-a '(\(names) 2>/dev/null)'"
    case .nothing: ""
    }
  }

  private func quoted(_ text: String) -> String {
    "'" + text.map { $0 == "'" ? "'\\''" : String($0) }.joined() + "'"
  }
}
