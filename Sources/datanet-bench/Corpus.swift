// The files that are measured: a large JSONL, two second versions of it, and many small files
// (Specs/Performance.md, "Corpus"). Kept between runs; the same on every machine.

import Glibc
import Terminal

struct Corpus {
  /// The first version, and versions with 1 % of the records edited: at random places, and in runs.
  let first: String
  let scattered: String
  let clustered: String
  let small: String
  let origin: String

  /// Finds the corpus, or makes it: by `../shared/swarm/make_corpus.py` where that is, else here.
  init(_ bench: Bench) throws {
    let folder = bench.dataFolder
    first = "\(folder)/v1/data.jsonl"
    scattered = "\(folder)/v2/data.jsonl"
    clustered = "\(folder)/v2c/data.jsonl"
    small = "\(folder)/small"
    let script = "../shared/swarm/make_corpus.py"
    let isThere = [first, scattered, clustered, small].allSatisfy { Corpus.exists($0) }
    if isThere {
      origin = "as found in \(folder)"
    } else if Corpus.exists(script), Child.exists("python3") {
      let scale = Double(bench.corpusBytes) / Double(1 << 30)
      try Child.run([
        "python3", script, folder, "--scale", "\(scale)", "--only", "v1,v2,v2c,small",
      ])
      origin = "made by make_corpus.py"
    } else {
      for path in [folder] + ["v1", "v2", "v2c", "small"].map({ "\(folder)/\($0)" }) {
        unsafe mkdir(path, 0o755)
      }
      try Corpus.makeVersions(first, scattered, clustered, bytes: bench.corpusBytes)
      try Corpus.makeSmall(small, count: bench.fileCount)
      origin = "made here"
    }
  }

  private static func exists(_ path: String) -> Bool { unsafe access(path, R_OK) == 0 }

  static func bytes(of path: String) -> Int {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return 0 }
    guard status.st_mode & S_IFMT == S_IFDIR else { return Int(status.st_size) }
    guard let folder = unsafe opendir(path) else { return 0 }
    defer { unsafe closedir(folder) }
    var total = 0
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
        unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { total += bytes(of: "\(path)/\(name)") }
    }
    return total
  }

  // MARK: Making

  private static let words = [
    "bread", "water", "to", "the", "of", "and", "stir", "until", "golden", "a", "pinch", "salt",
    "slowly", "with", "leek", "barley", "oven", "minutes", "in", "small", "pieces", "then", "rest",
  ]

  /// SplitMix64.
  private struct Numbers {
    var state: UInt64

    mutating func below(_ limit: Int) -> Int {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
      return Int((mixed ^ mixed >> 31) % UInt64(limit))
    }
  }

  /// About a kilobyte of JSON with a text.
  private static func record(_ number: Int, _ numbers: inout Numbers) -> [UInt8] {
    var text = Array("{\"id\":\(number),\"text\":\"".utf8)
    for _ in 0..<80 + numbers.below(180) {
      text += words[numbers.below(words.count)].utf8
      text.append(UInt8(ascii: " "))
      if numbers.below(9) == 0 { text += "\(numbers.below(100_000)) ".utf8 }
    }
    return text + Array("\"}\n".utf8)
  }

  private static func makeVersions(
    _ first: String, _ scattered: String, _ clustered: String, bytes: Int
  ) throws {
    var files = try [first, scattered, clustered].map { try Output($0) }
    var numbers = Numbers(state: 1)
    var edits = Numbers(state: 2)
    var number = 0
    var written = 0
    while written < bytes {
      let original = record(number, &numbers)
      let changed = record(number, &edits)
      written += original.count
      files[0].write(original)
      files[1].write(edits.below(100) == 0 ? changed : original)
      // One run of a hundred in every ten thousand.
      files[2].write(number % 10_000 < 100 ? changed : original)
      number += 1
    }
    for index in files.indices { files[index].close() }
  }

  private static func makeSmall(_ folder: String, count: Int) throws {
    var numbers = Numbers(state: 3)
    for index in 0..<count {
      let inside = "\(folder)/d\(index / 1000)"
      if index % 1000 == 0 { unsafe mkdir(inside, 0o755) }
      let wanted = 1024 + numbers.below(3072)
      var bytes: [UInt8] = []
      while bytes.count < wanted { bytes += record(index, &numbers) }
      var file = try Output("\(inside)/f\(index).json")
      file.write(Array(bytes.prefix(wanted)))
      file.close()
    }
  }

  private struct Output {
    private let file: Int32
    private var buffer: [UInt8] = []

    init(_ path: String) throws {
      file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
      if file < 0 { throw Child.Failed(description: "cannot make \(path)") }
    }

    mutating func write(_ bytes: [UInt8]) {
      buffer += bytes
      if buffer.count >= 1 << 20 { flush() }
    }

    mutating func close() {
      flush()
      Glibc.close(file)
    }

    private mutating func flush() {
      var done = 0
      while done < buffer.count {
        let count = unsafe buffer.withUnsafeBytes {
          unsafe Glibc.write(file, $0.baseAddress! + done, $0.count - done)
        }
        if count <= 0 { break }
        done += count
      }
      buffer.removeAll(keepingCapacity: true)
    }
  }
}
