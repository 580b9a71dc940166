// No lie is accepted when every step is executed again, and each is caught at the predicted rate when
// some are (Specs/Verification.md, "Lies that were tried"). `make lies` tries 1,000 seeds.

import CanonicalMath
import Claims
import Content
import Cryptography
import Glibc
import Learning
import Testing

@testable import Attribution

@Suite(.serialized) struct LieTests {
  /// Runs with each lie; 84 · 12 = 1,008 with `make lies`.
  private static let seedCount = unsafe getenv("DATANET_LIES") == nil ? 20 : 84

  /// With even seeds each step computes the yardstick's gradient anew, so that exactly the drawn
  /// steps are executed and the formula is exact.
  private func trial(_ seed: UInt64) -> Trial {
    var trial = Trial(seed: seed, count: 9, steps: 12)
    if seed % 2 == 0 { trial.recipe.yardstick?.stepsPerRefresh = 1 }
    return trial
  }

  /// What a verifier does with a run: structure, steps, end.
  private func verdict(
    _ published: Published, _ plan: VerificationPlan
  ) throws -> VerificationReport.Result {
    if let fault = published.evidence.structureFaults().first {
      return .refuted(fault.what, fault.refutation, chunks: [])
    }
    var source = published
    var verifier = try Verifier(published.evidence, trainer: published.trainer)
    let report = try verifier.verify(plan, source: &source)
    if case .held = report.result, let last = published.kept[published.evidence.stepCount],
      let problem = AdapterCheck.problem(
        published.adapter, last: last.state, recipe: published.evidence.recipe)
    {
      return .refuted(problem, .adapter, chunks: [])
    }
    return report.result
  }

  /// Whoever has nothing but the claim, the recipe's data and the proof sees the same.
  private func confirms(
    _ refutation: Refutation, _ chunks: [ProofBlock], _ published: Published
  ) throws -> FraudFinding? {
    let run = CID(of: [1], codec: .dagCBOR)
    let proof = try FraudProof(block: FraudProof(run: run, refutation).value.encoded())
    #expect(proof.refutation == refutation)
    let signed = try #require(published.evidence.signed)
    switch proof.refutation {
    case .step(let before, let claimed, let state):
      return try FraudCheck.step(
        before: before, claimed: claimed, state: state, evidence: published.evidence,
        signed: signed, trainer: published.trainer
      ) { cid in chunks.first { $0.cid == cid }?.bytes }
    default:
      return try FraudCheck.published(
        proof.refutation, evidence: published.evidence, trainer: published.trainer,
        kept: { published.kept[$0] }, adapter: { published.adapter })
    }
  }

