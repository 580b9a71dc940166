// The run of Fixtures/proofs, and the roots, sums and proofs that make.py finds there by itself
// (Specs/Proofs.md).

import CanonicalMath
import Checkpoints
import Content
import Cryptography
import JSON
import Learning
import Testing
import Tokenization

@testable import Attribution

@Suite(.serialized) struct FixtureTests {
  private static let root = String(
    #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 })

  private func bytes(_ path: String) throws -> [UInt8] {
    try MappedFile.contents(of: "\(Self.root)/Fixtures/\(path)", limit: 1 << 20)
  }

  private func expected() throws -> JSONValue {
    try JSONValue(parsing: bytes("proofs/expected.json"))
  }

  private func records(_ name: String, _ recipe: Recipe, _ checkpoint: Checkpoint) throws -> (
    [Digest], [TokenRecord]
  ) {
    let dataset = try Dataset(bytes("proofs/\(name)"), fileName: name)
    let encoder = try RecordEncoder(
      Tokenizer(parsing: bytes("base/tokenizer.json")), form: recipe.form,
      beginToken: checkpoint.generation.beginToken, endTokens: checkpoint.generation.endTokens)
    return (dataset.records.map(\.name), try encoder.encode(dataset, file: name))
  }

  private func evidence() throws -> (RunEvidence, Checkpoint) {
    let checkpoint = try Checkpoint(directory: "\(Self.root)/Fixtures/base")
    let recipe = try Recipe(Value(dagJSON: bytes("proofs/recipe.json")))
    let (names, data) = try records("data.jsonl", recipe, checkpoint)
    let (yardstickNames, yardstick) = try records("yardstick.jsonl", recipe, checkpoint)
    let evidence = RunEvidence(
      recipe: recipe, transcript: try Transcript(bytes: bytes("proofs/transcript")),
      records: data, names: names, yardstick: yardstick, yardstickNames: yardstickNames)
    return (evidence, checkpoint)
  }

  @Test func theRootsAndSumsAreThoseOfAnotherImplementation() throws {
    let (evidence, _) = try evidence()
    let expected = try expected()
    let transcript = evidence.transcript
    #expect(transcript.entries.count == expected["entries"]?.int)
    #expect("\(transcript.root)" == expected["root"]?.string)
    #expect("\(transcript.entries[7].leaf)" == expected["leaf7"]?.string)
    #expect(
      transcript.tree.proof(of: 7).map { "\($0)" } == expected["path7"]?.array?.map { $0.string })
    let list = try ScoreList(transcript, names: evidence.names)
    #expect(list.scores.map { Int($0) } == expected["scores"]?.array?.map { $0.int })
    #expect("\(try list.tree().commitment)" == expected["shares"]?.string)
  }

  @Test func aShareProofIsThatOfAnotherImplementation() throws {
    let (evidence, _) = try evidence()
    let expected = try expected()
    let tree = try ScoreList(evidence.transcript, names: evidence.names).tree()
    let proof = try #require(ShareProof([2..<5, 8..<16], in: tree))
    #expect(Hexadecimal.text(of: proof.value.encoded()) == expected["proof"]?.string)
    let shown = try #require(proof.shown)
    #expect(Int(shown.sum) == expected["proofSum"]?.int)
    #expect(Int(shown.total) == expected["total"]?.int)
    #expect("\(shown.root)" == expected["shares"]?.string)
  }

  /// On another machine this shows again that contributions have the same bits everywhere.
  @Test func everyStepOfTheFixtureRunHoldsOnEveryKernel() throws {
    let (evidence, checkpoint) = try evidence()
    try evidence.check()
    #expect(evidence.structureFaults().isEmpty)
    let variant = Kernels.current
    defer { try? Kernels.use(variant) }
    for kernel in Kernels.available {
      try Kernels.use(kernel)
      let shape = try #require(evidence.recipe.adapter)
      let trainer = Trainer(
        try Transformer(checkpoint), adapter: shape, optimizer: evidence.recipe.optimizer,
        state: TrainingState(
          adapter: shape, in: checkpoint.configuration, seed: evidence.recipe.seed))
      var engine = try Reexecution(evidence, trainer: trainer)
      for entry in evidence.transcript.entries.dropFirst() {
        let difference = engine.check(entry)
        #expect(difference == nil, "\(kernel)")
      }
    }
  }
}
