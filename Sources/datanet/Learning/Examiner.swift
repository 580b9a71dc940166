// Lets a model be measured on records and answer their questions (Specs/Runs.md, "Evaluation").

import CanonicalMath
import Checkpoints
import Learning
import Tokenization

struct Examiner {
  /// Questions that are answered together.
  private static let batch = 16

  private let base: OpenBase
  private let encoder: RecordEncoder
  private let records: [TokenRecord]
  private let questions: [(place: Int, prompt: [Int32], answer: String, tokens: Int)]
  private let model: Transformer

  init(base: OpenBase, encoder: RecordEncoder, dataset: Dataset, file: String, answers: Int) throws
  {
    self.base = base
    self.encoder = encoder
    records = try encoder.encode(dataset, file: file)
    var questions: [(place: Int, prompt: [Int32], answer: String, tokens: Int)] = []
    for (place, record) in dataset.records.enumerated() where questions.count < answers {
      guard let (prompt, answer) = record.text.question else { continue }
      let tokens = try encoder.encodePrompt(prompt)
      guard !tokens.isEmpty, tokens.count < base.configuration.contextLength else { continue }
      let length = try encoder.tokenizer.encode(
        answer, addsSpecialTokens: false, recognisesSpecialTokens: false
      ).ids.count
      questions.append((place, tokens, answer, length))
    }
    self.questions = questions
    let longest = max(
      records.map(\.rowCount).max() ?? 1,
      questions.map { $0.prompt.count + $0.tokens + 2 }.max() ?? 1)
    model = try Transformer(base.checkpoint, contextLength: longest)
  }

  func examine(_ adapter: AdapterTensors?) throws -> Evaluation {
    var meter = LossMeter(model, adapter: adapter)
    var isRight = [Bool?](repeating: nil, count: records.count)
    var start = 0
    while start < questions.count {
      let some = questions[start..<min(start + Self.batch, questions.count)]
      start = some.endIndex
      // One token more than the answer has: a longer answer is a wrong one.
      var generator = try Generator(
        model, adapter: adapter, prompts: some.map(\.prompt),
        newTokens: (some.map(\.tokens).max() ?? 0) + 1,
        endTokens: base.checkpoint.generation.endTokens, sampling: Sampling())
      while !generator.isOver { _ = generator.next() }
      for (index, question) in some.enumerated() {
        let written = encoder.tokenizer.decode(generator.written(index))
        isRight[question.place] = Evaluation.matches(written, question.answer)
      }
    }
    return Evaluation(losses: meter.losses(of: records), isRight: isRight)
  }

  static func exponential(_ value: Double) -> Double { Scalar.exp(value) }
}
