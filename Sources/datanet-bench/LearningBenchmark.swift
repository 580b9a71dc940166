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

  static func run(_ bench: Bench) throws {
    let python = peer(bench)
    for (shape, tasks) in [
      (LearningShape.one, Array(LearningTask.allCases)),
      (.ten, Array(LearningTask.allCases)), (.smol, Array(LearningTask.allCases)),
    ] {
      let floats = try shape.directory(in: bench.dataFolder, type: .f32)
      let halves = try shape.directory(in: bench.dataFolder, type: .bf16)
      for task in tasks {
        for threads in [1, 2] {
          let isWriting = task == .generate1 || task == .generate8
          for (directory, format) in isWriting
            ? [(floats, "F32"), (halves, "BF16")] : [(floats, "F32")]
          {
            try compare(bench, shape, task, threads, directory, format, python)
          }
        }
      }
    }
    if python == nil {
      bench.remark(
        "PyTorch was not measured: set DATANET_BENCH_PYTHON to a Python with torch, transformers, peft."
      )
    }
  }

  /// A Python that has the peer's packages.
  private static func peer(_ bench: Bench) -> String? {
    guard bench.runsPeers else { return nil }
    let named = unsafe getenv("DATANET_BENCH_PYTHON").map { unsafe String(cString: $0) }
    let python = named ?? "python3"
    guard Child.exists(python) else { return nil }
    let test = "import torch, transformers, peft"
    return (try? Child.run([python, "-c", test])) == nil ? nil : python
  }

  private static func compare(
    _ bench: Bench, _ shape: LearningShape, _ task: LearningTask, _ threads: Int,
    _ directory: String, _ format: String, _ python: String?
  ) throws {
    let words = [directory, task.rawValue, String(threads)]
    let title =
      "\(shape.name), \(task.rawValue), \(format), \(threads) thread\(threads == 1 ? "" : "s")"
    let own = try Figures(
      Child.text([CommandLine.arguments[0], LearningWorker.word] + words))
    bench.ours(title, own.rate)
    if let python {
      let script = #filePath.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
      let lengths = task.lengths.map(String.init).joined(separator: ",")
      do {
        let other = try Figures(
          Child.text([python, "\(script)/LearningPeer.py"] + words + [lengths]))
        bench.peer(title, "PyTorch", other.rate, against: own.rate)
      } catch {
        bench.absent(title, "PyTorch", because: "\(error)")
      }
    }
  }

  /// The line that a measured process prints.
  private struct Figures {
    let rate: Rate

    init(_ text: String) throws {
      let line = text.split(separator: "\n").last.map(String.init) ?? ""
      let value = try JSONValue(parsing: line)
      guard let tokens = value["tokens"]?.double, let seconds = value["seconds"]?.double,
        let cpu = value["cpuSeconds"]?.double, let peak = value["peakBytes"]?.int
      else { throw Child.Failed(description: "a measured process printed no figures") }
      rate = Rate(
        amount: tokens, unit: .things("tokens"),
        cost: Cost(wallSeconds: seconds, cpuSeconds: cpu, peakBytes: peak))
    }
  }
}
