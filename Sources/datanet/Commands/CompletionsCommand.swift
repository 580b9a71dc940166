// `datanet completions`: see Specs/CommandLine.md, "Completions".

import JSON
import Terminal

enum CompletionsCommand: Command {
  static let declaration = Declaration(
    "completions", group: CommandTable.Group.care,
    summary: "Print a completion script for a shell",
    prose: """
      Prints a script that completes commands, options, their values and the names of the \
      Datanets in your home. It is generated from the same declarations as this help.
      """,
    arguments: [
      Argument("SHELL", .choice(["bash", "zsh", "fish"]), .one, "the shell to complete in")
    ],
    examples: [
      Example("source <(datanet completions bash)", "For this bash session; add it to ~/.bashrc."),
      Example(
        "datanet completions zsh > \"${fpath[1]}/_datanet\"", "For every zsh session from now on."),
      Example(
        "datanet completions fish > ~/.config/fish/completions/datanet.fish",
        "For every fish session from now on."),
    ])

  static func run(_ context: Context) {
    let parser = CommandTable.parser
    let completions = Completions(
      program: parser.program,
      commands: parser.commands.filter { $0.group != CommandTable.Group.hidden },
      globals: parser.globals,
      names: "datanet ls --names")
    let shell = context.invocation.required("SHELL")
    let script =
      switch shell {
      case "bash": completions.bash
      case "zsh": completions.zsh
      default: completions.fish
      }
    if context.output.isJSON {
      context.output.json(["shell": .string(shell), "script": .string(script)])
    } else {
      context.output.raw(Array(script.utf8))
    }
  }
}
