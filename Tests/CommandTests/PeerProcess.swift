// Peers as real processes on loopback, each stopped by its own id (Specs/Running.md).

import Foundation
import JSON
import Testing

/// Held while a process is started: one that starts meanwhile would inherit the socket by which the
/// other's end is noticed, and a peer that goes on would keep it.
let starting = NSLock()

/// `datanet up` in a place, from its first line to its end.
final class PeerProcess {
  let home: String
  let place: Place
  private let process = Process()
  private let outputName: String
  /// The first line: where it listens.
  private(set) var first: JSONValue = nil

  /// Starts a peer and waits until it listens.
  init(
    _ home: String, in place: Place, _ words: [String] = [], command: String = "up",
    discovers: Bool = false, listen: String...
  ) throws {
    self.home = home
    self.place = place
    outputName = ".up-\(UUID())"
    process.executableURL = programs.appendingPathComponent("datanet")
    process.arguments =
      ["--home", home, command, "--json"] + (discovers ? [] : ["--no-discovery"]) + words
      + (listen.isEmpty ? ["127.0.0.1:0"] : listen).flatMap { ["--listen", $0] }
    process.currentDirectoryURL = place.folder
    process.environment = place.environment
    for name in [outputName, outputName + "e"] { try place.write("", to: name) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(
      forWritingTo: place.folder.appendingPathComponent(outputName))
    process.standardError = try FileHandle(
      forWritingTo: place.folder.appendingPathComponent(outputName + "e"))
    try starting.withLock { try process.run() }
    try #require(wait(20) { !self.events.isEmpty }, "\(home) did not start: \(errors)")
    first = events[0]
  }

  deinit { kill() }

  var pid: Int32 { process.processIdentifier }
  var isRunning: Bool { process.isRunning }

  private func text(_ name: String) -> String {
    (try? String(decoding: place.read(name), as: UTF8.self)) ?? ""
  }

  var errors: String { text(outputName + "e") }

  /// What it has told so far, whole lines only.
  var events: [JSONValue] {
    let text = text(outputName)
    let whole =
      text.hasSuffix("\n") ? text[...] : text[..<(text.lastIndex(of: "\n") ?? text.startIndex)]
    return whole.split(separator: "\n").compactMap { try? JSONValue(parsing: String($0)) }
  }

  func told(_ event: String) -> [JSONValue] { events.filter { $0["event"]?.string == event } }

  /// Ends it as a power cut does.
  func kill() {
    if process.isRunning {
      Foundation.kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
  }

  /// Asks it to end, and gives its exit code.
  func stop() -> Int32 {
    if process.isRunning { process.terminate() }
    let ended = wait(15) { !self.process.isRunning }
    if !ended { kill() }
    return process.terminationStatus
  }
}

/// Waits until something holds, at most so many seconds.
func wait(_ seconds: Double, until holds: () -> Bool) -> Bool {
  let end = Date().addingTimeInterval(seconds)
  while Date() < end {
    if holds() { return true }
    usleep(20_000)
  }
  return holds()
}

extension Place {
  /// Homes with an identity each.
  func homes(_ names: String...) throws {
    for name in names {
      try #require(datanet("--home", name, "init").status == 0)
    }
  }

  /// The line that `ticket` prints.
  func ticket(_ home: String, _ net: String) throws -> String {
    let result = datanet("--home", home, "ticket", net, "--json")
    return try #require(JSONValue(parsing: result.output)["ticket"]?.string)
  }

  func digest(_ home: String, _ net: String) -> String? {
    let result = datanet("--home", home, "status", net, "--json")
    return (try? JSONValue(parsing: result.output))?["digest"]?.string
  }
}
