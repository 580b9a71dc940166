// Generation with a cache equals reading the whole text anew (Specs/Transformer.md, "Generation").

import CanonicalMath
import Checkpoints
import Testing

@testable import Learning

@Suite struct GenerationTests {
  static let model = Transformer(
    Sample.configuration,
    weights: ModelWeights(Sample.configuration, tensors: Sample().base.parameters))

  static func generate(
    _ prompts: [[Int32]], _ count: Int, _ sampling: Sampling, model: Transformer = model
  ) throws -> [[Int32]] {
    var generator = try Generator(
      model, adapter: nil, prompts: prompts, newTokens: count, endTokens: [], sampling: sampling)
    while !generator.isOver { _ = generator.next() }
    return prompts.indices.map { generator.written($0) }
  }

  @Test func theCacheGivesTheLogitsOfTheWholeText() throws {
    var tokens: [Int32] = [5, 9, 1, 33]
    let written = try Self.generate([tokens], 12, Sampling())[0]
    for token in written {
      var pass = Pass(Self.model, adapter: nil, remembering: .everything)
      let group = Group.groups(of: [
        TokenRecord(tokens: tokens + [0], counts: (tokens + [0]).map { _ in true })
      ])[0]
      pass.forward(group)
      pass.normHeadRows([Int32(tokens.count - 1)])
      let logits = Canonical.product(.nt, pass.headNormed, Self.model.weights.head)
      #expect(Sampling.greatest(logits.elements) == token)
      tokens.append(token)
    }
    #expect(written.count == 12)
  }

  @Test func aTextDoesNotDependOnItsNeighboursNorOnPacking() throws {
    let prompts: [[Int32]] = [[1, 2, 3], [70], Array(repeating: 8, count: 520), [4, 4]]
    var sampling = Sampling(temperature: 1.2, topK: 40, topP: 0.9, minP: 0.01, seed: 11)
    // Text number 0 draws the same numbers whoever is beside it.
    let together = try Self.generate(prompts, 8, sampling)
    #expect(try Self.generate([prompts[0]], 8, sampling)[0] == together[0])
    let packed = Transformer(Sample.configuration, weights: Self.model.weights.packed())
    #expect(try Self.generate(prompts, 8, sampling, model: packed) == together)
    sampling.seed = 12
    #expect(try Self.generate(prompts, 8, sampling) != together)
    let greedy = try Self.generate(prompts, 8, Sampling())
    for (index, prompt) in prompts.enumerated() {
      #expect(try Self.generate([prompt], 8, Sampling())[0] == greedy[index])
    }
  }

  @Test func samplingKeepsToItsBounds() {
    let logits = Matrix([1, 3, 2, 3, -1])
    #expect(Sampling().choose(logits, text: 0, index: 0) == 1)
    for index in 0..<200 {
      let two = Sampling(temperature: 1, topK: 2, seed: 1).choose(logits, text: 0, index: index)
      #expect([1, 3].contains(two))
      let half = Sampling(temperature: 1, topP: 0.5, seed: 1).choose(logits, text: 0, index: index)
      #expect([1, 3].contains(half))
      let near = Sampling(temperature: 1, minP: 0.3, seed: 1).choose(logits, text: 0, index: index)
      #expect([1, 2, 3].contains(near))
    }
    let all = Set(
      (0..<500).map { Sampling(temperature: 2, seed: 4).choose(logits, text: 0, index: $0) })
    #expect(all == [0, 1, 2, 3, 4])
  }

  @Test func aPromptThatCannotBeContinuedIsNamed() {
    #expect(throws: GenerationError.emptyPrompt) { try Self.generate([[]], 4, Sampling()) }
    #expect(throws: GenerationError.longPrompt(700, limit: 700)) {
      try Self.generate([Array(repeating: 1, count: 700)], 4, Sampling())
    }
    #expect(throws: GenerationError.strangeToken(96)) {
      try Self.generate([[96]], 4, Sampling())
    }
  }

  @Test(.enabled(if: Repository.hasReference, "../shared/reference is absent"))
  func theGreedyContinuationIsThatOfTransformers() throws {
    let numbers = try ReferenceNumbers("numerics-attn.safetensors")
    let trainer = try ReferenceTests.trainer()
    let expected = try numbers.integers("greedy").map { Int32($0) }
    let prompt = Array(expected.prefix(17))
    var generator = try Generator(
      trainer.transformer, adapter: trainer.adapter, prompts: [prompt],
      newTokens: expected.count - 17, endTokens: [], sampling: Sampling())
    while !generator.isOver { _ = generator.next() }
    #expect(prompt + generator.written(0) == expected)
  }
}
