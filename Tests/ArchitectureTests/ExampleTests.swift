// Worked examples of the pages that name a fixture are that file's lines (Specs/Architecture.md,
// "Rules that tests hold").

import Foundation
import Testing

@Suite("Worked examples")
struct ExampleTests {
  /// A block that begins with "```fixture PATH". A line that begins with two spaces goes on where
  /// the one before ends.
  private struct Example {
    var page: String
    var path: String
    var lines: [String] = []

    mutating func add(_ line: String) {
      if line.hasPrefix("  "), let last = lines.popLast() {
        lines.append(last + line.dropFirst(2))
      } else {
        lines.append(line)
      }
    }
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
          result[result.count - 1].add(line)
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
          file.lines.contains(line),
          "\(example.page): '\(line)' is no line of \(example.path)")
      }
    }
  }
}
