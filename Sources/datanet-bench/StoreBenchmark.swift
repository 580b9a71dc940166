// The store: adding a large file and many small ones, reading, checking
// (Specs/Performance.md, "Store").

import Content
import Glibc
import Store
import Terminal

/// Uses `v1/data.jsonl`, `v2/data.jsonl` and the folder `small` below the data folder, where
/// they are; `../shared/swarm/make_corpus.py` makes them.
enum StoreBenchmark: Benchmark {
  static let name = "store"
  static let summary = "add, add again, read and check, durably and verified"

  static func run(_ bench: Bench) throws {
    let first = "\(bench.dataFolder)/v1/data.jsonl"
    guard unsafe access(first, R_OK) == 0 else {
      return bench.absent("all", "datanet", because: "no \(first); see make_corpus.py")
    }
    let path = "\(bench.dataFolder)/home-\(getpid())"
    let home = Home(path)
    let store = try Store.make(home)
    defer { _ = try? Child.run(["rm", "-rf", path]) }
    let manifest = try add(bench, "add 1 file, new", [first], to: store)
    _ = try add(bench, "add it again", [first], to: store)
    let second = "\(bench.dataFolder)/v2/data.jsonl"
    if unsafe access(second, R_OK) == 0 {
      _ = try add(bench, "add its second version", [second], to: store)
    }
    let small = "\(bench.dataFolder)/small"
    if unsafe access(small, R_OK) == 0 {
      _ = try add(bench, "add a folder of small files", [small], to: store)
    }
    let reader = try ContributionReader(manifest, in: store.blocks)
    var count = 0
    let cost = try Measure.here {
      try reader.read(0..<reader.manifest.bytes) { count += $0.count }
    }
    bench.ours("read 1 file, verified", Rate(amount: Double(count), unit: .bytes, cost: cost))
  }

  private static func add(
    _ bench: Bench, _ work: String, _ paths: [String], to store: Store
  ) throws -> CID {
    let files = try FileWalk.files(at: paths)
    var manifest: Manifest?
    var newBytes = 0
    let cost = try Measure.here {
      let addition = try store.blocks.add(files)
      manifest = addition.manifest
      newBytes = addition.newBytes
    }
    let bytes = manifest?.bytes ?? 0
    var measured = cost
    measured.peakBytes = peak()
    bench.ours(
      "\(work) (\(Quantity.percent(Double(newBytes) / Double(max(1, bytes)))) new)",
      Rate(amount: Double(bytes), unit: .bytes, cost: measured))
    guard let cid = manifest?.cid else { throw Child.Failed(description: "nothing was added") }
    return cid
  }

  private static func peak() -> Int {
    var usage = rusage()
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Int(usage.ru_maxrss) * 1024
  }
}
