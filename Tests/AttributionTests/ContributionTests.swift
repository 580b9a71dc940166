// Contributions are the same however a run is executed, and mean what they say
// (Specs/Contributions.md).

import CanonicalMath
import Checkpoints
import Content
import Cryptography
import Learning
import Testing

@testable import Attribution

@Suite(.serialized) struct ContributionTests {
  @Test func everyKernelVariantAndThreadCountMeasuresTheSame() throws {
    let trial = Trial(steps: 9)
    let expected = try trial.run().run.transcript.root
    let (variant, threads) = (Kernels.current, Kernels.threads)
    defer {
      try? Kernels.use(variant)
      Kernels.threads = threads
    }
    for variant in Kernels.available {
      try Kernels.use(variant)
      for threads in [1, 2, 4] {
        Kernels.threads = threads
        #expect(try trial.run().run.transcript.root == expected, "\(variant), \(threads)")
        #expect(try trial.run(.inputs).run.transcript.root == expected, "\(variant), small memory")
      }
    }
  }

  /// Whoever reads a transcript knows the folds from the recipe alone, without the yardstick's texts.
  @Test func aRecipeHasNoMoreFoldsThanUsableRecordsOfItsYardstick() throws {
    var trial = Trial()
    let unusable = TokenRecord(tokens: [1, 2], counts: [false, false])
    trial.yardstick.replaceSubrange(0..<4, with: Array(repeating: unusable, count: 4))
    #expect(throws: Never.self) { try trial.measure() }
    trial.recipe.yardstick?.folds = 3
    #expect(throws: MeasureError.tooManyFolds(3, 2)) { try trial.measure() }
    // A run that claims to have been measured so is refuted by its structure.
    let honest = Trial()
    var evidence = RunEvidence(
      recipe: honest.recipe, transcript: try honest.run().run.transcript, records: honest.records,
      names: honest.names, yardstick: honest.yardstick)
    #expect(evidence.structureFaults().isEmpty)
    evidence.yardstick = trial.yardstick
    #expect(evidence.structureFaults().isEmpty, "two folds of two usable records")
    evidence.yardstick = Array(repeating: unusable, count: 5) + [honest.yardstick[0]]
    #expect(
      evidence.structureFaults().first?.what.contains("2 folds of a yardstick with 1") == true)
  }

  /// 40, 60, 50, 70 have the jackknife's variance 4/3·500 and t = 3.182; a second run with the sum 250
  /// adds (250 − 220)²/2, and together they have as many degrees of freedom as Welch says.
  @Test func anotherSeedWidensTheInterval() throws {
    var trial = Trial()
    trial.recipe.yardstick?.folds = 4
    let folds = try FoldScores(trial.run().run.transcript, recipe: trial.recipe)
    let sums: [Int64] = [40, 60, 50, 70]
    let alone = try #require(try folds.interval(of: sums))
    #expect(alone == ScoreInterval(sum: 220, low: 220 - 83, high: 220 + 83))
    let both = try #require(try folds.interval(of: sums, repeated: [250]))
    // √(666.67 + 450) · 4.303 at ⌊1116.67²/(666.67²/3 + 450²/1)⌋ = 3 degrees: 3.182.
    #expect(both == ScoreInterval(sum: 220, low: 220 - 107, high: 220 + 107))
    let same = try #require(try folds.interval(of: sums, repeated: [220, 220]))
    #expect(same == alone, "seeds that agree add nothing")
  }

  @Test func aRepetitionHasItsOwnRecipeAndTheRunsLength() throws {
    let trial = Trial()
    let evidence = RunEvidence(
      recipe: trial.recipe, transcript: try trial.run().run.transcript, records: trial.records,
      names: trial.names, yardstick: trial.yardstick)
    var again = trial
    again.recipe = Repetition.recipe(trial.recipe, number: 2)
    let repetition = try again.run().run.transcript
    #expect(repetition.entries[0].state != evidence.transcript.entries[0].state)
    #expect(Repetition.fault(repetition, number: 2, of: evidence) == nil)
    #expect(
      Repetition.fault(repetition, number: 1, of: evidence)?.contains("another recipe") == true)
    var short = Transcript(recipe: again.recipe.cid)
    for entry in repetition.entries.dropLast() { short.append(entry) }
    #expect(Repetition.fault(short, number: 2, of: evidence)?.contains("19 steps") == true)
  }

  @Test func measuringChangesNothingInTheRun() throws {
    let trial = Trial()
    let measured = try trial.run().run
    var plain = try Run(trial.recipe, trainer: trial.trainer(), records: trial.records)
    while !plain.isFinished { _ = try plain.advance() }
    #expect(measured.state.hash == plain.state.hash)
    #expect(measured.transcript.entries.map(\.loss) == plain.transcript.entries.map(\.loss))
  }

  @Test func aRunGoesOnFromEveryCheckpointToTheSameRoot() throws {
    let trial = Trial()
    let (whole, kept) = try trial.run()
    for kept in kept.dropLast() {
      let bytes = try StateFile.bytes(kept, recipe: trial.recipe.cid)
      let again = try StateFile.kept(
        .init(bytes: bytes, name: "state"), layout: kept.state.layout, recipe: trial.recipe.cid)
      // Only where the next step needs it is the gradient kept.
      #expect(again.gradient.isEmpty == (kept.state.step % 4 == 0))
      var trainer = trial.trainer()
      trainer.restore(again.state)
      var measure = try trial.measure()
      measure.resume(after: whole.transcript.entries[again.state.step], gradient: again.gradient)
      var run = try Run(
        trial.recipe, trainer: trainer, records: trial.records, transcript: whole.transcript)
      while !run.isFinished { _ = try run.advance(measuring: &measure) }
      #expect(run.transcript == whole.transcript)
    }
  }

  @Test func aStepsContributionsAddUpToItsMovementAlongTheYardstick() throws {
    // Without momentum and clipping a step moves the parameters by rate · ĝ/(√v̂+ε) exactly, so its
    // contributions are what the yardstick's own step predicts: ⟨g, P⟩ · rate.
    var trial = Trial()
    trial.recipe.optimizer.beta1 = 0
    trial.recipe.optimizer.maximumNorm = 0
    var run = try Run(trial.recipe, trainer: trial.trainer(), records: trial.records)
    var measure = try trial.measure()
    for step in 1...6 {
      let before = run.trainer
      _ = try run.advance(measuring: &measure)
      let entry = run.transcript.entries[step]
      var trainer = before
      var unobserved = Unobserved()
      _ = try trainer.gradient(
        of: entry.records.map { trial.records[$0] }, observer: &unobserved)
      let direction = measure.direction(step, before.state)
      let product = zip(trainer.gradients, direction).reduce(0.0) { sum, pair in
        sum + zip(pair.0.elements, pair.1.elements).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      }
      let expected = product * run.rate(of: step)
      let sum = Score.loss(entry.contributions.reduce(0, +))
      #expect(abs(sum - expected) < 1e-5 * abs(expected) + 1e-9, "\(step): \(sum), \(expected)")
    }
  }

  @Test func smallStepsAreExplainedAlmostWhole() throws {
    var trial = Trial(steps: 60)
    trial.recipe.optimizer.learningRate = 0.001
    trial.recipe.schedule = Schedule()
    trial.recipe.yardstick?.stepsPerRefresh = 1
    trial.recipe.yardstick?.folds = 1
    let (run, _) = try trial.run()
    var before = LossMeter(trial.transformer, adapter: nil)
    var after = LossMeter(trial.transformer, adapter: run.trainer.adapter)
    func mean(_ losses: [[Float]]) -> Double {
      let all = losses.joined()
      return all.reduce(0) { $0 + Double($1) } / Double(all.count)
    }
    let drop = mean(before.losses(of: trial.yardstick)) - mean(after.losses(of: trial.yardstick))
    let scores = try ScoreList(run.transcript, names: trial.names)
    let explained = Score.loss(scores.scores.reduce(0, +))
    #expect(drop > 0.002)
    #expect(abs(explained - drop) < 0.35 * drop, "explained \(explained) of \(drop)")
  }

  @Test func theEffectiveRatesOfARunAddUpToItsRates() {
    // What each gradient does over all steps is what each step does with all gradients.
    var recipe = Trial(steps: 40).recipe
    recipe.optimizer.beta1 = 0.9
    let effective = EffectiveRate(recipe)
    let sum = (1...40).reduce(0.0) { $0 + effective(step: $1) }
    let rates = (1...40).reduce(0.0) {
      $0 + recipe.schedule.rate(recipe.optimizer.learningRate, step: $1, of: 40)
    }
    #expect(abs(sum - rates) < 1e-12)
  }

  @Test func scoresAreExactAndKnowTheirLimits() {
    #expect(Score.rounded(1) == 1 << 40)
    #expect(Score.rounded(-0x1.8p-40) == -2)
    #expect(Score.rounded(0x1p-41) == 0)
    #expect(Score.rounded(64) == 1 << 46)
    #expect(Score.rounded(64.5) == nil)
    #expect(Score.rounded(.nan) == nil)
    #expect(Score.rounded(-.infinity) == nil)
  }
}
