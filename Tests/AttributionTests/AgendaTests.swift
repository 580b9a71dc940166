// What a peer takes up when it verifies in the background (Specs/Verification.md, "In the
// background").

import Attribution
import Claims
import Content
import Cryptography
import Histories
import Testing

@Suite struct AgendaTests {
  let ada = Person("ada")
  let ben = Person("ben")
  let cleo = Person("cleo")
  let genesis: Claim

  init() throws {
    genesis = try ada.found(Genesis(name: "birds"))
    for person in [ben, cleo] { person.join(genesis) }
    _ = try ada.say(.grant([Grant(cleo.key, .verifier, from: 0)]))
  }

  private func publish(_ name: String, steps: Int) throws -> Claim {
    let milestone = try ada.say(.milestone(Milestone([])))
    return try ben.say(
      .run(
        PublishedRun(
          recipe: manifest(name), milestone: milestone.cid, snapshot: manifest("snapshot"),
          base: EntryID(claim: manifest("base")), transcript: manifest("transcript"),
          root: manifest("root").digest, checkpoints: manifest("checkpoints"),
          adapter: manifest("adapter"), steps: steps, records: 10, bytes: 1000)))
  }

  private func state() throws -> DatanetState {
    try #require(DatanetState(genesis: genesis, claims: [ada, ben, cleo].flatMap(\.chain)))
  }

  private func next(for person: Person) throws -> VerificationAgenda.Task? {
    VerificationAgenda.next(try state().runs.runs, own: person.key)
  }

  private func draw(_ run: Claim, for person: Person, _ count: Int) throws -> Verdict.Draw {
    VerificationAgenda.draw(
      try #require(try state().runs[run.digest]), own: person.key, bytes: SHA256.hash([1]),
      count: count)
  }

  private func held(_ run: Claim, _ draw: Verdict.Draw) -> ClaimContent {
    .verdict([Verdict(run: run.cid, result: .held, scope: .steps(draw.steps), draw: draw)])
  }

  @Test func theRunOfWhichFewestStepsWereDrawnComesFirstAndItsUncheckedStepsBeforeOthers() throws {
    let first = try publish("one", steps: 4)
    let second = try publish("two", steps: 4)
    _ = try cleo.say(held(first, draw(first, for: cleo, 2)))
    #expect(try next(for: ada) == .steps(run: second.cid))
    #expect(try draw(second, for: ada, 3).steps.count == 3)
    _ = try cleo.say(held(second, draw(second, for: cleo, 3)))
    #expect(try next(for: ada) == .steps(run: first.cid))
    let cleos = try draw(first, for: cleo, 2)
    let unchecked = try draw(first, for: ada, 3)
    #expect(unchecked.steps.count == 2, "the two that cleo has not executed, and no more")
    #expect(unchecked.besides.count == 2 && cleos.besides.count == 2)
  }

  @Test func whoeverReadsAVerdictDrawsItsStepsAgain() throws {
    let run = try publish("one", steps: 50)
    let other = try publish("two", steps: 50)
    let draw = try draw(run, for: cleo, 7)
    func follows(_ draw: Verdict.Draw, _ run: Claim, _ person: Person) -> Bool {
      StepDraw.follows(draw, run: run.digest, verifier: person.key, of: 50)
    }
    #expect(follows(draw, run, cleo))
    // Another run, another verifier, other bytes, or steps that were chosen: not these steps.
    #expect(!follows(draw, other, cleo))
    #expect(!follows(draw, run, ada))
    let bytes = Verdict.Draw(bytes: SHA256.hash([2]), steps: draw.steps, besides: draw.besides)
    #expect(!follows(bytes, run, cleo))
    let chosen = Verdict.Draw(bytes: draw.bytes, steps: StepSet(1...7))
    #expect(!follows(chosen, run, cleo))
    let tooMany = Verdict.Draw(bytes: draw.bytes, steps: StepSet(1...60))
    #expect(!follows(tooMany, run, cleo))
  }

  @Test func anOpenFraudProofGoesBeforeEverythingAndOwnRunsAreLeftToOthers() throws {
    let run = try publish("one", steps: 4)
    #expect(try next(for: ben) == nil)
    let proof = CID(of: [7], codec: .dagCBOR)
    let dan = Person("dan")
    dan.join(genesis)
    _ = try dan.say(
      .verdict([Verdict(run: run.cid, result: .refuted, scope: .structure, proof: proof)]))
    let claims = [ada, ben, cleo, dan].flatMap(\.chain)
    let state = try #require(DatanetState(genesis: genesis, claims: claims))
    let task = VerificationAgenda.next(state.runs.runs, own: cleo.key)
    #expect(task == .proof(proof, run: run.cid))
    let passing = VerificationAgenda.next(
      state.runs.runs, own: cleo.key, passing: [run.digest])
    #expect(passing == nil)
  }

  @Test func nothingIsLeftWhenEveryStepWasExecuted() throws {
    let run = try publish("one", steps: 4)
    _ = try cleo.say(.verdict([Verdict(run: run.cid, result: .held, scope: .full)]))
    #expect(try next(for: cleo) == nil)
    #expect(try next(for: ada) == .steps(run: run.cid), "ada has not done it herself")
    #expect(try draw(run, for: ada, 9).steps.count == 4)
  }
}
