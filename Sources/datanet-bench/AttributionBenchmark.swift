// What contributions cost while training, what checking a run costs beside taking it, and how long an
// answer waits for whom it comes from (Specs/Performance.md, "Attribution").

import Attribution
import Claims
import Content
import Cryptography
import Glibc
import Learning
import Store
import Terminal

enum AttributionBenchmark: Benchmark {
  static let name = "attribution"
  static let summary =
    "contributions beside training, verification beside training, an answer's index"

  private static let base = "Fixtures/base"
  private static let steps = 200
  /// The cheapest of so many turns is told: the machine may be shared.
  private static let turns = 6
  private static let snapshotRecords = 1_000_000

  static func run(_ bench: Bench) throws {
    guard unsafe access("\(base)/config.json", R_OK) == 0 else {
      return bench.absent("all", "datanet", because: "no \(base) here; start at the project's root")
    }
    var template = Array("/tmp/datanet-bench-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { return }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { _ = try? Child.run(["rm", "-r", folder]) }
    try trainAndVerify(bench, folder)
    try ask(bench, folder)
    try snapshot(bench)
  }

  private static func lesson(
    _ bench: Bench, _ skill: String, _ count: Int, _ path: String, isTest: Bool = false
  ) throws {
    try Child.run(
      [bench.program, "lesson", skill, "--count", "\(count)", "--test-count", "64"]
        + (isTest ? ["--test"] : []), output: path)
  }

  private static func rate(_ amount: Int, _ unit: String, _ cost: Cost) -> Rate {
    Rate(amount: Double(amount), unit: .things(unit), cost: cost)
  }

  private static func trainAndVerify(_ bench: Bench, _ folder: String) throws {
    let (data, yardstick) = ("\(folder)/units.jsonl", "\(folder)/test.jsonl")
    try lesson(bench, "units", 400, data)
    try lesson(bench, "units", 400, yardstick, isTest: true)
    let from = ["--base", base, "--data", data, "-q", "--threads", "1"]
    let words = [
      "--steps", "\(steps)", "--targets", "all", "--checkpoint-every", "\(steps)",
    ]
    func least(_ words: (Int) -> [String]) throws -> Cost {
      try (0..<turns).map { try Child.run(words($0)) }.min { $0.cpuSeconds < $1.cpuSeconds }
        ?? Cost(wallSeconds: 0, cpuSeconds: 0)
    }
    let plain = try least {
      [bench.program, "train"] + from + words + ["--out", "\(folder)/plain\($0)"]
    }
    let measured = try least {
      [bench.program, "train"] + from + words
        + ["--yardstick", yardstick, "--out", "\(folder)/run\($0)"]
    }
    bench.ours("train \(steps) steps", rate(steps, "steps", plain))
    bench.ours("the same with contributions", rate(steps, "steps", measured))
    let verify = [bench.program, "verify", "\(folder)/run0"] + from + ["--yardstick", yardstick]
    let loading = try least { _ in verify + ["--structure-only"] }
    let full = try least { _ in verify + ["--full"] }
    bench.ours("read and compare a run", Rate(amount: 1, unit: .milliseconds, cost: loading))
    bench.ours("execute all \(steps) steps again", rate(steps, "steps", full))
    let part = (full.cpuSeconds - loading.cpuSeconds) / measured.cpuSeconds
    bench.remark(
      """
      CPU seconds: contributions \(Quantity.fixed(measured.cpuSeconds / plain.cpuSeconds, 2)) × training \
      without them, the report at the end included (wanted: 1.3, better 1.1); \
      verifying k steps \(Quantity.fixed(part, 2)) × training them, beside loading (wanted: 1.2).
      """)
  }

  private static func ask(_ bench: Bench, _ folder: String) throws {
    let data = "\(folder)/many.jsonl"
    try lesson(bench, "units", 10_000, data)
    let adapter = ["--base", base, "--adapter", "\(folder)/plain0", "--threads", "2", "-q"]
    let question = "How many metres are 3 kilometres?"
    let generating = try Child.run([bench.program, "generate", question] + adapter)
    let ask =
      [bench.program, "ask", question, "--train", data, "--index", "\(folder)/index"] + adapter
    let first = try Child.run(ask)
    let again = try Child.run(ask)
    bench.ours("generate an answer", Rate(amount: 1, unit: .milliseconds, cost: generating))
    bench.ours("ask, 10,000 records, first", Rate(amount: 1, unit: .milliseconds, cost: first))
    bench.ours("ask again", Rate(amount: 1, unit: .milliseconds, cost: again))
    bench.remark(
      """
      After generation: \(Quantity.fixed(again.wallSeconds - generating.wallSeconds, 2)) s, \
      \(Quantity.fixed(again.cpuSeconds - generating.cpuSeconds, 2)) s of CPU (wanted: 2 s).
      """)
  }

  /// A million records of one contribution; blocks are let go of as a store would have them.
  private static func snapshot(_ bench: Bench) throws {
    let plan = try plan()
    let before = peakBytes()
    var (blocks, bytes) = (0, 0)
    let cost = try Measure.here {
      _ = try Snapshot.make(plan) {
        _ in
      } names: { _, body in
        for number in 0..<snapshotRecords {
          let value = UInt64(number)
          try body(
            number, SHA256.hash((0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }))
        }
      } keep: { block in
        blocks += 1
        bytes += block.bytes.count
      }
    }
    bench.ours("snapshot of a million records", rate(snapshotRecords, "records", cost))
    bench.remark(
      "\(Quantity.count(blocks, "block")) of \(Quantity.bytes(bytes)); the process grew by "
        + "\(Quantity.bytes(max(0, peakBytes() - before))).")
  }

  /// A milestone that contains one contribution.
  private static func plan() throws -> SnapshotPlan {
    let claims = try ClaimStore(Database(.memory))
    guard let author = Identity(seed: SHA256.hash([1]).bytes) else {
      preconditionFailure("a digest has the length of a seed")
    }
    let net = try claims.found(Genesis(name: "bench"), by: author, timeMilliseconds: 0).cid
    let manifest = CID(codec: .dagCBOR, digest: SHA256.hash([2]))
    let data = Publication(manifest: manifest, records: snapshotRecords, bytes: 1 << 30)
    _ = try claims.append(.contribution([data]), to: net, by: author, timeMilliseconds: 0)
    let milestone = try claims.append(
      .milestone(Milestone([])), to: net, by: author, timeMilliseconds: 0
    ).cid
    guard let entries = try claims.entries(at: milestone, kind: .contribution),
      let plan = SnapshotPlan(
        datanet: net, milestone: milestone, order: try claims.milestones(of: net), entries: entries)
    else { preconditionFailure("a founder's milestone counts") }
    return plan
  }

  private static func peakBytes() -> Int {
    var usage = rusage()
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Int(usage.ru_maxrss) * 1024
  }
}
