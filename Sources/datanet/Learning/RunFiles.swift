// The directory of a run (Specs/Runs.md, "Files").

import Attribution
import Checkpoints
import Content
import Glibc
import Learning
import Terminal

struct RunFiles {
  let directory: String
  private let recipe: Recipe

  var transcriptPath: String { "\(directory)/transcript" }
  private var checkpointDirectory: String { "\(directory)/checkpoints" }

  func checkpointPath(_ step: Int) -> String {
    "\(checkpointDirectory)/\(Self.checkpointName(step))"
  }

  static func checkpointName(_ step: Int) -> String {
    let digits = String(step)
    let zeros = String(repeating: "0", count: max(0, 8 - digits.count))
    return "\(zeros)\(digits).safetensors"
  }

  /// Opens the directory for the recipe. One that holds another run is left alone.
  init(_ directory: String, _ recipe: Recipe) throws {
    self.directory = directory
    self.recipe = recipe
    try Self.make(directory)
    try Self.make("\(directory)/checkpoints")
    let path = "\(directory)/recipe.json"
    let text = recipe.value.dagJSON + "\n"
    if MappedFile.exists(path) {
      let there = try MappedFile.contents(of: path, limit: Value.maximumByteCount)
      guard there == Array(text.utf8) else {
        throw Failure.usage("\(directory) holds a run of another recipe; name another --out")
      }
    } else {
      try AtomicFile.write(Array(text.utf8), to: path)
    }
  }

  private static func make(_ directory: String) throws {
    if unsafe mkdir(directory, 0o755) != 0, errno != EEXIST {
      throw Failure.failed("\(directory) cannot be made: \(Screen.describe(errno))")
    }
  }

  /// The run from its last checkpoint, or from the beginning.
  func resumed(
    trainer: Trainer, records: [TokenRecord], measure: inout YardstickMeasure?
  ) throws -> Run {
    guard MappedFile.exists(transcriptPath) else {
      return try Run(recipe, trainer: trainer, records: records)
    }
    let transcript = try Transcript(
      bytes: MappedFile.contents(of: transcriptPath, limit: OpenData.byteLimit))
    var trainer = trainer
    var step = min(transcript.entries.count - 1, recipe.steps)
    while step > 0, !MappedFile.exists(checkpointPath(step)) { step -= 1 }
    if step > 0 {
      let kept = try StateFile.kept(
        Safetensors(path: checkpointPath(step)), layout: trainer.state.layout, recipe: recipe.cid)
      trainer.restore(kept.state)
      measure?.resume(after: transcript.entries[step], gradient: kept.gradient)
    }
    return try Run(recipe, trainer: trainer, records: records, transcript: transcript)
  }

  /// Keeps the state, and after it the transcript that names it.
  func keep(_ run: Run, _ measure: YardstickMeasure?) throws {
    let kept = measure?.kept(run.state) ?? KeptState(run.state)
    try SafetensorsWriter.write(
      StateFile.tensors(kept), metadata: StateFile.metadata(run.state, recipe: recipe.cid),
      to: checkpointPath(run.state.step))
    try AtomicFile.write(run.transcript.bytes, to: transcriptPath)
  }

  /// Writes everything that a finished or stopped run leaves.
  func finish(
    _ run: Run, _ measure: YardstickMeasure?, base: OpenBase,
    validation: [(step: Int, loss: Double)]
  ) throws {
    if !MappedFile.exists(checkpointPath(run.state.step)), run.state.step > 0 {
      try keep(run, measure)
    }
    try AtomicFile.write(run.transcript.bytes, to: transcriptPath)
    if let adapter = run.trainer.adapter {
      try AtomicFile.write(
        adapter.shape.configuration(baseName: base.name).serialized(),
        to: "\(directory)/adapter_config.json")
      try SafetensorsWriter.write(
        adapter.outgoing(run.state.layout), to: "\(directory)/adapter_model.safetensors")
    }
    let curve = LossCurve(
      losses: run.transcript.entries.dropFirst().map(\.loss), validation: validation)
    try AtomicFile.write(Array(curve.svg.utf8), to: "\(directory)/loss.svg")
  }
}
