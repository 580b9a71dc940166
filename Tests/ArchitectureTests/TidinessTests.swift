// What a reader would say twice: lengths, first sentences, words, makers of fixtures
// (Specs/Architecture.md, "Rules that tests hold").

import Foundation
import Testing

@Suite("Files")
struct TidinessTests {
  /// No file is longer; few are longer than 400 lines.
  private static let greatestLength = 500
  private static let usualLength = 400

  @Test("are short")
  func lengths() {
    let code = swiftFiles + files.filter { $0.path.hasSuffix(".c") || $0.path.hasSuffix(".h") }
    for file in code {
      #expect(file.lines.count <= Self.greatestLength + 1, "\(file.path) is too long: split it")
    }
    let long = code.filter { $0.lines.count > Self.usualLength }
    #expect(
      long.count * 20 <= max(60, code.count), "few files are so long, not \(long.map(\.path))")
  }

  @Test("of Swift begin by saying what they are")
  func firstSentences() {
    for file in swiftFiles {
      let first = file.lines.first ?? ""
      #expect(
        first.hasPrefix("// ") && first.count > 10,
        "\(file.path) begins with a sentence that says what it is")
    }
  }

  @Test("lie in folders that are named after a concept")
  func names() {
    // Spelled apart, so that this file does not hold what it looks for.
    let banned = [
      "Co" + "re", "Ut" + "ils", "Hel" + "pers", "Man" + "ager", "Com" + "mon", "Leg" + "acy",
    ]
    for file in swiftFiles {
      for part in file.parts {
        let name = part.replacingOccurrences(of: ".swift", with: "")
        #expect(!banned.contains(name), "\(file.path): '\(name)' says nothing")
      }
    }
  }

  @Test("hold no word of the workplace and nothing left for later")
  func words() {
    let banned = [
      "/wo" + "rk/", "TO" + "DO", "FIX" + "ME", "blue" + "print.md",
      "unimple" + "mented", "/ro" + "ot/", "/ho" + "me/",
    ]
    for file in files where !file.path.hasPrefix("Fixtures/") {
      for (index, line) in file.lines.enumerated() {
        for word in banned where line.contains(word) {
          Issue.record("\(file.path):\(index + 1): '\(word)': \(line)")
        }
      }
    }
  }

  @Test("never force a try or a cast where bytes come from outside")
  func forced() {
    for file in sources where file.isSwift {
      for (number, line) in file.code {
        #expect(!line.contains("try!"), "\(file.path):\(number)")
        #expect(!line.contains("as!"), "\(file.path):\(number)")
      }
    }
  }

  @Test("name pages of Specs that exist")
  func pages() {
    let pages = Set(files.map(\.path).filter { $0.hasPrefix("Specs/") })
    for file in files where file.isSwift || file.path.hasSuffix(".md") {
      for (index, line) in file.lines.enumerated() {
        for page in mentions(of: "Specs/", ending: ".md", in: line) {
          #expect(pages.contains(page), "\(file.path):\(index + 1) names \(page)")
        }
      }
    }
  }

  private func mentions(of start: String, ending: String, in line: String) -> [String] {
    var found: [String] = []
    var rest = line[...]
    while let range = rest.range(of: start) {
      let name = rest[range.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "-" }
      rest = rest[range.upperBound...].dropFirst(name.count)
      if !name.isEmpty, rest.hasPrefix(ending) { found.append(start + name + ending) }
    }
    return found
  }

  @Test("of Fixtures have a maker")
  func fixtures() {
    let fixtures = files.map(\.path).filter { $0.hasPrefix("Fixtures/") }
    let folders = Set(
      fixtures.compactMap { path -> String? in
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[1]) : nil
      })
    // The client is no fixture: it is what fixtures of the network are made with.
    for folder in folders.subtracting(["client"]).sorted() {
      let makers = ["make.py", "make.sh"].map { "Fixtures/\(folder)/\($0)" }
      #expect(
        makers.contains { fixtures.contains($0) }, "Fixtures/\(folder) has no make.py or make.sh")
    }
    let loose = fixtures.filter { $0.split(separator: "/").count == 2 }
    #expect(loose.allSatisfy { ["Fixtures/seeds.txt", "Fixtures/requirements.txt"].contains($0) })
  }

  @Test("are formatted as .swift-format says")
  func format() {
    let result = run([
      "swift", "format", "lint", "--strict", "-r", "Sources", "Tests", "Package.swift",
    ])
    #expect(result.status == 0, "\(result.output)")
  }
}
