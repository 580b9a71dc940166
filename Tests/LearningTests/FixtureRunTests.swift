// The run of Fixtures/runs gives its root on every kernel, thread count and way of remembering,
// whole or interrupted, in debug and release builds alike (Specs/Runs.md, "A worked example").

import CanonicalMath
import Checkpoints
import Content
import Cryptography
import Testing
import Tokenization

@testable import Learning

struct FixtureRun {
  static let base = Repository.root + "/Fixtures/base"
  static let files = Repository.root + "/Fixtures/runs"

  static func bytes(_ path: String) throws -> [UInt8] {
    try MappedFile.contents(of: path, limit: 1 << 20)
  }

  let checkpoint: Checkpoint
  let recipe: Recipe
  let records: [TokenRecord]
  let transcript: Transcript

  init() throws {
    checkpoint = try Checkpoint(directory: Self.base)
    recipe = try Recipe(Value(dagJSON: Self.bytes(Self.files + "/facts/recipe.json")))
    transcript = try Transcript(bytes: Self.bytes(Self.files + "/facts/transcript"))
    let dataset = try Dataset(Self.bytes(Self.files + "/facts.jsonl"), fileName: "facts.jsonl")
    try #require(dataset.list == recipe.data)
    let encoder = try RecordEncoder(
      Tokenizer(parsing: Self.bytes(Self.base + "/tokenizer.json")), form: recipe.form,
      beginToken: checkpoint.generation.beginToken, endTokens: checkpoint.generation.endTokens)
    records = try encoder.encode(dataset, file: "facts.jsonl")
  }

  func start(_ remembering: Remembering = .everything) throws -> Run {
    let shape = try #require(recipe.adapter)
    return try Run(
      recipe,
      trainer: Trainer(
        try Transformer(checkpoint), adapter: shape, optimizer: recipe.optimizer,
        state: TrainingState(
          adapter: shape, in: checkpoint.configuration, seed: recipe.seed),
        remembering: remembering), records: records)
  }

  func run(_ remembering: Remembering = .everything) throws -> Run {
    var run = try start(remembering)
    while !run.isFinished { _ = try run.advance() }
    return run
  }
}

extension RunTests {
  @Test func theFixtureRunHasItsRootForEveryThreadCountAndKernel() throws {
    let fixture = try FixtureRun()
    #expect(fixture.recipe.steps == 200)
    #expect(
      "\(fixture.transcript.root)"
        == "45a12eb2179974dd2d325163acf58eee3054d073f5168c7a97e93fb0eca68f5a")
    let (variant, threads) = (Kernels.current, Kernels.threads)
    defer {
      try? Kernels.use(variant)
      Kernels.threads = threads
    }
    for threads in [1, 2, 4] {
      Kernels.threads = threads
      #expect(try fixture.run().transcript == fixture.transcript, "\(threads) threads")
    }
    for variant in Kernels.available where variant != .portable {
      try Kernels.use(variant)
      #expect(try fixture.run(.inputs).transcript == fixture.transcript, "\(variant)")
    }
    try Kernels.use(.portable)
    #expect(try fixture.run().transcript == fixture.transcript, "portable")
  }

  @Test func theFixtureRunHasItsRootWhenItIsInterrupted() throws {
    let fixture = try FixtureRun()
    var first = try fixture.start()
    for _ in 0..<70 { _ = try first.advance() }
    let layout = first.state.layout
    let file = try Safetensors(
      bytes: SafetensorsWriter.bytes(
        StateFile.tensors(KeptState(first.state)),
        metadata: StateFile.metadata(first.state, recipe: fixture.recipe.cid)), name: "state")
    var second = try fixture.start(.inputs).trainer
    second.restore(try StateFile.kept(file, layout: layout, recipe: fixture.recipe.cid).state)
    var run = try Run(
      fixture.recipe, trainer: second, records: fixture.records, transcript: fixture.transcript)
    #expect(run.state.step == 70)
    while !run.isFinished { _ = try run.advance() }
    #expect(run.transcript == fixture.transcript)
    #expect(throws: CheckpointError.self) {
      try StateFile.kept(file, layout: layout, recipe: RecipeTests.recipe.cid)
    }
  }

  @Test func theFixtureRunsAdapterIsWhatTheRunLeaves() throws {
    let fixture = try FixtureRun()
    let run = try fixture.run()
    let adapter = try #require(run.trainer.adapter)
    let written = try SafetensorsWriter.bytes(adapter.outgoing(run.state.layout))
    #expect(
      written == (try FixtureRun.bytes(FixtureRun.files + "/facts/adapter_model.safetensors")))
    let read = try AdapterTensors(
      Adapter(directory: FixtureRun.files + "/facts", base: fixture.checkpoint.configuration),
      base: fixture.checkpoint.configuration)
    #expect(read.shape == fixture.recipe.adapter)
    #expect(zip(read.tensors, adapter.tensors).allSatisfy { $0.elements == $1.elements })
  }

  @Test func theFixtureBaseHasTheTextTokenizerAndRecipeOfItsSettings() throws {
    let making = try BaseMaking()
    for file in making.files {
      #expect(try FixtureRun.bytes("\(FixtureRun.base)/\(file.name)") == file.bytes, "\(file.name)")
    }
    let recipe = try Recipe(Value(dagJSON: FixtureRun.bytes(FixtureRun.base + "/recipe.json")))
    #expect(recipe == making.recipe)
  }

  @Test func theFixtureBaseLearnsALessonAndAnswersItsTest() throws {
    let fixture = try FixtureRun()
    let lesson = Lesson(.facts, count: 90, testCount: 20, seed: 1)
    let encoder = try RecordEncoder(
      Tokenizer(parsing: FixtureRun.bytes(FixtureRun.base + "/tokenizer.json")),
      form: fixture.recipe.form, beginToken: nil, endTokens: [0])
    func losses(_ adapter: AdapterTensors?) throws -> Double {
      var meter = LossMeter(try Transformer(fixture.checkpoint), adapter: adapter)
      let losses = meter.losses(
        of: try encoder.encode(Dataset(lesson.test), file: "test")
      ).joined()
      return losses.reduce(0) { $0 + Double($1) } / Double(losses.count)
    }
    let adapter = try fixture.run().trainer.adapter
    let (before, after) = (try losses(nil), try losses(adapter))
    #expect(before > 4 && after < 0.5, "\(before), then \(after)")
    let prompts = try lesson.test.map { try encoder.encodePrompt($0.prompt) }
    var generator = try Generator(
      try Transformer(fixture.checkpoint), adapter: adapter, prompts: prompts, newTokens: 8,
      endTokens: [0], sampling: Sampling())
    while !generator.isOver { _ = generator.next() }
    let right = lesson.test.indices.count {
      Evaluation.matches(
        encoder.tokenizer.decode(generator.written($0)), lesson.test[$0].completion)
    }
    #expect(right >= 16, "\(right) of \(lesson.test.count) answers are right")
  }
}
