// What a command has at hand while it runs: its values, the home directory, where results go.

import Glibc
import Store
import Terminal

struct Context {
  let invocation: Invocation
  let output: Output
  /// Identity, store and settings (Specs/CommandLine.md, "Home").
  let home: Home

  init(_ invocation: Invocation) {
    self.invocation = invocation
    output = Output(isJSON: invocation.has("json"))
    home = Home.chosen(invocation.text("home"))
  }

  /// The home's store, which `datanet init` has made.
  func store(access: Database.Access = .readWrite) throws -> Store {
    try Store.open(home, access: access)
  }

  /// Progress of long work: silent under `--quiet`, and plain lines are kept out of the way of
  /// programs that asked for `--json`.
  func progress(_ title: String, unit: Progress.Unit = .bytes, total: Int? = nil) -> Progress {
    let isQuiet = invocation.has("quiet") || (output.isJSON && isatty(2) == 0)
    return Progress(title, unit: unit, total: total, isQuiet: isQuiet)
  }
}
