// Worked examples of the pages that name a fixture are that file's lines (Specs/Architecture.md,
// "Rules that tests hold").

import Foundation
import Testing

@Suite("Worked examples")
struct ExampleTests {
  /// A block that begins with "```fixture PATH"; `…` in it stands for anything within a line.
  private struct Example {
    var page: String
    var path: String
    var lines: [String] = []
  }

  private var examples: [Example] {
    var result: [Example] = []
    for file in files where file.path.hasPrefix("Specs/") {
      var isInside = false
      for line in file.lines {
        if line.hasPrefix("```fixture ") {
          result.append(Example(page: file.path, path: String(line.dropFirst(11))))
          isInside = true
        } else if line.hasPrefix("```") {
          isInside = false
        } else if isInside {
          result[result.count - 1].lines.append(line)
        }
      }
    }
    return result
  }

  @Test("are lines of the files that they name")
  func lines() throws {
    #expect(examples.count >= 9)
    for example in examples {
      #expect(!example.lines.isEmpty, "\(example.page): an empty example")
      let file = try #require(
        files.first { $0.path == example.path }, "\(example.page) names \(example.path)")
      for line in example.lines {
        #expect(
          file.lines.contains { matches($0, line) },
          "\(example.page): '\(line)' is no line of \(example.path)")
      }
    }
  }

  private func matches(_ line: String, _ pattern: String) -> Bool {
    let parts = pattern.components(separatedBy: "…")
    guard parts.count > 1 else { return line == pattern }
    guard line.hasPrefix(parts[0]), line.hasSuffix(parts[parts.count - 1]) else { return false }
    var rest = line.dropFirst(parts[0].count).dropLast(parts[parts.count - 1].count)
    for part in parts.dropFirst().dropLast() {
      guard let range = rest.range(of: part) else { return false }
      rest = rest[range.upperBound...]
    }
    return true
  }
}
