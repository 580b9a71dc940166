// Makes the fixture base in a directory (Specs/FixtureBase.md).

import Checkpoints
import Content
import Glibc
import JSON
import Learning
import Store
import Terminal

enum BaseMaker {
  static func make(in directory: String, _ context: Context) throws {
    guard !MappedFile.exists("\(directory)/model.safetensors") else {
      throw Failure.usage("\(directory) already holds a model; name another directory")
    }
    if unsafe mkdir(directory, 0o755) != 0, errno != EEXIST {
      throw Failure.failed("\(directory) cannot be made: \(Screen.describe(errno))")
    }
    let making = try BaseMaking()
    var run = try making.run()
    let progress = context.progress(
      "training", unit: .things(singular: "step", plural: "steps"), total: run.recipe.steps)
    while !run.isFinished {
      let result = try run.advance()
      if Interruption.isRequested { throw Failure.failed("stopped; nothing was written") }
      progress.set(done: run.state.step, item: "loss \(Quantity.fixed(Double(result.loss), 3))")
      if run.state.step % 100 == 0 {
        context.output.json([
          "step": .int(run.state.step), "loss": .double(Double(result.loss)),
          "tokensPerSecond": .double(
            Double(result.rows * run.state.step) / max(progress.elapsed, 1e-9)),
        ])
      }
    }
    progress.finish()
    for file in making.files { try AtomicFile.write(file.bytes, to: "\(directory)/\(file.name)") }
    try AtomicFile.write(
      Array((run.recipe.value.dagJSON + "\n").utf8), to: "\(directory)/recipe.json")
    try SafetensorsWriter.write(
      BaseMaking.tensors(of: run.state), to: "\(directory)/model.safetensors")
    let last = run.transcript.entries.suffix(100)
    let loss = last.reduce(0) { $0 + Double($1.loss) } / Double(last.count)
    context.output.json([
      "transcriptRoot": .string("\(run.transcript.root)"), "loss": .double(loss),
      "recipe": .string("\(run.recipe.cid)"),
    ])
    context.output.text(
      "\(directory): \(Quantity.count(run.state.layout.parameterCount)) parameters, loss "
        + "\(Quantity.fixed(loss, 3)), transcript \(run.transcript.root)")
  }
}
