// Influence judged by retraining, by finding records of a kind and wrong labels, and by time and
// memory, beside PyTorch's libraries (Specs/Influence.md, "Judged"). They are measured where their
// packages are: DATANET_BENCH_PYTHON names a Python that has torch, transformers, peft, kronfluence.

import CanonicalMath
import Checkpoints
import Cryptography
import Glibc
import Influence
import JSON
import Learning
import Terminal

enum InfluenceBenchmark: Benchmark {
  static let name = "influence"
  static let summary = "which records an answer comes from"

  /// Half-subset retrainings of each base.
  private static let parts = 64
  private static let seeds = 1

  static func run(_ bench: Bench) throws {
    let python = InfluencePeer.python(bench)
    bench.remark("Judged by retraining: LDS over \(parts) halves, 95 % intervals over queries.\n")
    let fixture = "Fixtures/base"
    try retraining(bench, "fixture base", .lessons(base: fixture, each: 40, tests: 10), python)
    let other = try SecondBase.directory(in: bench.dataFolder, beside: fixture)
    try retraining(bench, "8 narrow blocks", .lessons(base: other, each: 40, tests: 10), python)
    // The paper's own loss counts the whole text; ours by default the answers.
    for loss in [RecordForm.Loss.all, .completion] {
      for classes in TaskClasses.allCases { try retrieval(bench, classes, loss, fixture) }
    }
    for share in [0.1, 0.2] { try flipped(bench, share, fixture) }
    try speed(bench, fixture, python)
    if python == nil {
      bench.remark(
        "PyTorch's libraries were not measured: set DATANET_BENCH_PYTHON to a Python with torch, "
          + "transformers, peft and kronfluence.")
    }
  }

  private static func line(_ words: [String]) {
    print("| \(words.joined(separator: " | ")) |")
    fflush(nil)
  }

  private static func head(_ words: [String]) {
    print("")
    line(words)
    line(words.map { _ in "---" })
  }

  private static func shown(_ value: Double, _ interval: (low: Double, high: Double)) -> String {
    "\(Quantity.fixed(value, 3)) (\(Quantity.fixed(interval.low, 3)) to "
      + "\(Quantity.fixed(interval.high, 3)))"
  }

  // MARK: Retraining

  private static func retraining(
    _ bench: Bench, _ title: String, _ study: InfluenceStudy, _ python: String?
  ) throws {
    let count = study.records.count
    var parts: [[Bool]] = []
    var losses: [[Float]] = []
    for part in 0..<Self.parts {
      var draws = SeededDraws(seed: UInt64(1000 + part))
      var order = Array(0..<count)
      draws.shuffle(&order)
      let places = order.prefix(count / 2).sorted()
      var chosen = Array(repeating: false, count: count)
      for place in places { chosen[place] = true }
      parts.append(chosen)
      var sums = [Float](repeating: 0, count: study.queries.count)
      for seed in 0..<Self.seeds {
        let found = try study.losses(study.train(places, seed: UInt64(seed)))
        for query in sums.indices { sums[query] += found[query] / Float(Self.seeds) }
      }
      losses.append(sums)
    }
    let adapter = try study.train(Array(0..<count), seed: 0)
    head(["\(title), \(count) records", "LDS by query", "LDS of all queries together"])
    func report(_ name: String, _ scores: [[Float]], isOfTheMean: Bool) {
      let judged = LinearDatamodelingScore(scores: scores, parts: parts, losses: losses)
      // Losses are means over a query's tokens; products of gradients speak of sums.
      let means = zip(scores, study.queries).map { row, query in
        isOfTheMean ? row : row.map { $0 / Float(max(query.countedTokens, 1)) }
      }
      let whole = LinearDatamodelingScore.together(scores: means, parts: parts, losses: losses)
      line([name, shown(judged.mean, judged.interval), shown(whole.value, whole.interval)])
    }
    for method in InfluenceMethod.allCases {
      report(
        method.rawValue, try study.scores(method, adapter),
        isOfTheMean: [.ekfac, .ekfacPath, .repsim].contains(method))
    }
    let inRun = try study.queries.indices.map { try study.contributions(seed: 0, query: $0) }
    report("contributions while training", inRun, isOfTheMean: true)
    guard let python else { return }
    let folder = "\(bench.dataFolder)/influence-peer"
    try study.write(adapter, to: folder)
    for method in InfluencePeer.Method.allCases {
      do {
        let result = try InfluencePeer.run(python, method, study.directory, folder, threads: 2)
        report("\(method.rawValue) (PyTorch)", result.scores, isOfTheMean: false)
      } catch {
        line(["\(method.rawValue) (PyTorch)", "\(error)", ""])
      }
    }
  }

