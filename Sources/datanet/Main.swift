// The program: understands the command line, runs the command, and ends with its exit code
// (Specs/CommandLine.md).

import Glibc
import JSON
import Terminal

@main struct Main {
  static func main() {
    Interruption.install()
    let words = Array(CommandLine.arguments.dropFirst())
    exit(run(words).rawValue)
  }

  static func run(_ words: [String]) -> ExitCode {
    let parser = CommandTable.parser
    do throws(Failure) {
      switch try parser.parse(words) {
      case .help(let command): showHelp(command, isJSON: words.contains("--json"))
      case .version:
        let output = Output(isJSON: words.contains("--json"))
        output.json(["program": "datanet", "version": .string(Version.text)])
        output.text("datanet \(Version.text)")
        output.flush()
      case .run(let invocation):
        guard let command = CommandTable.command(named: invocation.command.name) else {
          fatalError("\(invocation.command.name) was parsed but is not in the table")
        }
        let context = Context(invocation, words: words)
        defer { context.output.flush() }
        // What was written before a failure counts too.
        defer { context.tellRunningPeer() }
        try Trouble.translated { try command.run(context) }
      }
      return .done
    } catch {
      if !error.message.isEmpty { Screen.error(error.message) }
      return error.code
    }
  }

  private static func showHelp(_ command: Declaration?, isJSON: Bool) {
    let output = Output(isJSON: isJSON)
    let parser = CommandTable.parser
    let text =
      if let command {
        HelpText.of(
          command, program: parser.program, globals: parser.globals, style: output.style)
      } else {
        HelpText.overview(
          program: parser.program, introduction: CommandTable.introduction,
          groups: CommandTable.Group.all, commands: parser.commands, globals: parser.globals,
          closing: CommandTable.closing, style: output.style)
      }
    output.json(["command": .text(command?.name), "help": .string(text)])
    if !isJSON { output.raw(Array(text.utf8)) }
    output.flush()
  }
}

enum Version {
  static let text = "0.1.0"
}
