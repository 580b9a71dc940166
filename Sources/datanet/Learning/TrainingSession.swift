// One `datanet train`: from options to a recipe, and from the recipe to files
// (Specs/Runs.md, "Files").

import Attribution
import CanonicalMath
import Checkpoints
import Content
import Cryptography
import JSON
import Learning
import Terminal

struct TrainingSession {
  let context: Context
  let base: OpenBase
  let recipe: Recipe
  let records: [TokenRecord]
  let names: [Digest]
  let evaluation: [TokenRecord]
  /// Empty without --yardstick.
  let yardstick: [TokenRecord]
  /// Nil for a run on plain files.
  let origin: NetOrigin?
  let files: RunFiles?
  let estimate: RunEstimate
  let remembering: Remembering
  let evaluationSteps: Int
  let patience: Int?
  /// Runs of the same recipe but for the seed, this one among them.
  let seeds: Int

  init(_ context: Context) throws {
    self.context = context
    let options = context.invocation
    func needed(_ name: String) throws -> String {
      guard let value = options.text(name) else { throw Failure.usage("--\(name) is missing") }
      return value
    }
    let source = try TrainingSource(context, base: needed("base"), data: needed("data"))
    base = source.base
    origin = source.origin
    let shape = base.configuration
    let data = source.data
    let conversations =
      data.hasConversations ? try base.conversations(options.text("template")) : nil
    var form = try RecipeOptions.form(
      options, contextLength: shape.contextLength,
      overlong: source.origin == nil ? .refuse : .skip)
    form.template = conversations?.name ?? "plain"
    let encoder = try base.encoder(form, conversations: conversations)
    records = try data.encode(encoder)
    evaluation =
      try options.text("eval").map { path in
        try encoder.encode(try OpenData.dataset(path), file: path)
      } ?? []
    names = data.names
    yardstick = try source.yardstick?.encode(encoder) ?? []
    let usable = records.count { $0.rowCount > 0 }
    guard usable > 0 else { throw RunError.nothingToLearn }
    recipe = try RecipeOptions.recipe(
      options, base: try base.identity(), data: data.list, form: form, usable: usable,
      yardstick: source.yardstick?.list,
      usableYardstick: yardstick.count { $0.rowCount > 0 }, origin: source.recipeOrigin)
    guard let adapter = recipe.adapter else { throw Failure.usage("--targets names no layer") }
    estimate = RunEstimate(
      shape, adapter: adapter, layout: ParameterLayout(adapter, in: shape), records: records,
      steps: recipe.steps, recordsPerStep: recipe.recordsPerStep)
    remembering = try Self.remembering(options.text("memory"), estimate)
    evaluationSteps = options.integer("eval-every") ?? max(1, recipe.steps / 10)
    patience = options.integer("patience")
    seeds = options.integer("seeds") ?? 1
    guard seeds == 1 || recipe.yardstick != nil else {
      throw Failure.usage(
        "--seeds says how far scores hang on chance, and needs a --yardstick to score against")
    }
    files = options.has("dry-run") ? nil : try RunFiles(try needed("out"), recipe)
  }

  /// Keeps all activations where they fit into most of what memory there is.
  private static func remembering(
    _ choice: String?, _ estimate: RunEstimate
  ) throws -> Remembering {
    switch choice {
    case "all": return .everything
    case "small": return .inputs
    default:
      guard let available = Resources.availableBytes else { return .everything }
      if estimate.memoryBytes < available / 10 * 8 { return .everything }
      guard estimate.smallMemoryBytes < available else {
        throw Failure.failed(
          "training needs \(Quantity.bytes(estimate.smallMemoryBytes)) and "
            + "\(Quantity.bytes(available)) are free: lower --max-tokens, or use fewer --targets")
      }
      return .inputs
    }
  }

  func describe() throws {
    let memory =
      remembering == .everything ? estimate.memoryBytes : estimate.smallMemoryBytes
    let seconds = try Pace.seconds(for: estimate.operations)
    context.output.json([
      "recipe": .string("\(recipe.cid)"), "steps": .int(recipe.steps),
      "records": .int(records.count), "tokens": .int(estimate.tokens),
      "trainedParameters": .int(estimate.trainedParameters), "memoryBytes": .int(memory),
      "keepsActivations": .bool(remembering == .everything), "seconds": .double(seconds),
    ])
    var table = Table(["", ""])
    table.row(["recipe", "\(recipe.cid)"])
    table.row(["records", Quantity.count(records.count)])
    table.row([
      "steps",
      "\(Quantity.count(recipe.steps)) of \(Quantity.count(recipe.recordsPerStep, "record"))",
    ])
    table.row(["tokens", Quantity.count(estimate.tokens)])
    table.row(["trained", Quantity.count(estimate.trainedParameters, "parameter")])
    table.row([
      "memory",
      Quantity.bytes(memory)
        + (remembering == .everything ? "" : ", with activations computed again"),
    ])
    table.row(["time", "about \(Quantity.duration(seconds))"])
    for line in table.lines(width: 0, style: context.output.style) { context.output.text(line) }
  }

  func trainer(_ recipe: Recipe) throws -> Trainer {
    guard let shape = recipe.adapter else { throw Failure.usage("--targets names no layer") }
    let longest = (records + evaluation + yardstick).map(\.rowCount).max() ?? 1
    return Trainer(
      try Transformer(base.checkpoint, contextLength: longest), adapter: shape,
      optimizer: recipe.optimizer,
      state: TrainingState(adapter: shape, in: base.configuration, seed: recipe.seed),
      remembering: remembering)
  }

