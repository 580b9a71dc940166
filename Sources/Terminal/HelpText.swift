// Help texts, laid out from declarations (Specs/CommandLine.md, "Help").

public enum HelpText {
  /// `datanet add NET PATH… [options]`.
  public static func usage(of command: Declaration, program: String) -> String {
    let words = [program, command.name] + command.arguments.map(\.usage)
    return words.joined(separator: " ") + (command.options.isEmpty ? "" : " [options]")
  }

  /// One command: usage, prose, arguments, options with defaults, examples to paste.
  public static func of(
    _ command: Declaration, program: String, globals: [Option], style: Style
  ) -> String {
    var text = style.bold(usage(of: command, program: program)) + "\n\n"
    text += wrap(command.prose, width: width) + "\n"
    if !command.arguments.isEmpty {
      let rows = command.arguments.map { ($0.usage, $0.meaning) }
      text += "\n" + style.bold("Arguments") + "\n" + list(rows)
    }
    if !command.options.isEmpty {
      text += "\n" + style.bold("Options") + "\n" + list(command.options.map(row))
    }
    text += "\n" + style.bold("Everywhere") + "\n" + list(globals.map(row))
    text += "\n" + style.bold("Examples") + "\n"
    for example in command.examples {
      text += wrap("# " + example.purpose, width: width, indent: "  ", hanging: "  # ") + "\n"
      text += "  " + example.line + "\n"
    }
    return text
  }

  /// The program: what it is, its commands by group, what to do first.
  public static func overview(
    program: String, introduction: String, groups: [String], commands: [Declaration],
    globals: [Option], closing: String, style: Style
  ) -> String {
    var text = wrap(introduction, width: width) + "\n\n"
    text += style.bold("\(program) [--home DIR] [--json] COMMAND …") + "\n"
    let column = commands.map { Printable.columns($0.name) }.max() ?? 0
    for group in groups {
      let members = commands.filter { $0.group == group }
      if members.isEmpty { continue }
      text += "\n" + style.bold(group) + "\n"
      text += list(members.map { ($0.name, $0.summary) }, column: column)
    }
    text += "\n" + style.bold("Everywhere") + "\n" + list(globals.map(row))
    return text + "\n" + wrap(closing, width: width) + "\n"
  }

  /// A paragraph, broken at spaces.
  public static func wrapped(_ text: String, width: Int) -> String { wrap(text, width: width) }

  /// Text is laid out for a narrow terminal, so that help reads the same wherever it is pasted.
  private static let width = 80

  private static func row(_ option: Option) -> (String, String) {
    let letter = option.letter.map { "-\($0), " } ?? ""
    let fallback = option.fallback.map { " (default: \($0))" } ?? ""
    return (letter + option.usage, option.meaning + fallback)
  }

  private static func list(_ rows: [(String, String)], column: Int? = nil) -> String {
    let widest = rows.map { Printable.columns($0.0) }.filter { $0 <= 26 }.max() ?? 26
    let column = column ?? widest
    let hanging = String(repeating: " ", count: column + 4)
    var text = ""
    for (name, meaning) in rows {
      let used = Printable.columns(name)
      if used > column {
        text += "  \(name)\n" + wrap(meaning, width: width, indent: hanging, hanging: hanging)
      } else {
        let indent = "  \(name)" + String(repeating: " ", count: column - used + 2)
        text += wrap(meaning, width: width, indent: indent, hanging: hanging)
      }
      text += "\n"
    }
    return text
  }

  /// Breaks paragraphs at spaces; a line that begins with a space stays as it is.
  static func wrap(
    _ text: String, width: Int, indent: String = "", hanging: String = ""
  ) -> String {
    var lines: [String] = []
    for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if paragraph.isEmpty || paragraph.hasPrefix(" ") {
        lines.append(String(paragraph))
        continue
      }
      var line = lines.isEmpty ? indent : hanging
      var columns = Printable.columns(line)
      var fresh = true
      for word in paragraph.split(separator: " ") {
        let wordColumns = Printable.columns(String(word))
        if !fresh, columns + 1 + wordColumns > width {
          lines.append(line)
          line = hanging
          columns = Printable.columns(hanging)
          fresh = true
        }
        line += (fresh ? "" : " ") + word
        columns += wordColumns + (fresh ? 0 : 1)
        fresh = false
      }
      lines.append(line)
    }
    return lines.joined(separator: "\n")
  }
}
