// Runs, shares and verdicts as people live them (Specs/Merge.md, "Runs").

import Claims
import Content
import Cryptography
import Histories
import Testing

@Suite struct RunStoryTests {
  let ada = Person("ada")
  let ben = Person("ben")
  let cleo = Person("cleo")
  let dan = Person("dan")
  let eve = Person("eve")
  let genesis: Claim

  init() throws {
    genesis = try ada.found(Genesis(name: "birds"))
    for person in [ben, cleo, dan, eve] { person.join(genesis) }
  }

  private func state() throws -> DatanetState {
    let claims = [ada, ben, cleo, dan, eve].flatMap(\.chain)
    return try #require(DatanetState(genesis: genesis, claims: claims))
  }

  private func run(over milestone: Claim, leftOut: [EntryID] = []) -> ClaimContent {
    .run(
      PublishedRun(
        recipe: manifest("recipe"), milestone: milestone.cid, snapshot: manifest("snapshot"),
        leftOut: leftOut, base: EntryID(claim: manifest("base")),
        yardstick: EntryID(claim: manifest("yardstick")), transcript: manifest("transcript"),
        root: manifest("root").digest, checkpoints: manifest("checkpoints"),
        adapter: manifest("adapter"), shares: manifest("tree").digest, steps: 100, records: 10,
        bytes: 1000))
  }

  private func milestone(of people: [Person]) throws -> Claim {
    try ada.say(
      .milestone(
        Milestone(
          people.filter { $0.count > 0 }.map {
            .init(author: $0.key, count: $0.count, head: $0.chain.last!.digest)
          })))
  }

  private func verdict(
    _ run: Claim, _ result: Verdict.Result, _ scope: Verdict.Scope = .structure,
    proof: CID? = nil
  ) -> ClaimContent {
    .verdict([Verdict(run: run.cid, result: result, scope: scope, proof: proof)])
  }

  @Test func aRunIsClaimedThenSpotCheckedThenReExecuted() throws {
    let run = try ben.say(run(over: milestone(of: [])))
    #expect(try state().runs[run.digest]?.checks.state == .claimed)
    _ = try ada.say(
      .grant([Grant(cleo.key, .verifier, from: 0), Grant(dan.key, .verifier, from: 0)]))
    _ = try cleo.say(verdict(run, .unavailable))
    #expect(try state().runs[run.digest]?.checks.state == .unavailable)
    _ = try cleo.say(verdict(run, .held, .steps(StepSet([3, 4, 90]))))
    _ = try dan.say(verdict(run, .held, .steps(StepSet([4, 17, 1000]))))
    var checks = try #require(try state().runs[run.digest]?.checks)
    #expect(checks.state == .spotChecked)
    #expect(checks.spotCheckers == 2)
    #expect(checks.coveredSteps == 4)
    #expect(checks.drawnSteps == 0)
    // What was drawn counts once, however often and by whoever it was drawn.
    for (person, steps, drawn) in [
      (cleo, [3, 4, 5], [3, 5]), (cleo, [5], [5]), (dan, [5, 17], [5, 17]), (dan, [8], [8, 9]),
    ] {
      let draw = Verdict.Draw(bytes: manifest("draw").digest, steps: StepSet(drawn))
      _ = try person.say(
        .verdict([
          Verdict(run: run.cid, result: .held, scope: .steps(StepSet(steps)), draw: draw)
        ]))
    }
    checks = try #require(try state().runs[run.digest]?.checks)
    #expect(checks.drawnSteps == 3, "3, 5 and 17; step 9 was not executed, so that draw is none")
    #expect(checks.drawnStepsWithoutOne == 2)
    _ = try dan.say(verdict(run, .held, .full))
    checks = try #require(try state().runs[run.digest]?.checks)
    #expect(checks.state == .reExecuted)
    #expect(checks.fullCheckers == 1)
    #expect(checks.coveredSteps == 100)
    #expect(checks.drawnSteps == 100)
    #expect(checks.drawnStepsWithoutOne == 2)
  }

  @Test func strangersAndTheTrainerDecideNothing() throws {
    let run = try ben.say(run(over: milestone(of: [])))
    _ = try ben.say(verdict(run, .held, .full))
    _ = try eve.say(verdict(run, .held, .full))
    _ = try dan.say(verdict(run, .refuted))
    let checks = try #require(try state().runs[run.digest]?.checks)
    #expect(checks.state == .claimed)
    #expect(checks.verifiers.isEmpty)
    #expect(Set(checks.voices.map(\.author)) == [eve.key, dan.key])
  }

  @Test func anOpinionRefutesNothingAndAProofDoesOnceAVerifierSawIt() throws {
    let run = try ben.say(run(over: milestone(of: [])))
    _ = try ada.say(.grant([Grant(cleo.key, .verifier, from: 0)]))
    _ = try cleo.say(verdict(run, .held, .steps(StepSet([1]))))
    _ = try cleo.say(verdict(run, .refuted))
    var checks = try #require(try state().runs[run.digest]?.checks)
    #expect(checks.opinions == 1)
    #expect(checks.state == .spotChecked)
    // A stranger's proof waits for a verifier.
    _ = try eve.say(verdict(run, .refuted, .steps(StepSet([7])), proof: manifest("proof")))
    checks = try #require(try state().runs[run.digest]?.checks)
    #expect(checks.state == .disputed)
    _ = try cleo.say(verdict(run, .refuted, .steps(StepSet([7])), proof: manifest("proof")))
    checks = try #require(try state().runs[run.digest]?.checks)
    #expect(checks.state == .refuted)
    #expect(checks.proofs.map(\.accusers) == [[cleo.key, eve.key].sorted()])
  }

