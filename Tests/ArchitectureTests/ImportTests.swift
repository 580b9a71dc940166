// Arrows go down only; a C library has one importer; pure modules ask nothing of the world
// (Specs/Architecture.md, "Modules").

import Foundation
import Testing

/// The module that a line imports, if it is an import line.
private func imported(_ line: String) -> String? {
  var words = line.split(separator: " ").map(String.init)
  let modifiers = ["public", "internal", "package", "private", "fileprivate", "@testable"]
  while let first = words.first,
    modifiers.contains(first) || first == "@preconcurrency" || first == "@_spi(Testing)"
  {
    words.removeFirst()
  }
  guard words.count >= 2, words[0] == "import" else { return nil }
  let kinds = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
  let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
  return name.split(separator: ".").first.map(String.init)
}

@Suite("Imports")
struct ImportTests {
  @Test("point down, as the module map says")
  func arrows() {
    for file in sources where !file.path.hasPrefix("Sources/CLibraries/") {
      let module = moduleMap.first { $0.name == file.module }
      let composes = programs[file.module]
      #expect(
        module != nil || composes != nil, "\(file.path): declare its module in ModuleMap.swift")
      for (number, line) in file.code {
        guard let name = imported(line), !toolchain.contains(name) else { continue }
        let allowed =
          (module?.imports ?? moduleMap.map(\.name)) + (module?.libraries ?? [])
          + (composes ?? [])
        #expect(
          allowed.contains(name), "\(file.path):\(number): \(file.module) may not import \(name)")
      }
    }
  }

  @Test("of a C library stand in one module, the one that the map names")
  func libraries() {
    let folders = Set(
      files.filter { $0.path.hasPrefix("Sources/CLibraries/") }.map { $0.parts[2] })
    for library in folders.sorted() {
      let owners = moduleMap.filter { $0.libraries.contains(library) }.map(\.name)
      #expect(owners.count == 1, "\(library) has one owner in ModuleMap.swift, not \(owners)")
    }
  }

  @Test("form no circle")
  func circles() {
    for (index, module) in moduleMap.enumerated() {
      for name in module.imports {
        let place = moduleMap.firstIndex { $0.name == name }
        let isKnown = place != nil
        #expect(isKnown, "\(module.name) may import \(name), which is not in the map")
        if let place { #expect(place < index, "\(name) stands above \(module.name) in the map") }
      }
    }
  }
}

@Suite("Pure modules")
struct PurityTests {
  private var pure: [TextFile] {
    let names = moduleMap.filter(\.isPure).map(\.name)
    return sources.filter { names.contains($0.module) }
  }

  @Test("import nothing of the system")
  func system() {
    for file in pure where glibcInPureModules[file.module] == nil {
      for (number, line) in file.code {
        #expect(imported(line) != "Glibc", "\(file.path):\(number): a pure module needs no system")
      }
    }
  }

  @Test("ask no clock, draw no random number, wait for nobody")
  func world() {
    let words = [
      "clock_gettime", "gettimeofday", "ContinuousClock", "SuspendingClock", "SystemRandom",
      ".random(", "randombytes", "getrandom", "arc4random", ".shuffled()", ".randomElement()",
      " async ", "await ", "Task {", "DispatchQueue", "ProcessInfo", "getenv(",
    ]
    for file in pure {
      for (number, line) in file.code {
        for word in words where line.contains(word) {
          // A generator that came in as an argument is no randomness of one's own.
          let statement = file.lines[(number - 1)..<min(file.lines.count, number + 3)].joined()
          if word == ".random(", statement.contains("using: &") { continue }
          Issue.record("\(file.path):\(number): '\(word)' in a pure module: \(line)")
        }
      }
    }
  }

  @Test("never let the order of a dictionary or set be seen")
  func hashOrder() {
    for file in pure {
      let names = unordered(in: file)
      for (number, line) in file.code {
        guard !line.contains(".sorted"), !file.lines[number - 1].contains("// order:") else {
          continue
        }
        for name in names where iterates(line, name) {
          Issue.record(
            """
            \(file.path):\(number): the order of '\(name)' differs per process; sort it, or say why \
            nobody can see the order in a comment '// order: …': \(line)
            """)
        }
      }
    }
  }

  /// Names that the file declares as dictionaries or sets.
  private func unordered(in file: TextFile) -> Set<String> {
    var names = Set<String>()
    for (_, line) in file.code {
      for keyword in ["let ", "var "] {
        guard let start = line.range(of: keyword) else { continue }
        let rest = line[start.upperBound...]
        let name = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
        let type = rest.dropFirst(name.count).drop { $0 == " " }
        let isDictionary =
          type.hasPrefix(": [") && bracketHasColon(type) || type.hasPrefix("= [:]")
          || type.hasPrefix("= [") && type.contains("]()") && bracketHasColon(type)
        if isDictionary || type.hasPrefix(": Set<") || type.hasPrefix("= Set<")
          || type.hasPrefix("= Set(") || type.hasPrefix(": Dictionary<")
          || type.hasPrefix("= Dictionary(")
        {
          names.insert(name)
        }
      }
    }
    names.remove("")
    return names
  }

  /// Whether the first bracket of a type holds a colon at its own depth: `[K: V]`, not `[[K: V]]`.
  private func bracketHasColon(_ type: Substring) -> Bool {
    var depth = 0
    for character in type.drop(while: { $0 != "[" }) {
      switch character {
      case "[", "(", "<": depth += 1
      case "]", ")", ">":
        depth -= 1
        if depth == 0 { return false }
      case ":" where depth == 1: return true
      default: break
      }
    }
    return false
  }

  private func iterates(_ line: String, _ name: String) -> Bool {
    let ways = [
      " in \(name) ", " in \(name).keys", " in \(name).values", " in \(name).map",
      " in self.\(name) ",
    ]
    let calls = [".map", ".forEach", ".flatMap", ".compactMap", ".reduce", ".keys", ".first {"]
    if ways.contains(where: { line.contains($0) }) { return true }
    for call in calls {
      var rest = line[...]
      while let found = rest.range(of: name + call) {
        let before =
          found.lowerBound == line.startIndex ? " " : line[line.index(before: found.lowerBound)]
        if !before.isLetter, !before.isNumber, before != "_" { return true }
        rest = rest[found.upperBound...]
      }
    }
    return false
  }
}
