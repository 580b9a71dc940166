// How long the program takes to start: `datanet --help` (Specs/Performance.md, "Start").

enum StartBenchmark: Benchmark {
  static let name = "start"
  static let summary = "the program starts, prints its help and ends"

  static func run(_ bench: Bench) throws {
    var best: Cost?
    for _ in 0..<20 {
      let cost = try Child.run([bench.program, "--help"])
      if cost.wallSeconds < best?.wallSeconds ?? .infinity { best = cost }
    }
    guard let best else { return }
    bench.ours("datanet --help, best of 20", Rate(amount: 1, unit: .milliseconds, cost: best))
  }
}
