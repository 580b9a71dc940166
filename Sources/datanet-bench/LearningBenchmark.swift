// Training, reading and writing beside PyTorch, transformers and PEFT (Specs/Performance.md,
// "Learning"). The peer is measured where its packages are: DATANET_BENCH_PYTHON names a Python that has
// them.

import Checkpoints
import Glibc
import JSON
import Terminal

enum LearningBenchmark: Benchmark {
  static let name = "learning"
  static let summary = "LoRA training, forward passes and generation"

  /// A program beside which ours is measured.
  private struct Peer {
    let name: String
    let script: String
    let python: String
  }

  static func run(_ bench: Bench) throws {
    // OpenBLAS, which this program links for other benchmarks, would spin beside ours.
    unsafe setenv("OPENBLAS_NUM_THREADS", "1", 1)
    let torch = peer(bench, "PyTorch", "LearningPeer.py", needs: "torch, transformers, peft")
    let llama = peer(bench, "llama.cpp", "LearningLlama.py", needs: "llama_cpp, gguf")
    for shape in [LearningShape.one, .ten, .smol] {
      let floats = try shape.directory(in: bench.dataFolder, type: .f32)
      let halves = try shape.directory(in: bench.dataFolder, type: .bf16)
      for task in LearningTask.allCases {
        for threads in [1, 2] {
          for (directory, format) in task.isWriting
            ? [(floats, "F32"), (halves, "BF16")] : [(floats, "F32")]
          {
            let title =
              "\(shape.name), \(task.rawValue), \(format), "
              + Quantity.count(threads, "thread")
            guard bench.only.isEmpty || title.contains(bench.only) else { continue }
            let peers = task.isWriting ? [torch, llama] : [torch]
            try compare(
              bench, title, [directory, task.rawValue, String(threads)], task,
              peers.compactMap(\.self))
          }
        }
      }
    }
    for (peer, name, package) in [
      (torch, "PyTorch", "torch, transformers, peft"),
      (llama, "llama.cpp", "llama-cpp-python, gguf"),
    ] where peer == nil {
      bench.remark(
        "\(name) was not measured: set DATANET_BENCH_PYTHON to a Python with \(package).")
    }
  }

  /// A Python that has the peer's packages: the one that DATANET_BENCH_PYTHON names, one of several
  /// between colons, or the one on the path.
  private static func peer(
    _ bench: Bench, _ name: String, _ script: String, needs packages: String
  ) -> Peer? {
    guard bench.runsPeers else { return nil }
    let named = unsafe getenv("DATANET_BENCH_PYTHON").map { unsafe String(cString: $0) }
    let folder = #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
    for python in (named ?? "python3").split(separator: ":").map(String.init)
    where Child.exists(python) && (try? Child.run([python, "-c", "import \(packages)"])) != nil {
      return Peer(name: name, script: "\(folder)/\(script)", python: python)
    }
    return nil
  }

  private static func compare(
    _ bench: Bench, _ title: String, _ words: [String], _ task: LearningTask, _ peers: [Peer]
  ) throws {
    let own = try Figures(Child.text([CommandLine.arguments[0], LearningWorker.word] + words))
    bench.ours(title, own.rate)
    let lengths = task.lengths.map(String.init).joined(separator: ",")
    for peer in peers {
      do {
        let other = try Figures(Child.text([peer.python, peer.script] + words + [lengths]))
        bench.peer(title, peer.name, other.rate, against: own.rate)
        if task == .generate1 {
          let (first, rate) = (Figures.start(own.firstToken), Figures.start(other.firstToken))
          bench.ours("\(title), start to first token", first)
          bench.peer("\(title), start to first token", peer.name, rate, against: first)
        }
      } catch {
        bench.absent(title, peer.name, because: "\(error)")
      }
    }
  }

  /// The line that a measured process prints.
  private struct Figures {
    let rate: Rate
    /// Seconds from the start of the process's work to the first token.
    let firstToken: Double

    init(_ text: String) throws {
      let line = text.split(separator: "\n").last.map(String.init) ?? ""
      let value = try JSONValue(parsing: line)
      guard let tokens = value["tokens"]?.double, let seconds = value["seconds"]?.double,
        let cpu = value["cpuSeconds"]?.double, let peak = value["peakBytes"]?.int
      else { throw Child.Failed(description: "a measured process printed no figures") }
      firstToken = value["firstToken"]?.double ?? 0
      rate = Rate(
        amount: tokens, unit: .things("tokens"),
        cost: Cost(wallSeconds: seconds, cpuSeconds: cpu, peakBytes: peak))
    }

    static func start(_ seconds: Double) -> Rate {
      Rate(
        amount: 1, unit: .milliseconds,
        cost: Cost(wallSeconds: seconds, cpuSeconds: seconds, peakBytes: nil))
    }
  }
}
