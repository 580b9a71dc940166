// One verification, from the structure to the adapter, with what each part cost
// (Specs/Verification.md).

import Attribution
import Checkpoints
import Claims
import Content
import Cryptography
import JSON
import Learning
import Store
import Terminal

/// How much of a run is executed again.
enum VerificationScope: Equatable {
  case structure
  case samples(Int)
  case full

  /// What is checked when nothing is said: enough to catch, with 99 %, who falsified 5 % of the steps.
  static let confidence = 0.99
  static let share = 0.05

  init(_ options: Invocation, steps: Int) throws {
    let given = ["samples", "confidence", "full", "structure-only"].filter {
      options.has($0) || options.text($0) != nil
    }
    guard given.count <= 1 else {
      throw Failure.usage(
        "give one of --samples, --confidence, --full and --structure-only")
    }
    if options.has("structure-only") {
      self = .structure
    } else if options.has("full") {
      self = .full
    } else if let samples = options.integer("samples") {
      self = .samples(min(samples, steps))
    } else {
      let confidence = options.number("confidence") ?? Self.confidence
      let share = options.number("fraction") ?? Self.share
      guard confidence > 0, confidence < 1, share > 0, share <= 1 else {
        throw Failure.usage("--confidence lies between 0 and 1, and --fraction above 0 up to 1")
      }
      self = .samples(Confidence.samples(confidence, share: share, of: steps))
    }
  }
}

struct RunVerification {
  let context: Context
  let run: RunUnderTest
  /// Nil for a plain directory.
  let published: RunBook.Entry?
  /// The claim of the run; of a plain directory the recipe stands for it.
  private var claim: CID { published?.cid ?? run.evidence.recipe.cid }
  private var table = Table(["", "found", ">took"], elastic: 1)
  private var started = Moment.monotonic()

  init(_ run: RunUnderTest, published: RunBook.Entry? = nil, _ context: Context) {
    self.run = run
    self.context = context
    self.published = published
  }

  private mutating func row(_ part: String, _ found: String) {
    let now = Moment.monotonic()
    table.row([part, found, Quantity.duration(now - started)])
    context.output.json([
      "part": .string(part), "found": .string(found), "seconds": .double(now - started),
    ])
    started = now
  }

  /// Shows the table, and returns what was found.
  mutating func find() throws -> VerificationFinding {
    let finding = try findings()
    context.show(table)
    return finding
  }

  private mutating func findings() throws -> VerificationFinding {
    let evidence = run.evidence
    if let fault = run.originFault {
      row("origin", fault)
      return refuted(fault, .origin)
    }
    try evidence.check()
    row(
      "data",
      "\(Quantity.count(evidence.names.count, "record")) of the recipe"
        + (evidence.recipe.yardstick == nil
          ? "; no yardstick, so no contributions"
          : ", \(Quantity.count(evidence.yardstickNames.count)) of its yardstick"))
    let faults = evidence.structureFaults()
    if let fault = faults.first {
      row("structure", fault.what)
      return refuted(fault.what, fault.refutation)
    }
    row(
      "structure",
      "\(Quantity.count(evidence.stepCount, "step")), each with the records of the recipe's order")
    let scope = try VerificationScope(context.invocation, steps: evidence.stepCount)
    var finding = VerificationFinding(.held)
    finding.stepCount = evidence.stepCount
    if scope == .structure { return finding }
    let trainer = try run.trainer()
    row("loading", "the base, and the first state from the recipe's seed")
    let draw = draw(scope)
    let plan =
      draw.map {
        VerificationPlan(
          $0.steps.ranges.joined(), kept: run.keptSteps, yardstick: evidence.recipe.yardstick)
      } ?? VerificationPlan(everyStepOf: evidence.stepCount)
    let report = try execute(plan, trainer)
    finding.draw = draw
    finding.steps = report.executed.ranges.map { [$0.lowerBound, $0.count] }
    finding.isFull = scope == .full
    finding.drawnCount = plan.drawn.count
    let executed = "\(Quantity.count(report.executed.count)) executed again, all as claimed"
    switch report.result {
    case .unavailable(let what):
      row("steps", what)
      finding.result = .unavailable
      finding.reason = what
      finding.isStopped = Self.isStopped
      finding.isMissing = !finding.isStopped
      return finding
    case .refuted(let what, let refutation, let chunks):
      row("steps", what)
      var refuted = refuted(what, refutation, chunks)
      refuted.steps = finding.steps
      return refuted
    case .held:
      row(
        "steps",
        scope == .full ? executed : "\(Quantity.count(plan.drawn.count)) drawn, \(executed)")
    }
    if let problem = try adapterProblem(trainer.state.layout) {
      row("adapter", problem)
      var refuted = refuted(problem, .adapter)
      refuted.steps = finding.steps
      return refuted
    }
    if let problem = try repetitionProblem(isExecuted: scope == .full) {
      row("seeds", problem)
      // No step of the run is wrong: what hangs on the repetitions are the intervals alone.
      return VerificationFinding(.refuted, problem)
    }
    return finding
  }

