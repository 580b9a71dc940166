// One piece of learning, measured in a process of its own; LearningPeer.py does the same piece with
// PyTorch, transformers and PEFT, and both print the same line (Specs/Performance.md, "Learning").

import CanonicalMath
import Checkpoints
import Cryptography
import Glibc
import JSON
import Learning

/// What is measured.
enum LearningTask: String, CaseIterable {
  case attention256 = "lora-attention-8x256"
  case all256 = "lora-all-8x256"
  case attention512 = "lora-attention-4x512"
  case all512 = "lora-all-4x512"
  case ragged = "lora-attention-ragged"
  case forward = "forward-8x256"
  case generate1 = "generate-1"
  case generate8 = "generate-8"

  /// Tokens of each record.
  var lengths: [Int] {
    switch self {
    case .attention256, .all256, .forward: Array(repeating: 256, count: 8)
    case .attention512, .all512: Array(repeating: 512, count: 4)
    // Most records are short and some are long, as in conversations.
    case .ragged: (0..<32).map { 16 + ($0 * $0 * 37) % 241 * ($0 % 4 + 1) / 4 }
    case .generate1: [16]
    case .generate8: Array(repeating: 16, count: 8)
    }
  }

  var isWriting: Bool { self == .generate1 || self == .generate8 }

  var targets: [LinearRole] {
    self == .all256 || self == .all512 ? LinearRole.allCases : LinearRole.attention
  }

  static let newTokens = 64
}

enum LearningWorker {
  static let word = "learning-worker"
  /// Work is repeated until it has taken this long.
  private static let leastSeconds = 2.0

  /// DIR TASK THREADS
  static func run(_ words: [String]) throws {
    guard words.count == 3, let task = LearningTask(rawValue: words[1]),
      let threads = Int(words[2])
    else { throw Child.Failed(description: "learning-worker DIR TASK THREADS") }
    Kernels.threads = threads
    let started = Measure.now()
    let checkpoint = try Checkpoint(directory: words[0])
    let model = try Transformer(checkpoint, contextLength: 1024)
    let work: () throws -> Int
    var first = 0.0
    switch task {
    case .generate1, .generate8:
      let prompts = records(task, checkpoint.configuration).map(\.tokens)
      work = {
        var generator = try Generator(
          model, adapter: nil, prompts: prompts, newTokens: LearningTask.newTokens, endTokens: [],
          sampling: Sampling())
        _ = generator.next()
        if first == 0 { first = Measure.now() - started }
        while !generator.isOver { _ = generator.next() }
        return prompts.count * LearningTask.newTokens
      }
    case .forward:
      let records = records(task, checkpoint.configuration)
      var meter = LossMeter(model, adapter: nil)
      work = {
        _ = meter.losses(of: records)
        return records.reduce(0) { $0 + $1.tokens.count }
      }
    default:
      let records = records(task, checkpoint.configuration)
      let shape = AdapterShape(rank: 8, alpha: 16, targets: task.targets)
      var trainer = Trainer(
        model, adapter: shape, optimizer: OptimizerSettings(learningRate: 1e-4),
        state: TrainingState(
          adapter: shape, in: checkpoint.configuration, seed: SHA256.hash(Array("bench".utf8))))
      var unobserved = Unobserved()
      work = {
        _ = try trainer.step(records, rate: 1e-4, observer: &unobserved)
        _ = trainer.state.hash
        return records.reduce(0) { $0 + $1.tokens.count }
      }
    }
    _ = try work()
    var tokens = 0
    let cost = try Measure.here {
      let start = Measure.now()
      repeat { tokens += try work() } while Measure.now() - start < leastSeconds
    }
    var usage = rusage()
    unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let line: JSONValue = [
      "tokens": .int(tokens), "seconds": .double(cost.wallSeconds),
      "cpuSeconds": .double(cost.cpuSeconds), "peakBytes": .int(usage.ru_maxrss * 1024),
      "firstToken": .double(first),
    ]
    print(line.serialized())
  }

  /// Records whose every token counts.
  private static func records(
    _ task: LearningTask, _ shape: ModelConfiguration
  ) -> [TokenRecord] {
    var draws = SeededDraws(seed: 1)
    return task.lengths.map { length in
      TokenRecord(
        tokens: (0..<length).map { _ in Int32(draws.below(shape.vocabularySize)) },
        counts: Array(repeating: true, count: length))
    }
  }
}
