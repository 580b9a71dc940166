// Errors of the modules, as the one line and the exit code that a person gets
// (Specs/CommandLine.md, "Exit codes").

import Terminal

enum Trouble {
  /// Runs `work`, and turns whatever it throws into a `Failure`.
  static func translated<Result>(_ work: () throws -> Result) throws(Failure) -> Result {
    do {
      return try work()
    } catch let failure as Failure {
      throw failure
    } catch {
      throw .failed("\(error)")
    }
  }
}
