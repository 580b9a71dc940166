// A base, records to learn, questions to ask, and how it is trained: what influence is judged on
// (Specs/Influence.md, "Judged").

import Attribution
import CanonicalMath
import Checkpoints
import Content
import Cryptography
import Glibc
import Influence
import JSON
import Learning
import Tokenization

struct InfluenceStudy {
  /// A question and its answer.
  struct Item {
    let prompt: String
    let completion: String

    init(_ exercise: Exercise) {
      prompt = exercise.prompt
      completion = exercise.completion
    }
    init(_ exercise: ClassifiedExercise) {
      prompt = exercise.prompt
      completion = exercise.completion
    }

    var text: TrainingText {
      TrainingText(
        .parts([.init(prompt, isCompletion: false), .init(completion, isCompletion: true)]))
    }
    var line: String {
      (["prompt": .string(prompt), "completion": .string(completion)] as JSONValue).serialized()
    }
  }

  let directory: String
  let model: Transformer
  let training: [Item]
  let test: [Item]
  let records: [TokenRecord]
  let queries: [TokenRecord]
  var shape = AdapterShape(rank: 8, alpha: 16, targets: LinearRole.allCases)
  var rate = 0.003
  var epochs = 4
  var recordsPerStep = 8

  /// What of a record counts, `loss` says.
  init(base directory: String, training: [Item], test: [Item], loss: RecordForm.Loss = .completion)
    throws
  {
    self.directory = directory
    self.training = training
    self.test = test
    let checkpoint = try Checkpoint(directory: directory)
    let path = "\(directory)/tokenizer.json"
    let tokenizer = try Tokenizer(
      parsing: MappedFile.contents(of: path, limit: TokenizerLimits.fileBytes), file: path)
    let encoder = try RecordEncoder(
      tokenizer, form: RecordForm(loss: loss, maximumTokens: 512),
      beginToken: checkpoint.generation.beginToken, endTokens: checkpoint.generation.endTokens)
    model = try Transformer(checkpoint, contextLength: 512)
    records = try training.map { try encoder.encode($0.text) }
    queries = try test.map { try encoder.encode($0.text) }
  }

  /// As many records of each lesson.
  static func lessons(base: String, each: Int, tests: Int) throws -> InfluenceStudy {
    let lessons = Skill.allCases.map { Lesson($0, count: each, testCount: tests, seed: 7) }
    return try InfluenceStudy(
      base: base, training: lessons.flatMap { $0.training.map { Item($0) } },
      test: lessons.flatMap { $0.test.map { Item($0) } })
  }

  /// Trains on some of the records. Equal seeds give equal initial values, so that only the records
  /// make a difference.
  func train<Measure: ContributionMeasure>(
    _ places: [Int], seed: UInt64, measuring measure: inout Measure,
    noted: (_ places: [Int], _ contributions: [Int64]) -> Void = { _, _ in }
  ) throws -> AdapterTensors {
    let digest = SHA256.hash(Array("study \(seed)".utf8))
    var trainer = Trainer(
      model, adapter: shape, optimizer: OptimizerSettings(learningRate: rate),
      state: TrainingState(adapter: shape, in: model.configuration, seed: digest))
    let steps = steps(places.count)
    let schedule = schedule(steps)
    var stream = RecordStream(places: places, order: .shuffled, seed: digest)
    for step in 1...steps {
      let taken = stream.places(step: step, count: recordsPerStep)
      let batch = taken.map { records[$0] }
      let rate = schedule.rate(rate, step: step, of: steps)
      try measure.begin(step: step, records: batch, rate: rate, trainer: &trainer)
      let result = try trainer.step(batch, rate: rate, observer: &measure)
      noted(taken, try measure.end(step: step, result).contributions)
    }
    return AdapterTensors(
      shape, layerCount: model.configuration.layerCount, tensors: trainer.state.parameters)
  }

  func train(_ places: [Int], seed: UInt64) throws -> AdapterTensors {
    var unobserved = Unobserved()
    return try train(places, seed: seed, measuring: &unobserved)
  }

  private func steps(_ count: Int) -> Int { max(1, epochs * count / recordsPerStep) }
  private func schedule(_ steps: Int) -> Schedule {
    Schedule(shape: .cosine, warmUpSteps: steps / 20)
  }

  /// Each query's mean loss.
  func losses(_ adapter: AdapterTensors) -> [Float] {
    var meter = LossMeter(model, adapter: adapter)
    return meter.losses(of: queries).map { $0.reduce(0, +) / Float(max($0.count, 1)) }
  }

  private func index(_ method: InfluenceMethod, _ adapter: AdapterTensors) throws -> InfluenceIndex
  {
    try InfluenceIndex(
      inMemory: IndexSubject(base: "", adapter: "", records: "", form: ""),
      IndexSettings(method: method), model: model, adapter: adapter, records: records)
  }

  func scores(_ method: InfluenceMethod, _ adapter: AdapterTensors) throws -> [[Float]] {
    let scores = try index(method, adapter).scores(of: queries, model: model, adapter: adapter)
    return (0..<scores.rows).map { scores.row($0) }
  }

  /// Every record counts something here.
  func suspicions(_ adapter: AdapterTensors) throws -> [Suspicion] {
    try index(.forSuspects, adapter).suspicions().compactMap { $0 }
  }

  /// What each record did for one query, or for all together, measured while training.
  func contributions(seed: UInt64, query: Int? = nil) throws -> [Float] {
    let yardstick = query.map { [queries[$0]] } ?? queries
    let steps = steps(records.count)
    let names = yardstick.indices.map { SHA256.hash(Array("query \($0)".utf8)) }
    let recipe = Recipe(
      base: BaseIdentity(files: []), data: RecordList(names: names),
      form: RecordForm(maximumTokens: 512), adapter: shape,
      optimizer: OptimizerSettings(learningRate: rate), schedule: schedule(steps), steps: steps,
      recordsPerStep: recordsPerStep,
      yardstick: Yardstick(records: RecordList(names: names), stepsPerRefresh: 1, folds: 1))
    var measure = try YardstickMeasure(
      recipe, configuration: model.configuration, yardstick: yardstick)
    var sums = [Int64](repeating: 0, count: records.count)
    _ = try train(Array(records.indices), seed: seed, measuring: &measure) { places, scores in
      for (place, score) in zip(places, scores) { sums[place] += score }
    }
    return sums.map { Float($0) }
  }

  /// Files for other programs: base, adapter, training records and queries.
  func write(_ adapter: AdapterTensors, to folder: String) throws {
    unsafe mkdir(folder, 0o755)
    unsafe mkdir("\(folder)/adapter", 0o755)
    let layout = ParameterLayout(shape, in: model.configuration)
    try SafetensorsWriter.write(
      adapter.outgoing(layout), to: "\(folder)/adapter/adapter_model.safetensors")
    try AtomicFile.write(
      shape.configuration(baseName: nil).serialized(),
      to: "\(folder)/adapter/adapter_config.json")
    for (name, items) in [("train", training), ("query", test)] {
      let text = items.map { $0.line + "\n" }.joined()
      try AtomicFile.write(Array(text.utf8), to: "\(folder)/\(name).jsonl")
    }
  }
}