  /// Adds its row when the run has repetitions from other seeds.
  private mutating func repetitionProblem(isExecuted: Bool) throws -> String? {
    guard !run.repetitions.isEmpty else { return nil }
    for (place, transcript) in run.repetitions.enumerated() {
      let number = place + 1
      if let fault = Repetition.fault(transcript, number: number, of: run.evidence) {
        return fault
      }
      guard isExecuted else { continue }
      let evidence = Repetition.evidence(transcript, number: number, of: run.evidence)
      let trainer = try run.trainer(evidence.recipe)
      let report = try execute(VerificationPlan(everyStepOf: evidence.stepCount), trainer, evidence)
      if case .refuted(let what, _, _) = report.result { return "repetition \(number): \(what)" }
    }
    let count = Quantity.count(run.repetitions.count, "repetition")
    row("seeds", isExecuted ? "\(count) executed again" : "\(count), compared but not executed")
    return nil
  }

  private func refuted(
    _ what: String, _ refutation: Refutation, _ chunks: [ProofBlock] = []
  ) -> VerificationFinding {
    var finding = VerificationFinding(.refuted, what)
    finding.proof = FraudProof(run: claim, refutation).value.encoded()
    finding.chunks = chunks.map(\.bytes)
    return finding
  }

  /// Nil when every step is executed.
  private func draw(_ scope: VerificationScope) -> Verdict.Draw? {
    guard case .samples(let count) = scope else { return nil }
    // The verifier's own randomness: nobody knew it when the run was published.
    var generator = SystemRandomNumberGenerator()
    let bytes = SHA256.hash((0..<64).map { _ in UInt8.random(in: 0...255, using: &generator) })
    let own = try? IdentityKeeper.summary(in: context.home).publicKey
    if let published, let own, let budget = VerificationChild.budget {
      return VerificationAgenda.draw(published, own: own, bytes: bytes, count: budget.steps)
    }
    let steps = StepDraw.steps(
      StepDraw.seed(bytes, run: claim.digest, verifier: own), of: run.evidence.stepCount,
      count: count)
    return Verdict.Draw(bytes: bytes, steps: StepSet(steps))
  }

  /// Somebody wants it to end, or nobody waits for it any more.
  private static var isStopped: Bool {
    Interruption.isRequested || VerificationChild.budget?.isAlone == true
  }

  private func execute(
    _ plan: VerificationPlan, _ trainer: Trainer, _ evidence: RunEvidence? = nil
  ) throws -> VerificationReport {
    let progress = context.progress(
      "verifying", unit: .things(singular: "step", plural: "steps"),
      total: plan.executed.count)
    defer { progress.finish() }
    var source = Source(
      run: run, layout: trainer.state.layout, progress: progress, total: plan.executed.count)
    var verifier = try Verifier(evidence ?? run.evidence, trainer: trainer)
    return try verifier.verify(plan, source: &source)
  }

  private struct Source: VerificationSource {
    let run: RunUnderTest
    let layout: ParameterLayout
    let progress: Progress
    let total: Int
    var done = 0

    mutating func keptState(after step: Int) throws -> KeptState? {
      try run.keptState(after: step, layout: layout)
    }

    mutating func willExecute(step: Int) -> Bool {
      progress.set(done: done, item: "step \(Quantity.count(step))")
      VerificationChild.tell(done: done, of: total)
      done += 1
      return !RunVerification.isStopped
    }
  }

  /// Adds its row when there is an adapter to look at.
  private mutating func adapterProblem(_ layout: ParameterLayout) throws -> String? {
    let last = run.evidence.stepCount
    guard let adapter = try run.adapter() else {
      row("adapter", "none is here")
      return nil
    }
    guard let kept = try run.keptState(after: last, layout: layout) else {
      row("adapter", "not compared: the last state is not here")
      return nil
    }
    guard kept.state.hash == run.evidence.transcript.entries[last].state else {
      return "the last kept state is not the one in the transcript"
    }
    if let problem = AdapterCheck.problem(
      adapter, last: kept.state, recipe: run.evidence.recipe)
    {
      return problem
    }
    row("adapter", "the last state's, bit for bit")
    return nil
  }
}
