// Recipes, schedules and transcripts as blocks (Specs/Runs.md).

import Checkpoints
import Content
import Cryptography
import Testing

@testable import Learning

@Suite struct RecipeTests {
  static let recipe = Recipe(
    base: BaseIdentity(files: [
      .init(name: "model.safetensors", digest: SHA256.hash([2])),
      .init(name: "config.json", digest: SHA256.hash([1])),
    ]),
    data: RecordList(names: [SHA256.hash([3]), SHA256.hash([4])]),
    form: RecordForm(maximumTokens: 256),
    adapter: AdapterShape(rank: 8, alpha: 16, targets: [.value, .query]),
    optimizer: OptimizerSettings(learningRate: 0.001),
    schedule: Schedule(shape: .cosine, warmUpSteps: 10, finalShare: 0.1), steps: 200,
    recordsPerStep: 8)

  @Test func aRecipeReadBackFromItsBlockIsTheSameRecipe() throws {
    let block = Self.recipe.block
    #expect(try Recipe(block: block) == Self.recipe)
    #expect(Self.recipe.adapter?.targets == [.query, .value])
    #expect(Self.recipe.base.files.map(\.name) == ["config.json", "model.safetensors"])
  }

  @Test func everyFieldChangesTheSeed() {
    var seeds = [Self.recipe.seed]
    var other = Self.recipe
    other.steps = 201
    seeds.append(other.seed)
    other = Self.recipe
    other.adapter?.alpha = 17
    seeds.append(other.seed)
    other = Self.recipe
    other.salt = 1
    seeds.append(other.seed)
    #expect(Set(seeds).count == 4)
  }

  @Test func aRecipeBeyondItsLimitsIsRefusedWithTheField() throws {
    var value = Self.recipe.value
    guard case .map(var map) = value else { return }
    map["steps"] = 0
    value = .map(map)
    #expect(throws: RecipeError.field("recipe.steps", "from 1 to 10000000")) {
      try Recipe(block: value.encoded())
    }
    map["steps"] = 5
    map["magic"] = 1
    #expect(throws: RecipeError.unknown("recipe")) { try Recipe(.map(map)) }
    map["magic"] = nil
    map["optimizer"] = nil
    #expect(throws: RecipeError.missing("recipe.optimizer")) { try Recipe(.map(map)) }
  }

  @Test func aScheduleWarmsUpAndComesDown() {
    let cosine = Schedule(shape: .cosine, warmUpSteps: 4, finalShare: 0.1)
    #expect(cosine.rate(1, step: 1, of: 104) == 0.25)
    #expect(cosine.rate(1, step: 4, of: 104) == 1)
    #expect(cosine.rate(1, step: 5, of: 104) == 1)
    #expect(abs(cosine.rate(1, step: 55, of: 104) - 0.55) < 1e-15)
    #expect(cosine.rate(1, step: 104, of: 104) < 0.101)
    let linear = Schedule(shape: .linear, warmUpSteps: 0)
    #expect(linear.rate(2, step: 51, of: 100) == 1)
    #expect(Schedule().rate(3, step: 9, of: 10) == 3)
  }

  @Test func theScheduleCosineIsACosine() {
    let known: [(Double, Double)] = [
      (0, 1), (0.25, 0.707_106_781_186_547_5), (1.0 / 3, 0.5), (0.5, 0), (1, -1),
    ]
    for (t, cosine) in known { #expect(abs(Schedule.cosine(ofPiTimes: t) - cosine) < 2e-16) }
  }
}

@Suite struct TranscriptTests {
  static func transcript(_ count: Int) -> Transcript {
    var transcript = Transcript(recipe: RecipeTests.recipe.cid)
    for step in 0..<count {
      transcript.append(
        StepEntry(
          step: step, state: SHA256.hash([UInt8(step)]), loss: Float(step) / 3,
          records: step == 0 ? [] : [step, step + 7],
          contributions: step % 2 == 0 ? [] : [-5, 12]))
    }
    return transcript
  }

  @Test func aTranscriptReadBackHasTheSameRoot() throws {
    let transcript = Self.transcript(9)
    let read = try Transcript(bytes: transcript.bytes)
    #expect(read == transcript)
    #expect(read.root == transcript.root)
  }

  @Test func everyEntryIsProvedAgainstTheRootAndNoOther() {
    for count in 1...17 {
      let transcript = Self.transcript(count)
      for (index, entry) in transcript.entries.enumerated() {
        let proof = transcript.tree.proof(of: index)
        #expect(
          MerkleList.verifies(
            proof, leaf: entry.leaf, at: index, of: count, root: transcript.root))
        var changed = entry
        changed.loss += 1
        #expect(
          !MerkleList.verifies(
            proof, leaf: changed.leaf, at: index, of: count, root: transcript.root))
        #expect(
          !MerkleList.verifies(
            proof, leaf: entry.leaf, at: index + 1, of: count, root: transcript.root))
      }
    }
  }

  @Test func aTranscriptWithAGapIsRefused() {
    let transcript = Self.transcript(4)
    var bytes = transcript.header
    for step in [0, 1, 3] { bytes += transcript.entries[step].value.encoded() }
    #expect(throws: TranscriptError.gap(after: 2)) { try Transcript(bytes: bytes) }
    #expect(throws: TranscriptError.encoding) {
      try Transcript(bytes: Array(transcript.bytes.dropLast()))
    }
  }
}
