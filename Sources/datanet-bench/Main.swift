// The benchmarks behind Specs/Performance.md: each measures the program beside what people would
// use instead, and prints a table with ratios, CPU seconds and memory of both sides.
//
//   datanet-bench                     all of them
//   datanet-bench content dag-cbor    only these
//   datanet-bench --list              what there is
//   datanet-bench --size 256MiB       a smaller corpus
//   datanet-bench learning --only "10 M"
//   datanet-bench --data DIR          where the corpus is kept (default bench/data)

import Glibc
import Terminal

/// One benchmark. A new one is a file in this folder and a line in `Main.benchmarks`.
protocol Benchmark: SendableMetatype {
  static var name: String { get }
  static var summary: String { get }

  /// Measures and reports rows through `bench`.
  static func run(_ bench: Bench) throws
}

@main struct Main {
  static let benchmarks: [any Benchmark.Type] = [
    StartBenchmark.self, HashBenchmark.self, CuttingBenchmark.self, RecordsBenchmark.self,
    ContributeBenchmark.self, StoreBenchmark.self, SwarmBenchmark.self,
    DagCBORBenchmark.self, ClaimsBenchmark.self, TokenizersBenchmark.self, LearningBenchmark.self,
    InfluenceBenchmark.self, ArithmeticBenchmark.self, TraceBenchmark.self,
    AttributionBenchmark.self,
  ]

  static let declaration = Declaration(
    "bench", group: "", summary: "Measure", prose: "Measures the program beside its peers.",
    arguments: [
      Argument("NAME", .choice(benchmarks.map { $0.name }), .any, "which benchmarks")
    ],
    options: [
      .flag("list", "Show what there is"),
      .flag("machine", "Only describe the machine"),
      .value("size", "BYTES", .bytes, "Size of the large corpus", default: "1GiB"),
      .value("files", "N", .integer(1...10_000_000), "Number of small files", default: "100000"),
      .value("claims", "N", .integer(1...100_000_000), "Number of claims", default: "1000000"),
      .value("data", "DIR", .directory, "Where the corpus is kept", default: "bench/data"),
      .flag("alone", "Do not run the peers"),
      .flag("links", "Of swarm: several peers on shaped links, as root"),
      .value("only", "TEXT", "Of learning, only rows whose name contains this"),
    ], examples: [Example("datanet-bench content", "The store.")])

  static func main() {
    do {
      // A measured child of a benchmark.
      let words = Array(CommandLine.arguments.dropFirst())
      if words.first == LearningWorker.word { return try LearningWorker.run(Array(words[1...])) }
      if words.first == SwarmCopy.word { return try SwarmCopy.run(Array(words[1...])) }
      if words.first == ArithmeticWorker.word {
        return try ArithmeticWorker.run(Array(words[1...]))
      }
      try run()
    } catch {
      Screen.error("\(error)")
      exit(1)
    }
  }

  private static func run() throws {
    let parser = CommandLineParser(program: "datanet-bench", commands: [declaration], globals: [])
    let words = Array(CommandLine.arguments.dropFirst())
    guard case .run(let invocation) = try parser.parse(["bench"] + words) else {
      return print(HelpText.of(declaration, program: "", globals: [], style: .plain))
    }
    if invocation.has("list") {
      for benchmark in benchmarks { print("\(benchmark.name): \(benchmark.summary)") }
      return
    }
    let bench = Bench(invocation)
    bench.describeMachine()
    if invocation.has("machine") { return }
    let names = invocation.texts("NAME")
    for benchmark in benchmarks where names.isEmpty || names.contains(benchmark.name) {
      bench.begin(benchmark.name, benchmark.summary)
      try benchmark.run(bench)
    }
  }
}