  @Test func aFalseFraudProofIsNamed() throws {
    let run = try ben.say(run(over: milestone(of: [])))
    _ = try ada.say(
      .grant([Grant(cleo.key, .verifier, from: 0), Grant(dan.key, .verifier, from: 0)]))
    _ = try eve.say(verdict(run, .refuted, .steps(StepSet([7])), proof: manifest("lie")))
    _ = try cleo.say(verdict(run, .held, .steps(StepSet([7])), proof: manifest("lie")))
    var checks = try #require(try state().runs[run.digest]?.checks)
    #expect(checks.falseAccusers == [eve.key])
    #expect(checks.state == .claimed)
    // One verifier against another: open, until the founder has executed it.
    _ = try dan.say(verdict(run, .refuted, .steps(StepSet([7])), proof: manifest("lie")))
    #expect(try state().runs[run.digest]?.checks.state == .disputed)
    _ = try ada.say(verdict(run, .held, .steps(StepSet([7])), proof: manifest("lie")))
    checks = try #require(try state().runs[run.digest]?.checks)
    #expect(checks.falseAccusers == [dan.key, eve.key].sorted())
  }

  @Test func whatARunUsedAndWasRetractedSinceIsFlagged() throws {
    let early = try cleo.say(contribution("early"))
    let kept = try cleo.say(contribution("kept"))
    let gone = try dan.say(contribution("gone"))
    _ = try dan.say(.retraction(Retraction([EntryID(claim: gone.digest)])))
    let milestone = try milestone(of: [cleo, dan])
    let late = try dan.say(contribution("late"))
    let run = try ben.say(run(over: milestone))
    #expect(try state().runs[run.digest]?.retracted == [])
    _ = try cleo.say(.retraction(Retraction([EntryID(claim: early.digest)])))
    _ = try dan.say(.retraction(Retraction([EntryID(claim: late.digest)])))
    #expect(try state().runs[run.digest]?.retracted == [EntryID(claim: early.digest)])
    // A run that left it out did not use it.
    let other = try eve.say(
      self.run(over: milestone, leftOut: [EntryID(claim: early.digest)]))
    #expect(try state().runs[other.digest]?.retracted == [])
    #expect(kept != early)
  }

  @Test func sharesAreTheTrainersNewestWithTheRunsRoot() throws {
    let run = try ben.say(run(over: milestone(of: [])))
    func shares(_ root: String, _ sum: Int64) -> ClaimContent {
      .attribution(
        PublishedShares(
          run: run.cid, root: manifest(root).digest,
          parts: [.init(contributor: cleo.key, records: 1, sum: sum, low: sum, high: sum)]))
    }
    _ = try ben.say(shares("tree", 5))
    _ = try ben.say(shares("another tree", 6))
    _ = try eve.say(shares("tree", 7))
    #expect(try state().runs[run.digest]?.shares?.total == 5)
  }

  @Test func bodiesThatBreakARuleCountForNothing() throws {
    func isMalformed(_ kind: String, _ body: Value) -> Bool {
      if case .malformed = ClaimContent(kind: kind, body: body) { true } else { false }
    }
    let run = Value.link(manifest("run"))
    func verdict(_ fields: Value) -> Value {
      var map = fields.map!
      map["run"] = run
      return ["items": [.map(map)]]
    }
    #expect(!isMalformed("verdict", verdict(["result": "held", "steps": [[1, 2], [4, 1]]])))
    #expect(isMalformed("verdict", verdict(["result": "held", "steps": [[1, 2], [3, 1]]])))
    #expect(isMalformed("verdict", verdict(["result": "held", "steps": [[0, 2]]])))
    #expect(isMalformed("verdict", verdict(["result": "held", "steps": [[1, 1]], "full": true])))
    #expect(isMalformed("verdict", verdict(["result": "held", "full": false])))
    #expect(isMalformed("verdict", verdict(["result": "maybe"])))
    #expect(isMalformed("verdict", verdict(["result": "unavailable", "proof": run])))
    let key = Value.bytes(ada.key.bytes)
    let other = Value.bytes(ben.key.bytes)
    func shares(_ items: Value) -> Value {
      ["run": run, "root": .bytes(manifest("x").digest.bytes), "items": items]
    }
    #expect(!isMalformed("attribution", shares([[key, 1, 9, 8, 10], [other, 1, -4, -5, -4]])))
    #expect(isMalformed("attribution", shares([[key, 1, 4, 4, 4], [other, 1, 9, 9, 9]])))
    #expect(isMalformed("attribution", shares([[key, 1, 9, 9, 9], [key, 1, 4, 4, 4]])))
    #expect(isMalformed("attribution", shares([[key, 1, 9, 10, 11]])))
    let huge = Value(PublishedShares.maximumSum - 1)
    #expect(
      isMalformed("attribution", shares([[key, 1, huge, huge, huge], [other, 1, 5, 5, 5]])))
  }
}
