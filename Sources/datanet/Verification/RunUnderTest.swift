// Everything that a verification reads: of a directory with plain files, or of what a Datanet's run
// published (Specs/Verification.md, "On the command line").

import Attribution
import CanonicalMath
import Checkpoints
import Content
import Glibc
import Learning
import Terminal

struct RunUnderTest {
  let evidence: RunEvidence
  let base: OpenBase
  /// Transcripts of the same run from other seeds.
  let repetitions: [Transcript]
  /// What claims and evidence contradict each other in; nil when nothing.
  let originFault: String?
  /// The steps after which states were kept, ascending.
  let keptSteps: [Int]
  /// A kept state's file; nil when it cannot be had.
  let keptFile: (_ step: Int) throws -> Safetensors?
  /// The adapter that the run left; nil when there is none.
  let adapter: () throws -> AdapterTensors?

  /// A directory that `datanet train` made, beside the files that it was made from.
  init(directory: String, _ options: Invocation) throws {
    func needed(_ name: String) throws -> String {
      guard let value = options.text(name) else {
        throw Failure.usage("--\(name) is missing: what the run in \(directory) was made from")
      }
      return value
    }
    func contents(_ name: String, limit: Int) throws -> [UInt8] {
      guard MappedFile.exists("\(directory)/\(name)") else {
        throw Failure.notFound("\(directory) holds no run: \(name) is missing")
      }
      return try MappedFile.contents(of: "\(directory)/\(name)", limit: limit)
    }
    let recipe = try Recipe(
      Value(dagJSON: contents("recipe.json", limit: Value.maximumByteCount)))
    let transcript = try Transcript(
      bytes: contents("transcript", limit: OpenData.byteLimit))
    let base = try OpenBase(needed("base"))
    guard try base.identity() == recipe.base else {
      throw Failure.usage("\(base.directory) is not the base that the recipe names")
    }
    let encoder = try Self.encoder(base, recipe)
    let dataPath = try needed("data")
    let data = try OpenData.dataset(dataPath)
    var evidence = RunEvidence(
      recipe: recipe, transcript: transcript,
      records: try encoder.encode(data, file: dataPath), names: data.records.map(\.name))
    if recipe.yardstick != nil {
      let path = try needed("yardstick")
      let yardstick = try OpenData.dataset(path)
      evidence.yardstick = try encoder.encode(yardstick, file: path)
      evidence.yardstickNames = yardstick.records.map(\.name)
    }
    self.evidence = evidence
    self.base = base
    var repetitions: [Transcript] = []
    for number in 1...Repetition.most {
      let name = Repetition.fileName(number)
      guard MappedFile.exists("\(directory)/\(name)") else { break }
      repetitions.append(try Transcript(bytes: contents(name, limit: OpenData.byteLimit)))
    }
    self.repetitions = repetitions
    originFault = nil
    func checkpoint(_ step: Int) -> String {
      "\(directory)/checkpoints/\(RunFiles.checkpointName(step))"
    }
    keptSteps = (0..<transcript.entries.count).filter { MappedFile.exists(checkpoint($0)) }
    keptFile = { step in
      MappedFile.exists(checkpoint(step)) ? try Safetensors(path: checkpoint(step)) : nil
    }
    adapter = {
      guard MappedFile.exists("\(directory)/adapter_config.json") else { return nil }
      return try base.adapter(directory)
    }
  }

  /// Texts become tokens as the recipe says.
  static func encoder(_ base: OpenBase, _ recipe: Recipe) throws -> RecordEncoder {
    var conversations: ConversationForm?
    if recipe.form.template != "plain" {
      conversations = try base.conversations(recipe.form.template)
    }
    return try base.encoder(recipe.form, conversations: conversations)
  }

  /// With the first state that the recipe's seed draws.
  func trainer() throws -> Trainer { try trainer(evidence.recipe) }

  func trainer(_ recipe: Recipe) throws -> Trainer {
    guard let shape = recipe.adapter else {
      throw Failure.usage("the recipe trains every weight; only adapters' runs are verified")
    }
    let longest = (evidence.records + evidence.yardstick).map(\.rowCount).max() ?? 1
    return Trainer(
      try Transformer(base.checkpoint, contextLength: longest), adapter: shape,
      optimizer: recipe.optimizer,
      state: TrainingState(adapter: shape, in: base.configuration, seed: recipe.seed))
  }

  func keptState(after step: Int, layout: ParameterLayout) throws -> KeptState? {
    guard let file = try keptFile(step) else { return nil }
    return try StateFile.kept(file, layout: layout, recipe: evidence.recipe.cid)
  }
}
