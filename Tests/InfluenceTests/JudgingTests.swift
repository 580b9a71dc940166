// The judges judge rightly, and the default finds records of the query's kind
// (Specs/Influence.md, "Judged").

import CanonicalMath
import Checkpoints
import Cryptography
import Learning
import Testing
import Tokenization

@testable import Influence

@Suite struct MeasureTests {
  @Test func ranksShareTheirMeanWhereValuesAreEqual() {
    #expect(Measures.ranks([3, 1, 3, 2]) == [3.5, 1, 3.5, 2])
  }

  @Test func rankCorrelationFollowsOrderAlone() {
    #expect(Measures.spearman([1, 2, 3, 4], [10, 20, 21, 99]) == 1)
    #expect(Measures.spearman([1, 2, 3, 4], [9, 7, 5, 1]) == -1)
    #expect(abs(Measures.spearman([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]) - 0.8) < 1e-12)
    #expect(Measures.spearman([1, 1, 1], [1, 2, 3]) == 0)
  }

  @Test func areaCountsPairs() {
    #expect(Measures.area([4, 3, 2, 1], wanted: [true, false, true, false]) == 0.75)
    #expect(Measures.area([1, 1], wanted: [true, false]) == 0.5)
    #expect(Measures.recall([4, 3, 2, 1], wanted: [true, false, true, false]) == 0.5)
  }

  @Test func additiveTruthIsForetoldPerfectly() {
    let scores: [[Float]] = [[3, -1, 2, 0.5], [0, 1, -2, 4]]
    let parts: [[Bool]] = (0..<16).map { part in (0..<4).map { part >> $0 & 1 == 1 } }
    let losses = parts.map { part in
      scores.map { row in -zip(part, row).reduce(Float(0)) { $1.0 ? $0 + $1.1 : $0 } }
    }
    let judged = LinearDatamodelingScore(scores: scores, parts: parts, losses: losses)
    #expect(judged.byQuery.allSatisfy { $0 > 0.999 })
    let wrong = LinearDatamodelingScore(
      scores: scores.map { $0.map { -$0 } }, parts: parts, losses: losses)
    #expect(wrong.mean < -0.99)
  }

  @Test func theKindsAreDistinctAndRight() {
    #expect(SentenceTransformation.alternating.applied(to: "the box") == "ThE BoX")
    #expect(SentenceTransformation.consonantsDoubled.applied(to: "the box") == "tthhe bboxx")
    #expect(SentenceTransformation.reversed.applied(to: "the red box") == "box red the")
    #expect(SentenceTransformation.starred.applied(to: "open it") == "*p*n *t")
    for classes in TaskClasses.allCases {
      let all = classes.exercises(each: 5, seed: 1)
      #expect(all.count == 50 && Set(all.map(\.kind)).count == 10)
    }
    let data = FlippedLabels(share: 0.1, testCount: 40, seed: 1)
    #expect(data.training.count == 632 && data.isFlipped.count { $0 } == 63)
    for (exercise, isFlipped) in zip(data.training, data.isFlipped) {
      #expect((exercise.completion == " green") == ((exercise.kind == 1) != isFlipped))
    }
  }
}

/// The fixture base, learning a few records.
private struct Lessons {
  let model: Transformer
  let encoder: RecordEncoder
  let shape = AdapterShape(rank: 4, alpha: 8, targets: LinearRole.attention)

  static var base: String {
    #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/Fixtures/base"
  }

  init() throws {
    let checkpoint = try Checkpoint(directory: Self.base)
    let path = "\(Self.base)/tokenizer.json"
    let tokenizer = try Tokenizer(
      parsing: MappedFile.contents(of: path, limit: 1 << 24), file: path)
    encoder = try RecordEncoder(
      // The whole text counts, as where the goals come from.
      tokenizer, form: RecordForm(loss: .all, maximumTokens: 256),
      beginToken: checkpoint.generation.beginToken, endTokens: checkpoint.generation.endTokens)
    model = try Transformer(checkpoint, contextLength: 256)
  }

  func scores(
    _ training: [ClassifiedExercise], _ test: [ClassifiedExercise], epochs: Int
  ) throws -> [[Double]] {
    let records = try training.map { try encoder.encode($0.text) }
    let queries = try test.map { try encoder.encode($0.text) }
    let seed = SHA256.hash(Array("lessons".utf8))
    var trainer = Trainer(
      model, adapter: shape, optimizer: OptimizerSettings(learningRate: 0.005),
      state: TrainingState(adapter: shape, in: model.configuration, seed: seed))
    var stream = RecordStream(places: Array(records.indices), order: .shuffled, seed: seed)
    var unobserved = Unobserved()
    for step in 1...epochs * records.count / 8 {
      _ = try trainer.step(
        stream.places(step: step, count: 8).map { records[$0] }, rate: 0.005, observer: &unobserved)
    }
    let adapter = AdapterTensors(
      shape, layerCount: model.configuration.layerCount, tensors: trainer.state.parameters)
    let index = try InfluenceIndex(
      inMemory: Sample.subject, IndexSettings(method: .ekfac), model: model, adapter: adapter,
      records: records)
    let scores = try index.scores(of: queries, model: model, adapter: adapter)
    return (0..<scores.rows).map { scores.row($0).map { Double($0) } }
  }
}

@Suite struct RetrievalTests {
  @Test func recordsOfTheQuerysKindStandFirst() throws {
    let all = TaskClasses.transformations.exercises(each: 12, seed: 5)
    let training = all.enumerated().filter { $0.offset % 12 < 10 }.map(\.element)
    let test = all.enumerated().filter { $0.offset % 12 >= 10 }.map(\.element)
    let scores = try Lessons().scores(training, test, epochs: 2)
    let areas = zip(test, scores).map { exercise, row in
      Measures.area(row, wanted: training.map { $0.kind == exercise.kind })
    }
    let mean = areas.reduce(0, +) / Double(areas.count)
    #expect(mean > 0.95, "\(mean)")
    // Not because the order of the records says it.
    let shuffled = zip(test, scores).map { exercise, row in
      Measures.area(
        row, wanted: training.indices.map { training[($0 + 37) % 100].kind == exercise.kind })
    }
    #expect(shuffled.reduce(0, +) / Double(areas.count) < 0.7)
  }
}
