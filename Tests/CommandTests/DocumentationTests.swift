// The pages' transcripts run, and every command that the pages name exists with those options
// (Specs/CommandLine.md, "Transcripts").

import Foundation
import Terminal
import Testing

@testable import datanet

private let pages: [(name: String, text: String)] = {
  let specs =
    (try? FileManager.default.contentsOfDirectory(
      atPath: root.appendingPathComponent("Specs").path)) ?? []
  let names = ["README.md"] + specs.filter { $0.hasSuffix(".md") }.sorted().map { "Specs/\($0)" }
  return names.compactMap { name in
    (try? String(contentsOf: root.appendingPathComponent(name), encoding: .utf8)).map {
      (name, $0)
    }
  }
}()

private let transcripts = pages.map { Transcript(page: $0.name, text: $0.text) }
  .filter { !$0.steps.isEmpty }

@Suite("The documentation")
struct DocumentationTests {
  @Test("shows what the program prints", arguments: transcripts)
  func transcript(_ transcript: Transcript) throws { try transcript.run() }

  @Test("names commands and options that exist")
  func commands() {
    for page in pages {
      // What is shown to be refused as wrong usage is run by the transcripts.
      let refused = Transcript(page: page.name, text: page.text).steps
        .filter { $0.exit == 2 }.map(\.line)
      for (number, line) in codeLines(page.text) where !refused.contains(number) {
        for words in commandLines(in: line) { check(words, where: "\(page.name):\(number)") }
      }
    }
  }

  @Test("of each command has examples that can be pasted")
  func examples() {
    for command in CommandTable.parser.commands {
      #expect(!command.examples.isEmpty, "\(command.name) has no example")
      for example in command.examples {
        let found = commandLines(in: example.line)
        #expect(!found.isEmpty, "\(command.name): '\(example.line)' names no command")
        for words in found { check(words, where: "datanet \(command.name) --help") }
      }
    }
  }

  private func check(_ words: [String], where place: String) {
    // A shape such as `datanet [--home DIR] COMMAND` is grammar, not an example.
    if words.contains(where: { $0.contains("[") || $0.contains("|") || $0 == "…" }) { return }
    if words.first == "COMMAND" { return }
    do {
      _ = try CommandTable.parser.parse(words)
    } catch {
      Issue.record("\(place): datanet \(words.joined(separator: " ")): \(error)")
    }
  }
}

/// Lines of fenced code that show commands: `console` and `sh` blocks.
private func codeLines(_ text: String) -> [(Int, String)] {
  var kind: String?
  var result: [(Int, String)] = []
  for (index, line) in text.components(separatedBy: "\n").enumerated() {
    if line.hasPrefix("```") {
      kind = kind == nil ? String(line.dropFirst(3)) : nil
    } else if kind == "console", line.hasPrefix("$ ") {
      result.append((index + 1, String(line.dropFirst(2))))
    } else if kind == "sh" || kind == "bash" {
      result.append((index + 1, line))
    }
  }
  return result
}

/// The command lines of `datanet` in a line of shell, as words.
private func commandLines(in line: String) -> [[String]] {
  var found: [[String]] = []
  var current: [String]?
  for word in shellWords(line) {
    if ["|", ">", ">>", "<", "&&", ";", "2>", "#", ")"].contains(word) {
      if let words = current { found.append(words) }
      current = nil
      if word == "#" { break }
    } else if word == "datanet" || word.hasSuffix("/datanet") || word.hasSuffix("(datanet") {
      current = []
    } else if current != nil {
      current?.append(word.hasSuffix(")") ? String(word.dropLast()) : word)
    }
  }
  return current.map { found + [$0] } ?? found
}

/// Words of a shell line; quotes are taken off.
private func shellWords(_ line: String) -> [String] {
  var words: [String] = []
  var word = ""
  var isWord = false
  var quote: Character?
  for character in line {
    if let open = quote {
      if character == open { quote = nil } else { word.append(character) }
    } else if character == "'" || character == "\"" {
      quote = character
      isWord = true
    } else if character == " " {
      if isWord || !word.isEmpty { words.append(word) }
      word = ""
      isWord = false
    } else {
      word.append(character)
    }
  }
  if isWord || !word.isEmpty { words.append(word) }
  return words
}
