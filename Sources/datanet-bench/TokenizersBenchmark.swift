// Tokenizers beside Hugging Face's `tokenizers`, on the project's own pages and sources
// (Specs/Performance.md, "Tokenizers"). Both sides read the same files and must give the same ids.

import Glibc
import Terminal
import Tokenization

enum TokenizersBenchmark: Benchmark {
  static let name = "tokenizers"
  static let summary = "text to tokens, one core, beside Hugging Face's tokenizers"

  private static let files = [
    "base/tokenizer.json", "tokenizers/gpt2.json", "tokenizers/llama3.json",
    "tokenizers/qwen2.json", "tokenizers/llama2.json",
  ]
  /// Bytes of text.
  private static let size = 4 << 20

  static func run(_ bench: Bench) throws {
    let folder = #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
    let root = "\(folder)/../.."
    unsafe mkdir(bench.dataFolder, 0o755)
    let path = "\(bench.dataFolder)/text.txt"
    let lines = try corpus(root, path)
    let bytes = lines.reduce(0) { $0 + $1.count }
    let named = unsafe getenv("DATANET_BENCH_PYTHON").map { unsafe String(cString: $0) }
    let python = (named ?? "python3").split(separator: ":").map(String.init).first {
      Child.exists($0) && (try? Child.run([$0, "-c", "import tokenizers"])) != nil
    }
    for file in files {
      guard let contents = Self.contents("\(root)/Fixtures/\(file)") else { continue }
      let tokenizer = try Tokenizer(parsing: contents, file: file)
      var digest: UInt64 = 0
      let cost = try Measure.best(of: 3) {
        digest = 0xCBF2_9CE4_8422_2325
        for line in lines {
          for id in try tokenizer.encode(line).ids {
            digest = (digest ^ UInt64(UInt32(bitPattern: id))) &* 0x100_0000_01B3
          }
        }
      }
      let ours = Rate(amount: Double(bytes), unit: .bytes, cost: cost)
      bench.ours(file, ours)
      guard bench.runsPeers else { continue }
      guard let python else {
        bench.absent(file, "tokenizers", because: "no Python with the package tokenizers")
        continue
      }
      do {
        let words = try Child.text([
          python, "\(folder)/TokenizersPeer.py", "\(root)/Fixtures/\(file)", path,
        ]).split(whereSeparator: \.isWhitespace)
        guard words.count == 3, let seconds = Double(words[0]), let cpu = Double(words[1]) else {
          throw Child.Failed(description: "no figures")
        }
        bench.peer(
          UInt64(words[2]) == digest ? file : "\(file), other ids", "tokenizers",
          Rate(
            amount: Double(bytes), unit: .bytes,
            cost: Cost(wallSeconds: seconds, cpuSeconds: cpu, peakBytes: nil)), against: ours)
      } catch {
        bench.absent(file, "tokenizers", because: "\(error)")
      }
    }
  }

  /// The pages and sources, line by line, as often as it takes to fill the size.
  private static func corpus(_ root: String, _ path: String) throws -> [[UInt8]] {
    var names: [String] = []
    for folder in ["Specs", "Sources/Learning", "Sources/Tokenization", "Sources/Content"] {
      collect("\(root)/\(folder)", &names)
    }
    names.sort()
    var lines: [[UInt8]] = []
    var bytes = 0
    for name in names where bytes < size {
      for line in (contents(name) ?? []).split(separator: UInt8(ascii: "\n")) {
        lines.append(Array(line))
        bytes += line.count
      }
    }
    guard bytes > 0 else { throw Child.Failed(description: "no pages to read") }
    let once = lines
    while bytes < size {
      lines += once
      bytes += once.reduce(0) { $0 + $1.count }
    }
    let text = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    guard let file = unsafe fopen(path, "w") else {
      throw Child.Failed(description: "\(path) cannot be written")
    }
    defer { unsafe fclose(file) }
    guard unsafe fwrite(text, 1, text.count, file) == text.count else {
      throw Child.Failed(description: "\(path) cannot be written")
    }
    return lines
  }

  private static func collect(_ folder: String, _ names: inout [String]) {
    guard let directory = unsafe opendir(folder) else { return }
    defer { unsafe closedir(directory) }
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name.hasPrefix(".") { continue }
      if name.hasSuffix(".md") || name.hasSuffix(".swift") {
        names.append("\(folder)/\(name)")
      } else if !name.contains(".") {
        collect("\(folder)/\(name)", &names)
      }
    }
  }

  private static func contents(_ path: String) -> [UInt8]? {
    guard let file = unsafe fopen(path, "r") else { return nil }
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe fread(&part, 1, part.count, file)
      if count == 0 { return bytes }
      bytes += part[..<count]
    }
  }
}