  mutating func train() throws {
    guard let files else { return }
    var contributions: YardstickMeasure?
    if recipe.yardstick != nil {
      contributions = try YardstickMeasure(
        recipe, configuration: base.configuration, yardstick: yardstick)
    }
    var run = try files.resumed(trainer: trainer(recipe), records: records, measure: &contributions)
    if run.state.step > 0 {
      context.output.text("Going on after step \(Quantity.count(run.state.step)).")
    }
    let progress = context.progress(
      "training", unit: .things(singular: "step", plural: "steps"), total: recipe.steps)
    var validation = Validation(evaluation, every: evaluationSteps, patience: patience)
    let started = Moment.monotonic()
    var rows = 0
    try measure(&validation, run)
    while !run.isFinished, !Interruption.isRequested, !validation.isOver {
      let before = Moment.monotonic()
      let result = try advance(&run, &contributions)
      rows += result.rows
      report(run, result, Double(result.rows) / max(Moment.monotonic() - before, 1e-9), progress)
      if run.state.step % recipe.stepsPerCheckpoint == 0 || run.isFinished {
        try files.keep(run, contributions)
      }
      if validation.isDue(run.state.step) || run.isFinished { try measure(&validation, run) }
    }
    progress.finish()
    try files.finish(run, contributions, base: base, validation: validation.points)
    let rate = Double(rows) / max(Moment.monotonic() - started, 1e-9)
    var repetitions: [Transcript] = []
    if run.isFinished {
      for number in 1..<max(seeds, 1) { repetitions.append(try repeated(number, files)) }
    }
    if recipe.yardstick != nil {
      try ScoreReport(run, repetitions: repetitions, names: names, yardstick: yardstick).write(
        to: files.directory, context.output)
    }
    close(run, files, rowsPerSecond: rate)
    if context.invocation.has("publish"), run.isFinished, let origin {
      try RunPublishing(run, repetitions: repetitions, files, origin, context).publish()
    }
  }

  /// The whole run again from another seed; what is there already is read.
  private func repeated(_ number: Int, _ files: RunFiles) throws -> Transcript {
    let recipe = Repetition.recipe(recipe, number: number)
    let path = "\(files.directory)/\(Repetition.fileName(number))"
    if MappedFile.exists(path),
      let there = try? Transcript(
        bytes: MappedFile.contents(of: path, limit: OpenData.byteLimit)),
      there.recipe == recipe.cid, there.entries.count == recipe.steps + 1
    {
      return there
    }
    let progress = context.progress(
      "seed \(number + 1) of \(seeds)", unit: .things(singular: "step", plural: "steps"),
      total: recipe.steps)
    defer { progress.finish() }
    var measure: YardstickMeasure? = try YardstickMeasure(
      recipe, configuration: base.configuration, yardstick: yardstick)
    var run = try Run(recipe, trainer: trainer(recipe), records: records)
    while !run.isFinished {
      guard !Interruption.isRequested else {
        throw Failure.failed(
          "stopped in repetition \(number); run the same command again to go on")
      }
      _ = try advance(&run, &measure)
      progress.set(done: run.state.step)
    }
    try AtomicFile.write(run.transcript.bytes, to: path)
    return run.transcript
  }

  private func advance(_ run: inout Run, _ measure: inout YardstickMeasure?) throws -> StepResult {
    guard var own = measure.take() else { return try run.advance() }
    defer { measure = own }
    return try run.advance(measuring: &own)
  }

  private func report(
    _ run: Run, _ result: StepResult, _ rowsPerSecond: Double, _ progress: Progress
  ) {
    guard let entry = run.transcript.entries.last else { return }
    progress.set(
      done: entry.step,
      item: "loss \(Quantity.fixed(Double(result.loss), 4)), "
        + "\(Quantity.count(Int(rowsPerSecond))) tokens/s")
    context.output.json([
      "step": .int(entry.step), "loss": .double(Double(result.loss)),
      "tokensPerSecond": .double(rowsPerSecond), "learningRate": .double(run.rate(of: entry.step)),
      "gradientNorm": .double(Double(result.gradientNorm)), "state": .string("\(entry.state)"),
    ])
  }

  private func measure(_ validation: inout Validation, _ run: Run) throws {
    guard let loss = try validation.measure(run) else { return }
    context.output.json(["step": .int(run.state.step), "validationLoss": .double(loss)])
    context.output.text(
      "step \(Quantity.count(run.state.step)): validation loss \(Quantity.fixed(loss, 4))")
  }

  private func close(_ run: Run, _ files: RunFiles, rowsPerSecond: Double) {
    let root = run.transcript.root
    context.output.json([
      "finished": .bool(run.isFinished), "steps": .int(run.state.step),
      "transcriptRoot": .string("\(root)"), "recipe": .string("\(recipe.cid)"),
      "state": .string("\(run.state.hash)"), "tokensPerSecond": .double(rowsPerSecond),
      "peakRSS": .int(Resources.peakBytes), "out": .string(files.directory),
    ])
    let loss = run.transcript.entries.last.map { Quantity.fixed(Double($0.loss), 4) } ?? "none"
    context.output.text(
      run.isFinished
        ? "\(files.directory): \(Quantity.count(run.state.step, "step")), last loss \(loss)"
        : "Stopped after \(Quantity.count(run.state.step, "step")), last loss \(loss); run the same "
          + "command again to go on")
    context.output.text(
      "transcript \(root), \(Quantity.count(Int(rowsPerSecond))) tokens/s, "
        + "\(Quantity.bytes(Resources.peakBytes)) at most")
  }
}
