// The folder in which `datanet tour` plays, and its people's commands, which run as in a shell.

import Claims
import Cryptography
import Glibc
import JSON
import Store
import Terminal

final class TourStage {
  private let output: Output
  let folder: String
  /// Where the program was started.
  let origin: String
  private var steps: [JSONValue] = []

  init(_ context: Context) throws {
    output = context.output
    var template = Array(
      "\(Screen.environment("TMPDIR") ?? "/tmp")/datanet-tour-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else {
      throw DiskError(operation: "make a temporary folder", path: "/tmp", code: errno)
    }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    var here = [CChar](repeating: 0, count: Int(PATH_MAX))
    origin =
      unsafe getcwd(&here, here.count) == nil
      ? "/"
      : String(decoding: here.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard unsafe chdir(folder) == 0 else {
      throw DiskError(operation: "enter", path: folder, code: errno)
    }
  }

  func say(_ text: String) {
    output.text()
    let width = min(output.isTerminal ? Screen.columns(of: 1) : 80, 80)
    output.text(HelpText.wrapped(text, width: width))
  }

  /// Shows a command as one would type it, and runs it.
  func run(_ words: String..., mayFail: Bool = false) throws {
    try run(words, mayFail: mayFail)
  }

  /// A line that is no command.
  func line(_ text: String) { output.text(text) }

  /// `shortened` stands for a long word where the command is shown.
  func run(_ words: [String], shortened: [String: String] = [:], mayFail: Bool = false) throws {
    let shown = words.map { shortened[$0] ?? $0 }
      .map { $0.contains(" ") ? "'\($0)'" : $0 }.joined(separator: " ")
    output.text(output.style.bold("$ datanet \(shown)"))
    output.flush()
    if output.isJSON { steps.append(.string("datanet \(shown)")) }
    // With --json each command's object is a line, and the closing one comes last.
    let code = Main.run(words + ["--quiet"] + (output.isJSON ? ["--json"] : []))
    guard code == .done || mayFail else {
      throw Failure.failed("the tour stopped at 'datanet \(shown)'")
    }
  }

  func did(of home: String) throws -> String {
    try IdentityKeeper.summary(in: Home("\(folder)/\(home)")).publicKey.did
  }

  /// Says whose keys the tables name: keys alone are what others see.
  func introduce(_ homes: String...) throws {
    let names = try homes.map { home in
      let key = try IdentityKeeper.summary(in: Home("\(folder)/\(home)")).publicKey
      return "\(Shown.author(key)) is \(home.prefix(1).uppercased())\(home.dropFirst())"
    }
    line("(\(names.joined(separator: ", ")).)")
  }

  /// As one types it: the beginning of its claim's address.
  func newestRun(of name: String, in home: String) throws -> String {
    let store = try Store.open(Home("\(folder)/\(home)"), access: .readOnly)
    let runs = try store.claims.runs(of: Names(store: store).datanet(name))
    guard let newest = runs.max(by: { $0.timeMilliseconds < $1.timeMilliseconds }) else {
      throw Failure.failed("the tour stopped: \(home) knows no run")
    }
    return String("\(newest.cid)".prefix(16))
  }

  func write(_ name: String, _ text: String) throws {
    try SmallFile.write(Array(text.utf8), to: "\(folder)/\(name)", mode: 0o644)
  }

  /// Changes one bit in the middle of the first pack, as a bad disk does.
  func flipOneBit(ofHome home: String) throws {
    let path = "\(folder)/\(home)/packs/00000001.pack"
    let file = unsafe open(path, O_RDWR | O_CLOEXEC)
    guard file >= 0 else { throw DiskError(operation: "open", path: path, code: errno) }
    defer { Glibc.close(file) }
    var byte: UInt8 = 0
    let place = 20_000
    guard unsafe pread(file, &byte, 1, place) == 1 else {
      throw DiskError(operation: "read", path: path, code: errno)
    }
    byte ^= 1
    guard unsafe pwrite(file, &byte, 1, place) == 1 else {
      throw DiskError(operation: "write", path: path, code: errno)
    }
  }

  /// The next three commands to try, each with what it does.
  func closing(_ commands: [(command: String, what: String)]) {
    say("Then try:")
    let width = commands.map(\.command.count).max() ?? 0
    for (command, what) in commands {
      output.text("  \(command)\(String(repeating: " ", count: width - command.count))  \(what)")
    }
    output.json(["commands": .array(steps), "folder": .string(folder)])
  }

  func close(keeps: Bool) {
    _ = unsafe chdir(origin)
    if keeps {
      output.text("\nThe folder stays: \(folder)")
    } else {
      FolderRemoval.remove(folder)
    }
  }

  /// Made-up records, the same every time.
  static func records(_ count: Int, seed: UInt64, of kind: String) -> String {
    let things = ["flour", "salt", "water", "leek", "barley", "thyme", "butter", "onion", "rye"]
    var state = seed &* 0x9E37_79B9_7F4A_7C15
    func next(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    var lines = ""
    for number in 1...count {
      let parts = (0..<4).map { _ in "\(1 + next(900)) g \(things[next(things.count)])" }
      lines += "{\"text\": \"\(kind) \(number): \(parts.joined(separator: ", "))\"}\n"
    }
    return lines
  }
}

/// Removes a folder that this program has made, and all in it; follows no link.
enum FolderRemoval {
  static func remove(_ path: String) {
    guard let folder = unsafe opendir(path) else { return }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
        unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    unsafe closedir(folder)
    for name in names {
      let child = "\(path)/\(name)"
      var status = stat()
      if unsafe lstat(child, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
        remove(child)
      } else {
        unsafe unlink(child)
      }
    }
    unsafe rmdir(path)
  }
}