  @Test(arguments: Lie.allCases)
  func isRefutedByEveryStepAndCaughtAtThePredictedRateBySome(_ lie: Lie) throws {
    var (expected, variance, caught) = (0.0, 0.0, 0)
    for seed in 1...UInt64(Self.seedCount) {
      let trial = trial(seed)
      var draws = SeededDraws(seed: seed &* 1000)
      let (published, falsified) = try lie.tell(trial, &draws)
      let steps = published.evidence.stepCount
      guard
        case .refuted(_, let refutation, let chunks) = try verdict(
          published, VerificationPlan(everyStepOf: steps))
      else {
        Issue.record("\(lie), seed \(seed): accepted under full verification")
        continue
      }
      guard case .confirmed = try confirms(refutation, chunks, published) else {
        Issue.record("\(lie), seed \(seed): the fraud proof shows nothing")
        continue
      }
      // Every state is kept.
      let count = 1 + draws.below(5)
      let plan = VerificationPlan(
        draw: SHA256.hash([UInt8(seed & 255), 7]), count: count, of: steps,
        kept: Array(1...steps), yardstick: trial.recipe.yardstick)
      let isPlain = falsified.isEmpty || !published.evidence.structureFaults().isEmpty
      let isCaught =
        if case .refuted = try verdict(published, plan) { true } else { false }
      #expect(
        isCaught == (isPlain || falsified.contains { plan.executed.contains($0) }),
        "\(lie), seed \(seed)")
      guard trial.recipe.yardstick?.stepsPerRefresh == 1 else { continue }
      #expect(plan.executed.count == count)
      let predicted =
        isPlain ? 1 : Confidence.caught(falsified: falsified.count, of: steps, checked: count)
      expected += predicted
      variance += predicted * (1 - predicted)
      if isCaught { caught += 1 }
    }
    #expect(
      abs(Double(caught) - expected) <= 4 * variance.squareRoot() + 1e-9,
      "\(lie): \(caught) caught, \(expected) predicted")
  }

  @Test func theTruthHolds() throws {
    for seed in 1...UInt64(Self.seedCount) {
      let published = try Workshop(trial(seed)).publish()
      guard case .held = try verdict(published, VerificationPlan(everyStepOf: 12)) else {
        Issue.record("seed \(seed): an honest run was refuted")
        continue
      }
    }
  }

  @Test func aFalseFraudProofIsSeenThrough() throws {
    let published = try Workshop(trial(1)).publish()
    let evidence = published.evidence
    func finding(_ step: Int, _ change: (inout KeptState, inout StepEntry) -> Void) throws
      -> FraudFinding
    {
      var kept = try #require(published.kept[step - 1])
      var claimed = evidence.transcript.entries[step]
      change(&kept, &claimed)
      let bytes = try StateFile.bytes(kept, recipe: evidence.recipe.cid)
      let (file, chunks) = try ChunkedFile.cut(bytes)
      return try FraudCheck.step(
        before: CommittedEntry(evidence.transcript, step: step - 1),
        claimed: CommittedEntry(
          entry: claimed, path: evidence.transcript.tree.proof(of: step)), state: file,
        evidence: evidence, signed: try #require(evidence.signed), trainer: published.trainer
      ) { cid in chunks.first { $0.cid == cid }?.bytes }
    }
    let changes: [(String, (inout KeptState, inout StepEntry) -> Void)] = [
      ("the truth", { _, _ in }),
      ("an entry that was never signed", { $1.contributions[0] += 1 }),
      ("another state", { kept, _ in kept.state = kept.state.flipping(4) }),
      (
        "another gradient",
        { kept, _ in
          if !kept.gradient.isEmpty { kept.gradient[0][0, 0] += 1 }
        }
      ),
    ]
    for (name, change) in changes {
      for step in [2, 4, 7] {
        guard case .unfounded = try finding(step, change) else {
          Issue.record("\(name), step \(step): believed")
          continue
        }
      }
    }
    for refutation in [
      Refutation.start, .transcript(step: 3), .checkpoint(step: 5), .checkpoint(step: 99), .shares,
      .adapter,
    ] {
      let finding = try FraudCheck.published(
        refutation, evidence: evidence, trainer: published.trainer,
        kept: { published.kept[$0] }, adapter: { published.adapter })
      guard case .unfounded = finding else {
        Issue.record("\(refutation): believed")
        continue
      }
    }
  }

  @Test func aWithheldStateMakesARunUnavailableAndNotFalse() throws {
    var published = try Workshop(trial(2)).publish()
    published.kept = published.kept.filter { $0.key < 6 }
    let plan = VerificationPlan(
      [2, 9], kept: Array(1...12), yardstick: published.evidence.recipe.yardstick)
    guard case .unavailable = try verdict(published, plan) else {
      Issue.record("not unavailable")
      return
    }
  }

  @Test func aPlanStartsFromTheNearestKeptState() {
    let plan = VerificationPlan([3, 12, 14, 55, 10], kept: [5, 10, 50], yardstick: nil)
    #expect(plan.drawn == [3, 10, 12, 14, 55])
    #expect(plan.stretches.map(\.start) == [0, 5, 10, 50])
    #expect(plan.stretches.map(\.steps) == [1...3, 6...10, 11...14, 51...55])
    #expect(plan.executed.count == 3 + 5 + 4 + 5)
    // The gradient of step 55 was computed before step 49, and that of 14 before step 13.
    let yardstick = Yardstick(
      records: RecordList(names: []), stepsPerRefresh: 12, folds: 1)
    let measured = VerificationPlan([14, 55], kept: [5, 10, 50], yardstick: yardstick)
    #expect(measured.stretches.map(\.steps) == [11...55])
  }

  @Test func theChanceOfBeingCaughtIsCounted() {
    #expect(Confidence.caught(falsified: 1, of: 10, checked: 3) == 1 - 0.7)
    // 5 of 100 are false and 10 are checked: 1 − C(95,10)/C(100,10).
    #expect(abs(Confidence.caught(falsified: 5, of: 100, checked: 10) - 0.416_247_6) < 1e-6)
    #expect(Confidence.caught(falsified: 5, of: 100, checked: 96) == 1)
    #expect(Confidence.samples(0.99, share: 0.05, of: 1_000_000) == 90)
    #expect(Confidence.samples(0.99, share: 1, of: 100) == 1)
    for (share, steps) in [(0.05, 200), (0.01, 77), (0.3, 9)] {
      let count = Confidence.samples(0.99, share: share, of: steps)
      let falsified = Confidence.steps(share, of: steps)
      #expect(Confidence.caught(falsified: falsified, of: steps, checked: count) >= 0.99)
      #expect(Confidence.caught(falsified: falsified, of: steps, checked: count - 1) < 0.99)
      #expect(Confidence.share(0.99, of: steps, checked: count) <= share + 1 / Double(steps))
    }
  }
}
