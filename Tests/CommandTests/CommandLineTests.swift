// The program as a process: exit codes, streams, closed pipes (Specs/CommandLine.md).

import Foundation
import JSON
import Testing

@Suite("The program")
struct CommandLineTests {
  @Test("ends with 2 and one line on standard error when the usage is wrong")
  func usage() throws {
    let place = try Place()
    defer { place.remove() }
    for words in [
      ["frobnicate"], ["completions"], ["completions", "bash", "--nonsense"], ["--json"],
    ] {
      let result = place.launch(["datanet"] + words)
      #expect(result.status == 2, "\(words)")
      #expect(result.output.isEmpty)
      #expect(result.errors.hasPrefix("datanet: "))
      #expect(result.errors.split(separator: "\n").count == 1)
    }
  }

  @Test("says what it is and helps with every command")
  func help() throws {
    let place = try Place()
    defer { place.remove() }
    let overview = place.datanet("--help")
    #expect(overview.status == 0 && overview.errors.isEmpty)
    #expect(place.datanet("help").output == overview.output)
    #expect(place.datanet().output == overview.output)
    #expect(place.datanet("--version").output.hasPrefix("datanet "))
    #expect(overview.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test("ends quietly when nobody reads its output any more")
  func closedPipe() throws {
    let place = try Place()
    defer { place.remove() }
    let result = place.shell("datanet completions fish | true; echo ${PIPESTATUS[0]}")
    #expect(result.output == "0\n")
  }

  @Test("says so when its output cannot be written")
  func fullDevice() throws {
    let place = try Place()
    defer { place.remove() }
    let result = place.shell("datanet completions fish > /dev/full")
    #expect(result.status == 1)
    #expect(
      result.output == "datanet: cannot write to standard output: No space left on device\n")
  }

  @Test("prints one JSON object and nothing else with --json")
  func json() throws {
    let place = try Place()
    defer { place.remove() }
    let result = place.datanet("completions", "zsh", "--json")
    let value = try JSONValue(parsing: result.output)
    #expect(value["shell"]?.string == "zsh")
    #expect(result.errors.isEmpty)
  }
}
