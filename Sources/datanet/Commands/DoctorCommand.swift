// `datanet doctor`: see Specs/CommandLine.md, "Doctor".

import JSON
import Terminal

enum DoctorCommand: Command {
  static let declaration = Declaration(
    "doctor", group: CommandTable.Group.care,
    summary: "Check this machine and this home, and say what to do",
    prose: """
      Looks at the program, the system and its libraries, the clock, the disk (space, and how fast \
      it makes writes durable), the home's permissions, the identity and the store, and says for \
      each what is wrong and what to do about it. Nothing is changed. Ends with 1 when something \
      needs attention.
      """,
    options: [
      .flag("systemd", "Print a systemd user unit that runs the peer of this home instead")
    ],
    examples: [
      Example("datanet doctor", "Everything, as a list."),
      Example("datanet doctor --json", "The same for a bug report or a monitor."),
      Example(
        "datanet doctor --systemd > ~/.config/systemd/user/datanet.service",
        "And then: systemctl --user enable --now datanet"),
    ])

  static func run(_ context: Context) throws {
    if context.invocation.has("systemd") {
      let unit = try SystemdUnit(home: context.home).text
      context.output.json(["unit": .string(unit)])
      context.output.text(unit)
      return
    }
    let findings = Examination(home: context.home).findings()
    context.output.json([
      "healthy": .bool(findings.allSatisfy { $0.state != .bad }),
      "checks": .array(
        findings.map {
          [
            "name": .string($0.name), "state": .string($0.state.rawValue),
            "found": .string($0.found), "advice": $0.advice.map { .string($0) } ?? .null,
          ]
        }),
    ])
    let style = context.output.style
    let column = findings.map { Printable.columns($0.name) }.max() ?? 0
    for finding in findings {
      let mark =
        switch finding.state {
        case .good: style.green("ok  ")
        case .odd: style.yellow("note")
        case .bad: style.red("BAD ")
        }
      let room = String(repeating: " ", count: column - Printable.columns(finding.name))
      context.output.text("\(mark)  \(finding.name)\(room)  \(finding.found)")
      if let advice = finding.advice { context.output.text("      → \(advice)") }
    }
    let bad = findings.count { $0.state == .bad }
    if bad > 0 {
      throw Failure.failed("\(Quantity.count(bad, "thing needs", "things need")) attention")
    }
    context.output.text("Nothing is wrong here.")
  }
}