  // MARK: Kinds and labels

  private static func retrieval(
    _ bench: Bench, _ classes: TaskClasses, _ loss: RecordForm.Loss, _ base: String
  ) throws {
    let all = classes.exercises(each: 100, seed: 17)
    let training = all.enumerated().filter { $0.offset % 100 < 90 }.map(\.element)
    let test = all.enumerated().filter { $0.offset % 100 >= 90 }.map(\.element)
    var study = try InfluenceStudy(
      base: base, training: training.map { .init($0) }, test: test.map { .init($0) }, loss: loss)
    study.epochs = 12
    study.rate = 0.003
    let adapter = try study.train(Array(study.records.indices), seed: 0)
    let losses = study.losses(adapter)
    let mean = losses.reduce(0, +) / Float(losses.count)
    bench.remark("\nThe queries' mean loss is \(Quantity.fixed(Double(mean), 2)) a token.")
    head([
      "\(classes.rawValue), loss on \(loss.rawValue), 900 records, 100 queries", "AUC", "recall@90",
    ])
    for method in InfluenceMethod.allCases {
      let scores = try study.scores(method, adapter)
      var areas: [Double] = []
      var recalls: [Double] = []
      for (query, exercise) in test.enumerated() {
        let row = scores[query].map { Double($0) }
        let wanted = training.map { $0.kind == exercise.kind }
        areas.append(Measures.area(row, wanted: wanted))
        recalls.append(Measures.recall(row, wanted: wanted))
      }
      let count = Double(test.count)
      line([
        method.rawValue, shown(areas.reduce(0, +) / count, Measures.interval(areas)),
        shown(recalls.reduce(0, +) / count, Measures.interval(recalls)),
      ])
    }
  }

  private static func flipped(_ bench: Bench, _ share: Double, _ base: String) throws {
    let data = FlippedLabels(share: share, testCount: 60, seed: 23)
    var study = try InfluenceStudy(
      base: base, training: data.training.map { .init($0) }, test: data.test.map { .init($0) })
    study.epochs = 4
    study.rate = 0.003
    let adapter = try study.train(Array(study.records.indices), seed: 0)
    head([
      "\(Quantity.percent(share)) of \(data.training.count) labels wrong", "AUC of finding them",
    ])
    for method in InfluenceMethod.allCases {
      let scores = try study.scores(method, adapter)
      let harm = data.training.indices.map { record in
        -scores.reduce(0.0) { $0 + Double($1[record]) }
      }
      let area = Measures.area(harm, wanted: data.isFlipped)
      line(["\(method.rawValue), harm to clean questions", Quantity.fixed(area, 3)])
    }
    let suspicions = try study.suspicions(adapter)
    for (name, value) in [
      ("suspicion", \Suspicion.score), ("self-influence alone", \.selfInfluence),
      ("agreement alone", \.agreement),
    ] {
      let sign = name == "agreement alone" ? -1.0 : 1
      let area = Measures.area(
        suspicions.map { sign * $0[keyPath: value] }, wanted: data.isFlipped)
      line(["\(name), no questions", Quantity.fixed(area, 3)])
    }
  }

  // MARK: Time and memory

