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

  private func next(for person: Person, limit: Int = 3) throws -> VerificationAgenda.Task? {
    let claims = [ada, ben, cleo].flatMap(\.chain)
    let state = try #require(DatanetState(genesis: genesis, claims: claims))
    return VerificationAgenda.next(
      state.runs.runs, own: person.key, draw: SHA256.hash([1]), stepLimit: limit)
  }

  @Test func theRunThatFewestCheckedComesFirstAndItsUncheckedStepsBeforeOthers() throws {
    let first = try publish("one", steps: 4)
    let second = try publish("two", steps: 4)
    _ = try cleo.say(
      .verdict([Verdict(run: first.cid, result: .held, scope: .steps(StepSet([1, 2])))]))
    guard case .steps(let steps, let run) = try next(for: ada) else {
      Issue.record("nothing to do")
      return
    }
    #expect(run == second.cid)
    #expect(steps.count == 3)
    _ = try cleo.say(
      .verdict([Verdict(run: second.cid, result: .held, scope: .steps(StepSet([1, 2, 3])))]))
    guard case .steps(let unchecked, first.cid) = try next(for: ada, limit: 2) else {
      Issue.record("not the run that is checked less")
      return
    }
    #expect(unchecked == [3, 4])
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
    let task = VerificationAgenda.next(
      state.runs.runs, own: cleo.key, draw: SHA256.hash([1]), stepLimit: 3)
    #expect(task == .proof(proof, run: run.cid))
  }

  @Test func nothingIsLeftWhenEveryStepWasExecuted() throws {
    let run = try publish("one", steps: 4)
    _ = try cleo.say(.verdict([Verdict(run: run.cid, result: .held, scope: .full)]))
    #expect(try next(for: cleo) == nil)
    guard case .steps(_, run.cid) = try next(for: ada) else {
      Issue.record("ada has not done it herself")
      return
    }
  }
}
