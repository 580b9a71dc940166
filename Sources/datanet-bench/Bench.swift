// What a benchmark has at hand: sizes, folders, and the table that it fills
// (Specs/Performance.md, "How it is measured").

import Glibc
import Terminal

final class Bench {
  /// Bytes of the large corpus, number of small files, number of claims.
  let corpusBytes: Int
  let fileCount: Int
  let claimCount: Int
  /// Where corpora are kept between runs.
  let dataFolder: String
  /// Whether other programs are measured too.
  let runsPeers: Bool
  /// Rows whose name does not contain this are left out.
  let only: String
  /// Whether moving data is measured on slow links between several peers instead.
  let measuresLinks: Bool
  /// `datanet` beside this program.
  let program: String

  init(_ invocation: Invocation) {
    corpusBytes = invocation.bytes("size") ?? 1 << 30
    fileCount = invocation.integer("files") ?? 100_000
    claimCount = invocation.integer("claims") ?? 1_000_000
    dataFolder = invocation.text("data") ?? "bench/data"
    runsPeers = !invocation.has("alone")
    only = invocation.text("only") ?? ""
    measuresLinks = invocation.has("links")
    var own = CommandLine.arguments[0]
    if let slash = own.lastIndex(of: "/") {
      own = String(own[...slash]) + "datanet"
    } else {
      own = "datanet"
    }
    program = own
  }

  func begin(_ name: String, _ summary: String) {
    print("\n### \(name): \(summary)\n")
    print("| work | by | rate | ours is | CPU s | peak RSS |")
    print("|---|---|---|---|---|---|")
    flush()
  }

  /// A remark under the table.
  func remark(_ text: String) {
    print("\n\(text)")
    flush()
  }

  /// One row of the program itself.
  func ours(_ work: String, _ rate: Rate) { row(work, "datanet", rate, ratio: nil) }

  /// One row of another program, with how many times faster ours is.
  func peer(_ work: String, _ name: String, _ rate: Rate, against ours: Rate) {
    row(work, name, rate, ratio: ours.perSecond / rate.perSecond)
  }

  /// A row that says why there is no figure.
  func absent(_ work: String, _ name: String, because reason: String) {
    print("| \(work) | \(name) | – | \(reason) | | |")
    flush()
  }

  private func row(_ work: String, _ name: String, _ rate: Rate, ratio: Double?) {
    let cost = rate.cost
    let memory = cost.peakBytes.map { Quantity.bytes($0) } ?? ""
    let times = ratio.map { "\(Quantity.fixed($0, $0 < 10 ? 2 : 0)) ×" } ?? ""
    let cpu = Quantity.fixed(cost.cpuSeconds, cost.cpuSeconds < 10 ? 2 : 1)
    print("| \(work) | \(name) | \(rate.text) | \(times) | \(cpu) | \(memory) |")
    flush()
  }

  private func flush() { fflush(nil) }

  func describeMachine() {
    let processor = firstLine(of: "/proc/cpuinfo", beginning: "model name") ?? "unknown CPU"
    let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    let pages = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    let kernel = firstLine(of: "/proc/sys/kernel/osrelease", beginning: "") ?? ""
    print(
      "Machine: \(processor), \(Quantity.count(cores, "core")), \(Quantity.bytes(pages)), Linux \(kernel)"
    )
    flush()
  }

  private func firstLine(of path: String, beginning prefix: String) -> String? {
    guard let file = unsafe fopen(path, "r") else { return nil }
    defer { unsafe fclose(file) }
    var buffer = [CChar](repeating: 0, count: 512)
    while unsafe fgets(&buffer, 512, file) != nil {
      let line = String(
        decoding: buffer.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self
      )
      guard line.hasPrefix(prefix) else { continue }
      let value = line.split(separator: ":", maxSplits: 1).last ?? ""
      return String(value.drop { $0 == " " })
    }
    return nil
  }
}

/// Work done in a time, at a cost.
struct Rate {
  enum Unit { case bytes, things(String), milliseconds }

  var amount: Double
  var unit: Unit
  var cost: Cost

  var perSecond: Double { amount / max(1e-9, cost.wallSeconds) }

  var text: String {
    switch unit {
    case .bytes: "\(Quantity.fixed(perSecond / 1e9, 3)) GB/s"
    case .things(let name): "\(Quantity.count(Int(perSecond))) \(name)/s"
    case .milliseconds: "\(Quantity.fixed(cost.wallSeconds * 1000, 1)) ms"
    }
  }
}