  private static func speed(_ bench: Bench, _ base: String, _ python: String?) throws {
    let training = TaskClasses.transformations.exercises(each: 100, seed: 17)
    let test = TaskClasses.transformations.exercises(each: 5, seed: 18)
    var study = try InfluenceStudy(
      base: base, training: training.map { .init($0) }, test: test.map { .init($0) })
    study.epochs = 1
    let adapter = try study.train(Array(study.records.indices), seed: 0)
    let folder = "\(bench.dataFolder)/influence-speed"
    try study.write(adapter, to: folder)
    head(["1,000 records, 50 queries, 1 thread", "CPU s", "ours is", "seconds", "peak RSS"])
    var best: Cost?
    for method in InfluenceMethod.allCases {
      let cost = try Child.run([
        bench.program, "influence", "--base", base, "--adapter", "\(folder)/adapter", "--train",
        "\(folder)/train.jsonl", "--query", "\(folder)/query.jsonl", "--method", method.rawValue,
        "--out", "\(folder)/own.npy", "--threads", "1", "-q",
      ])
      if method == .standard { best = cost }
      row("datanet influence, \(method.rawValue)", cost, nil)
    }
    guard let python, let best else { return }
    for method in InfluencePeer.Method.allCases {
      do {
        let result = try InfluencePeer.run(python, method, base, folder, threads: 1)
        row("\(method.rawValue) (PyTorch), without imports", result.cost, best)
      } catch {
        line(["\(method.rawValue) (PyTorch)", "\(error)", "", "", ""])
      }
    }
  }

  private static func row(_ name: String, _ cost: Cost, _ own: Cost?) {
    let ratio =
      own.map { own in
        let memory = Double(own.peakBytes ?? 0) / Double(max(cost.peakBytes ?? 1, 1))
        return "\(Quantity.fixed(cost.cpuSeconds / own.cpuSeconds, 1)) × faster, "
          + "\(Quantity.percent(memory)) of the memory"
      } ?? ""
    line([
      name, Quantity.fixed(cost.cpuSeconds, 2), ratio, Quantity.fixed(cost.wallSeconds, 2),
      cost.peakBytes.map { Quantity.bytes($0) } ?? "",
    ])
  }
}

/// A base of the fixture's size and another shape, trained for a short while on the same text.
enum SecondBase {
  private static let configuration = ModelConfiguration(
    vocabularySize: 1024, hiddenSize: 96, intermediateSize: 288, layerCount: 8, headCount: 3,
    keyValueHeadCount: 1, headDimension: 32, contextLength: 512, tiedEmbeddings: true,
    beginToken: 0, endTokens: [0])
  private static let steps = 400
  private static let recordsPerStep = 32

  static func directory(in folder: String, beside fixture: String) throws -> String {
    let path = "\(folder)/second-base"
    unsafe mkdir(folder, 0o755)
    unsafe mkdir(path, 0o755)
    guard !MappedFile.exists("\(path)/model.safetensors") else { return path }
    let tokenizer = try MappedFile.contents(of: "\(fixture)/tokenizer.json", limit: 1 << 24)
    try AtomicFile.write(tokenizer, to: "\(path)/tokenizer.json")
    let text = BaseText.exercises(count: steps * recordsPerStep, seed: 4)
    let source = try InfluenceStudy(base: fixture, training: text.map { .init($0) }, test: [])
    var trainer = Trainer(
      everythingIn: configuration, optimizer: OptimizerSettings(learningRate: 0.004, beta2: 0.98),
      state: TrainingState(
        everythingIn: configuration, seed: SHA256.hash(Array("second base".utf8))),
      contextLength: 512)
    let schedule = Schedule(shape: .cosine, warmUpSteps: 20)
    var unobserved = Unobserved()
    for step in 1...steps {
      let batch = source.records[(step - 1) * recordsPerStep..<step * recordsPerStep]
      _ = try trainer.step(
        Array(batch), rate: schedule.rate(0.004, step: step, of: steps), observer: &unobserved)
    }
    let layout = trainer.state.layout
    let tensors = zip(layout.tensors, trainer.state.parameters).map { tensor, matrix in
      OutgoingTensor(name: tensor.name, shape: tensor.shape, values: matrix.elements)
    }
    try AtomicFile.write(
      BaseMaking.configurationFile(configuration, type: "float32"), to: "\(path)/config.json")
    try SafetensorsWriter.write(tensors, to: "\(path)/model.safetensors")
    return path
  }
}
