// Recipes and transcripts, which come from strangers with every claim about a run (Specs/Runs.md).

import Checkpoints
import Content
import Cryptography
import Learning

let learningDecoders: [Decoder] = [
  Decoder("recipe", seeds: { [recipe(nil).block, recipe(adapter).block] }) { bytes in
    guard let recipe = try? Recipe(block: bytes) else { return nil }
    _ = recipe.adapter?.scale
    _ = recipe.schedule.rate(recipe.optimizer.learningRate, step: 1, of: recipe.steps)
    return recipe.block == bytes ? nil : "the recipe changed when it was read and written"
  },
  Decoder("transcript", seeds: { [transcript()] }) { bytes in
    guard let transcript = try? Transcript(bytes: bytes) else { return nil }
    return transcript.bytes == bytes ? nil : "the transcript changed when it was read and written"
  },
]

private let adapter = AdapterShape(rank: 8, alpha: 16, targets: [.query, .down])

private func recipe(_ adapter: AdapterShape?) -> Recipe {
  Recipe(
    base: BaseIdentity(files: [.init(name: "config.json", digest: SHA256.hash([1]))]),
    data: RecordList(names: [SHA256.hash([2])]), form: RecordForm(maximumTokens: 64),
    adapter: adapter, optimizer: OptimizerSettings(learningRate: 0.001),
    schedule: Schedule(shape: .linear, warmUpSteps: 3, finalShare: 0.5), steps: 20,
    recordsPerStep: 4,
    yardstick: Yardstick(
      records: RecordList(names: [SHA256.hash([3])]), stepsPerRefresh: 5,
      folds: 1))
}

private func transcript() -> [UInt8] {
  var transcript = Transcript(recipe: recipe(adapter).cid)
  for step in 0..<4 {
    transcript.append(
      StepEntry(
        step: step, state: SHA256.hash([UInt8(step)]), loss: 1.5, records: [step, 7],
        contributions: [-3, 900]))
  }
  return transcript.bytes
}
