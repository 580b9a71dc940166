// The repository as text: its files, their lines, and Swift lines without comments and strings.

import Foundation

/// The repository's root, from where this file lies.
let root = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

struct TextFile: Sendable {
  /// Relative to the root.
  var path: String
  var lines: [String]

  /// The path's parts; `Sources/Content/CID.swift` is in module `Content`.
  var parts: [String] { path.split(separator: "/").map(String.init) }
  var module: String { parts.count > 2 ? parts[1] : "" }
  var isSwift: Bool { path.hasSuffix(".swift") }

  /// Lines of code with their numbers: comments removed, string literals emptied.
  var code: [(number: Int, text: String)] {
    var result: [(Int, String)] = []
    var inText = false
    for (index, line) in lines.enumerated() {
      let quotes = line.components(separatedBy: "\"\"\"").count - 1
      if inText {
        if quotes % 2 == 1 { inText = false }
        continue
      }
      if quotes % 2 == 1 { inText = true }
      result.append((index + 1, TextFile.stripped(line)))
    }
    return result
  }

  private static func stripped(_ line: String) -> String {
    var result = ""
    var inString = false
    var escaped = false
    var previous: Character = " "
    for character in line {
      if inString {
        if escaped {
          escaped = false
        } else if character == "\\" {
          escaped = true
        } else if character == "\"" {
          inString = false
          result.append(character)
        }
        continue
      }
      if character == "/", previous == "/" {
        result.removeLast()
        return result
      }
      if character == "\"" { inString = true }
      result.append(character)
      previous = character
    }
    return result
  }
}

/// Every text file under version control, or about to be.
let files: [TextFile] = {
  let listing = run(["git", "ls-files", "--cached", "--others", "--exclude-standard"])
  let paths =
    listing.status == 0
    ? listing.output.split(separator: "\n").map(String.init) : walked()
  return paths.sorted().compactMap { path in
    guard let data = try? Data(contentsOf: root.appendingPathComponent(path)),
      let text = String(data: data, encoding: .utf8)
    else { return nil }
    return TextFile(path: path, lines: text.components(separatedBy: "\n"))
  }
}()

/// Without git (a source archive): everything that is not hidden or built.
private func walked() -> [String] {
  let all = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
  return all.filter { !$0.hasPrefix(".build") && !$0.hasPrefix(".git/") }
}

let swiftFiles = files.filter { $0.isSwift && ($0.parts[0] == "Sources" || $0.parts[0] == "Tests") }
let sources = swiftFiles.filter { $0.parts[0] == "Sources" }

func run(_ words: [String]) -> (status: Int32, output: String) {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = words
  process.currentDirectoryURL = root
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = pipe
  guard (try? process.run()) != nil else { return (127, "\(words[0]) cannot be started") }
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return (process.terminationStatus, String(decoding: data, as: UTF8.self))
}
