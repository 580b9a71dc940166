// Transcripts in the documentation, read and run: what a page shows is what the program does
// (Specs/CommandLine.md, "Transcripts").

import Foundation
import Testing

/// The repository's root, from where this file lies.
let root = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// The folder of the program that `DATANET_PROGRAM` names, or of those that this build made.
let programs: URL = {
  if let named = ProcessInfo.processInfo.environment["DATANET_PROGRAM"] {
    return URL(fileURLWithPath: named).deletingLastPathComponent()
  }
  // The test runner lies beside the programs, or some folders below them.
  var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
  for _ in 0..<6 {
    if FileManager.default.isExecutableFile(atPath: folder.appendingPathComponent("datanet").path) {
      return folder
    }
    folder = folder.deletingLastPathComponent()
  }
  return root.appendingPathComponent(".build/debug")
}()

/// One command of a transcript and what it prints; `…` stands for anything within a line, a line
/// that is only `…` for any lines, and `[exit 3]` at the end for that exit code.
struct Step: Sendable {
  var line: Int
  var command: String
  var expected: [String]
  var exit: Int32
}

/// The `console` blocks of a page, in order. They share one directory, which is also the home of
/// all peers: `--home ada` is a folder in it.
struct Transcript: Sendable, CustomTestStringConvertible {
  var page: String
  var steps: [Step] = []

  var testDescription: String { page }

  init(page: String, text: String) {
    self.page = page
    var inside = false
    for (index, line) in text.components(separatedBy: "\n").enumerated() {
      if line.hasPrefix("```") {
        inside = line.hasPrefix("```console")
      } else if inside, line.hasPrefix("$ ") {
        steps.append(
          Step(line: index + 1, command: String(line.dropFirst(2)), expected: [], exit: 0))
      } else if inside, !steps.isEmpty {
        if line.hasPrefix("[exit "), let code = Int32(line.dropFirst(6).dropLast()) {
          steps[steps.count - 1].exit = code
        } else if line.hasPrefix("> ") {
          steps[steps.count - 1].command += "\n" + line.dropFirst(2)
        } else {
          steps[steps.count - 1].expected.append(line)
        }
      }
    }
  }

  /// Runs every step in a fresh directory and reports each difference with its line in the page.
  func run() throws {
    let place = try Place()
    defer { place.remove() }
    for step in steps {
      let result = place.shell(step.command)
      let shown = result.output.split(separator: "\n", omittingEmptySubsequences: false)
        .map(String.init)
      let lines = shown.last == "" ? Array(shown.dropLast()) : shown
      #expect(
        matches(lines[...], step.expected[...]),
        "\(page):\(step.line): $ \(step.command)\nprinted\n\(result.output)")
      #expect(
        result.status == step.exit,
        "\(page):\(step.line): $ \(step.command)\nended with \(result.status): \(result.output)")
    }
  }
}

/// A directory for one story, and commands run in it.
struct Place {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "datanet-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // Pages name files of the project as from its root.
    try FileManager.default.createSymbolicLink(
      at: folder.appendingPathComponent("Fixtures"),
      withDestinationURL: root.appendingPathComponent("Fixtures"))
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: folder.appendingPathComponent(name))
  }

  func read(_ name: String) throws -> Data {
    try Data(contentsOf: folder.appendingPathComponent(name))
  }

  /// Both outputs together, as a terminal shows them.
  func shell(_ command: String) -> (status: Int32, output: String) {
    let result = launch(["bash", "-c", command], mergesErrors: true)
    return (result.status, result.output)
  }

  /// `datanet` with arguments; standard output and standard error apart.
  func datanet(_ words: String..., input: String = "") -> Result {
    launch(["datanet"] + words, input: input)
  }

  struct Result {
    var status: Int32
    var output: String
    var errors: String
  }

  /// What every command here finds around it.
  var environment: [String: String] {
    var environment = ProcessInfo.processInfo.environment
    environment["PATH"] = programs.path + ":" + (environment["PATH"] ?? "/usr/bin:/bin")
    environment["HOME"] = folder.path
    environment["SWIFT_BACKTRACE"] = "enable=no"
    for name in ["DATANET_HOME", "DATANET_PASSPHRASE", "COLUMNS"] { environment[name] = nil }
    return environment
  }

  func launch(_ words: [String], input: String = "", mergesErrors: Bool = false) -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.currentDirectoryURL = folder
    process.environment = environment
    // Files, not pipes: nobody has to read while the command writes.
    let names = ["in", "out", "err"].map { folder.appendingPathComponent(".\($0)-\(UUID())") }
    defer { for name in names { try? FileManager.default.removeItem(at: name) } }
    try? Data(input.utf8).write(to: names[0])
    for name in names.dropFirst() { try? Data().write(to: name) }
    process.standardInput = try? FileHandle(forReadingFrom: names[0])
    let out = try? FileHandle(forWritingTo: names[1])
    process.standardOutput = out
    process.standardError = mergesErrors ? out : try? FileHandle(forWritingTo: names[2])
    guard (try? starting.withLock { try process.run() }) != nil else {
      return Result(status: 127, output: "", errors: "")
    }
    process.waitUntilExit()
    let texts = names.dropFirst().map {
      String(decoding: (try? Data(contentsOf: $0)) ?? Data(), as: UTF8.self)
    }
    return Result(status: process.terminationStatus, output: texts[0], errors: texts[1])
  }
}

/// Whether lines fit what a page shows.
func matches(_ lines: ArraySlice<String>, _ expected: ArraySlice<String>) -> Bool {
  guard let first = expected.first else { return lines.isEmpty }
  if first == "…" {
    let rest = expected.dropFirst()
    return (lines.startIndex...lines.endIndex).contains { matches(lines[$0...], rest) }
  }
  guard let line = lines.first, fits(line, first) else { return false }
  return matches(lines.dropFirst(), expected.dropFirst())
}

/// Whether one line fits a pattern in which `…` stands for anything.
func fits(_ line: String, _ pattern: String) -> Bool {
  let parts = pattern.components(separatedBy: "…")
  guard parts.count > 1 else { return line == pattern }
  guard line.hasPrefix(parts[0]), line.hasSuffix(parts[parts.count - 1]),
    line.count >= parts[0].count + parts[parts.count - 1].count
  else { return false }
  var rest = line.dropFirst(parts[0].count).dropLast(parts[parts.count - 1].count)
  for part in parts.dropFirst().dropLast() where !part.isEmpty {
    guard let range = rest.range(of: part) else { return false }
    rest = rest[range.upperBound...]
  }
  return true
}
