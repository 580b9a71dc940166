// A command line that has been understood: which command, with which values
// (Specs/CommandLine.md, "Grammar").

/// The parsed command line; every value has been checked against its declaration.
public struct Invocation: Sendable {
  public let command: Declaration
  public private(set) var values: [String: [String]] = [:]

  /// Builds one by hand, as tests and `make run`'s tour do.
  public init(command: Declaration, values: [String: [String]] = [:]) {
    self.command = command
    self.values = values
  }

  mutating func append(_ text: String, to name: String) {
    values[name, default: []].append(text)
  }

  /// Whether a flag or a value was given.
  public func has(_ name: String) -> Bool { values[name] != nil }

  /// The value of an option (`license`) or an argument (`NET`).
  public func text(_ name: String) -> String? { values[name]?.last }

  /// All values of an option or argument that may stand several times.
  public func texts(_ name: String) -> [String] { values[name] ?? [] }

  /// The value of an argument that the grammar demands.
  public func required(_ name: String) -> String {
    guard let value = values[name]?.last else {
      fatalError("\(command.name) asks for \(name), which its declaration does not demand")
    }
    return value
  }

  public func integer(_ name: String) -> Int? { text(name).flatMap { Int($0) } }

  public func number(_ name: String) -> Double? { text(name).flatMap { Double($0) } }

  public func bytes(_ name: String) -> Int? { text(name).flatMap { Quantity.parseBytes($0) } }
}

/// How the process ends (Specs/CommandLine.md, "Exit codes").
public enum ExitCode: Int32, Sendable {
  case done = 0
  case failed = 1
  case usage = 2
  case refused = 3
  case notFound = 4
}

/// The reason why a command does not go on: one line for a person, and how the process ends.
public struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
  public var code: ExitCode
  public var message: String

  public init(_ code: ExitCode, _ message: String) {
    self.code = code
    self.message = message
  }

  public static func failed(_ message: String) -> Failure { Failure(.failed, message) }
  public static func usage(_ message: String) -> Failure { Failure(.usage, message) }
  public static func refused(_ message: String) -> Failure { Failure(.refused, message) }
  public static func notFound(_ message: String) -> Failure { Failure(.notFound, message) }

  public var description: String { message }
}
