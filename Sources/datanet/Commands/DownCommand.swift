// `datanet down`: see Specs/Running.md.

import Glibc
import JSON
import Store
import Terminal

enum DownCommand: Command {
  /// A peer that says goodbye and stores what has arrived is gone within this time.
  private static let patienceSeconds = 30.0

  static let declaration = Declaration(
    "down", group: CommandTable.Group.swarm,
    summary: "Stop the peer that runs on this home",
    prose: """
      Asks the running peer to say goodbye to the others and end, and waits until it is gone. What \
      was fetched stays, and the next 'datanet up' goes on from there. Where no peer runs there is \
      nothing to do, and that is no error.
      """,
    examples: [Example("datanet down", "Ends with 0 once nothing runs any more.")])

  static func run(_ context: Context) throws {
    guard let client = try ControlClient.connect(to: context.home) else {
      context.output.json(["stopped": false])
      context.output.text("No peer runs on \(context.home.path)")
      return
    }
    let pid = try client.ask(.hello)["pid"]?.int
    try client.ask(.down)
    let start = Moment.monotonic()
    while !isFree(context.home) {
      guard Moment.monotonic() - start < patienceSeconds else {
        throw Failure.failed(
          "the peer\(pid.map { " with pid \($0)" } ?? "") does not end; it is safe to kill it")
      }
      usleep(20_000)
    }
    context.output.json(["stopped": true, "pid": pid.map { .int($0) } ?? .null])
    context.output.text("Stopped the peer\(pid.map { " with pid \($0)" } ?? "")")
  }

  /// Whether no peer holds the home's lock.
  private static func isFree(_ home: Home) -> Bool {
    (try? FileLock(ControlPath.lockPath(home), .exclusive, wait: false)) != nil
  }
}
