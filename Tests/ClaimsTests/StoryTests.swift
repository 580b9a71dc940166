// The rules of the merge, told as stories of ada who founds, ben and cleo who curate, and eve who
// cheats (Specs/Merge.md, "Attacks on paper").

import Claims
import Content
import Cryptography
import Histories
import Testing

@Suite struct StoryTests {
  let ada = Person("ada")
  let ben = Person("ben")
  let cleo = Person("cleo")
  let eve = Person("eve")
  let genesis: Claim

  init() throws {
    genesis = try ada.found(Genesis(name: "birds"))
    for person in [ben, cleo, eve] { person.join(genesis) }
  }

  private func state(_ people: Person..., and others: [Claim] = []) throws -> DatanetState {
    try #require(DatanetState(genesis: genesis, claims: people.flatMap(\.chain) + others))
  }

  private func standing(_ claim: Claim, _ state: DatanetState, item: Int = 0) -> Standing? {
    state[EntryID(claim: claim.digest, item: item)]?.standing
  }

  private func curate(_ people: Person...) throws {
    for person in people {
      _ = try ada.say(.grant([Grant(person.key, .curator, from: person.count)]))
    }
  }

  private func milestone(_ author: Person, of people: [Person]) throws -> Claim {
    try author.say(
      .milestone(
        Milestone(
          people.filter { $0.count > 0 && $0 !== author }.map {
            .init(author: $0.key, count: $0.count, head: $0.chain[$0.count - 1].digest)
          })))
  }

  @Test func adaFoundsADatanetAndBenContributes() throws {
    let song = try ben.say(contribution("songs"), seen: [genesis])
    let state = try state(ada, ben)
    #expect(state.totals.claims == 2)
    #expect(state.totals.contributions == 1)
    #expect(state.totals.records == 10)
    #expect(standing(song, state) == .live)
    let back = try Claim(verifying: song.bytes)
    #expect(back == song && back.seen == [genesis.cid])
  }

  // MARK: Forks

  @Test func eveTellsTwoStoriesAndCountsForNothingFromThereOn() throws {
    let first = try eve.say(contribution("one"))
    let second = try eve.say(contribution("two"))
    let third = try eve.say(contribution("three"))
    let other = try eve.sign(contribution("another two"), at: 1)
    let state = try state(ada, eve, and: [other])
    #expect(state.frontier[eve.key]?.count == 1)
    #expect(state.frontier[eve.key]?.fork == 1)
    #expect(standing(first, state) == .live)
    #expect(standing(second, state) == nil && standing(third, state) == nil)
    #expect(try #require(ForkProof(other, second)).height == 1)
  }

  @Test func aClaimThatNamesAnotherPredecessorIsAProofWithoutThePredecessor() throws {
    _ = try eve.say(contribution("one"))
    let two = try eve.say(contribution("two"))
    // Eve shows only what stands on the hidden story.
    let hidden = try eve.sign(contribution("hidden two"), at: 1)
    let onTop = try Claim.signed(
      contribution("three"), at: .init(net: genesis.cid, height: 2, previous: hidden.digest),
      timeMilliseconds: 1, by: eve.identity)
    let proof = try #require(ForkProof(two, onTop))
    #expect(proof.height == 1)
    #expect(try state(ada, eve, and: [onTop]).frontier[eve.key]?.fork == 1)
  }

  @Test func honestNeighboursAreNoProof() throws {
    let chain = try (0..<3).map { try ben.say(contribution("\($0)")) }
    #expect(ForkProof(chain[0], chain[1]) == nil)
    #expect(ForkProof(chain[0], chain[2]) == nil)
    #expect(ForkProof(chain[0], chain[0]) == nil)
    let other = try cleo.say(contribution("0"))
    #expect(ForkProof(chain[0], other) == nil)
  }

  @Test func theGenesisCannotBeUndone() throws {
    try curate(ben)
    let other = try Claim.signed(
      contribution("no genesis"), at: .init(net: genesis.cid, height: 0, previous: nil),
      timeMilliseconds: 1, by: ada.identity)
    let state = try state(ada, ben, and: [other])
    #expect(state.frontier[ada.key]?.count == 1)
    #expect(state.frontier[ada.key]?.fork == 1)
    #expect(!state.roles.holds(.curator, ben.key, at: 0))
    #expect(state.policy.name == "birds")
  }

  @Test func aCuratorsForkTakesBackWhatStoodAboveIt() throws {
    try curate(ben)
    let song = try eve.say(contribution("song"))
    _ = try ben.say(contribution("nothing"))
    _ = try ben.say(.review([Review(EntryID(claim: song.digest), .reject)]))
    #expect(standing(song, try state(ada, ben, eve)) == .rejected)
    let other = try ben.sign(contribution("something else"), at: 1)
    #expect(standing(song, try state(ada, ben, eve, and: [other])) == .live)
  }

  // MARK: Roles

  @Test func aRevokedCuratorRacesInVain() throws {
    try curate(eve)
    let song = try ben.say(contribution("song"))
    _ = try eve.say(.grant([Grant(cleo.key, .verifier, from: 0)]))
    // Ada has seen one claim of eve's and revokes; eve, who knows, signs on.
    _ = try ada.say(.revoke([Revocation(eve.key, .curator, until: 1)]))
    _ = try eve.say(.review([Review(EntryID(claim: song.digest), .reject)]))
    _ = try eve.say(.revoke([Revocation(ben.key, .contributor, until: 0)]))
    _ = try eve.say(.grant([Grant(eve.key, .curator, from: 0)]))
    let state = try state(ada, ben, cleo, eve)
    #expect(standing(song, state) == .live)
    #expect(state.roles.holds(.verifier, cleo.key, at: 0))
    #expect(!state.roles.holds(.curator, eve.key, at: 1))
    #expect(state.roles.holds(.curator, eve.key, at: 0))
  }

  @Test func onlyTheFounderMakesAndUnmakesCurators() throws {
    try curate(ben)
    _ = try ben.say(.grant([Grant(eve.key, .curator, from: 0)]))
    _ = try ada.say(.grant([Grant(cleo.key, .curator, from: 0)]))
    _ = try ben.say(.revoke([Revocation(cleo.key, .curator, until: 0)]))
    _ = try ben.say(.revoke([Revocation(ada.key, .curator, until: 0)]))
    let roles = try state(ada, ben, cleo, eve).roles
    #expect(!roles.holds(.curator, eve.key, at: 5))
    #expect(roles.holds(.curator, cleo.key, at: 5))
    #expect(roles.holds(.curator, ada.key, at: 5))
  }

  @Test func twoCuratorsDisagreeAndTheRevocationWinsUntilItIsLifted() throws {
    try curate(ben, cleo)
    _ = try ben.say(.grant([Grant(eve.key, .contributor, from: 0)]))
    let revocation = try cleo.say(.revoke([Revocation(eve.key, .contributor, until: 2)]))
    let songs = try (0..<4).map { try eve.say(contribution("\($0)")) }
    let before = try state(ada, ben, cleo, eve)
    #expect(songs.map { standing($0, before) } == [.live, .live, .unauthorised, .unauthorised])
    // A grant that does not know of the revocation changes nothing; one that lifts it does.
    _ = try ben.say(.grant([Grant(eve.key, .contributor, from: 0)]))
    #expect(standing(songs[3], try state(ada, ben, cleo, eve)) == .unauthorised)
    _ = try ben.say(.grant([Grant(eve.key, .contributor, from: 3, lifts: [revocation.cid])]))
    let after = try state(ada, ben, cleo, eve)
    #expect(songs.map { standing($0, after) } == [.live, .live, .unauthorised, .live])
  }

  @Test func whoIsNotCuratorDecidesNothing() throws {
    let song = try ben.say(contribution("song"))
    _ = try eve.say(.review([Review(EntryID(claim: song.digest), .reject)]))
    _ = try eve.say(.retraction(Retraction([EntryID(claim: song.digest)])))
    _ = try eve.say(.note(Note([.init("title", ["eve's"])])))
    _ = try eve.say(.revoke([Revocation(ben.key, .contributor, until: 0)]))
    let base = try eve.say(.base([Publication(manifest: manifest("m"), records: 0, bytes: 1)]))
    let state = try state(ada, ben, eve)
    #expect(standing(song, state) == .live)
    #expect(state.notes.fields.isEmpty)
    #expect(standing(base, state) == .unauthorised)
  }

  // MARK: Entries

  @Test func anAuthorRetractsAlsoWhenBanned() throws {
    try curate(cleo)
    let song = try ben.say(contribution("song"))
    _ = try cleo.say(.revoke([Revocation(ben.key, .contributor, until: 1)]))
    #expect(standing(song, try state(ada, ben, cleo)) == .live)
    _ = try ben.say(.retraction(Retraction([EntryID(claim: song.digest)], reason: "mine")))
    #expect(standing(song, try state(ada, ben, cleo)) == .retracted)
  }

  @Test func nobodyReplacesOrReviewsTheWorkOfOthersByName() throws {
    try curate(eve)
    let song = try ben.say(contribution("song"))
    let copy = try eve.say(contribution("copy", replaces: EntryID(claim: song.digest)))
    _ = try eve.say(.review([Review(EntryID(claim: copy.digest), .approve)]))
    let state = try state(ada, ben, eve)
    #expect(standing(song, state) == .live)
    #expect(state[EntryID(claim: copy.digest)]?.tally.approvals == 0)
    let better = try ben.say(contribution("better", replaces: EntryID(claim: song.digest)))
    let after = try self.state(ada, ben, eve)
    #expect(standing(song, after) == .replaced && standing(better, after) == .live)
  }

  @Test func theNewestOpinionOfEachCuratorCountsAndTheFounderBreaksATie() throws {
    try curate(ben, cleo)
    let song = try eve.say(contribution("song"))
    let id = EntryID(claim: song.digest)
    _ = try ben.say(.review([Review(id, .reject), Review(id, .score(10))]))
    #expect(standing(song, try state(ada, ben, cleo, eve)) == .rejected)
    _ = try cleo.say(.review([Review(id, .approve), Review(id, .score(90))]))
    let tied = try state(ada, ben, cleo, eve)
    #expect(standing(song, tied) == .live)
    #expect(tied[id]?.tally.scoreSum == 100)
    _ = try ben.say(.review([Review(id, .approve)]))
    _ = try cleo.say(.review([Review(id, .reject)]))
    _ = try ada.say(.review([Review(id, .reject)]))
    #expect(standing(song, try state(ada, ben, cleo, eve)) == .rejected)
  }

  @Test func aBatchIsJudgedItemByItem() throws {
    let items = (0..<3).map { Publication(manifest: manifest("\($0)"), records: 1, bytes: 1) }
    let batch = try ben.say(.contribution(items))
    _ = try ben.say(.retraction(Retraction([EntryID(claim: batch.digest, item: 1)])))
    let state = try state(ada, ben)
    #expect((0..<3).map { standing(batch, state, item: $0) } == [.live, .retracted, .live])
    #expect(state.totals.contributors == 1 && state.totals.records == 2)
  }

  // MARK: Notes

  @Test func aNoteWrittenInKnowledgeOfAnotherWins() throws {
    try curate(ben, cleo)
    let first = try ben.say(.note(Note([.init("title", ["ben's"]), .init("tags", ["a"])])))
    _ = try cleo.say(.note(Note([.init("title", ["cleo's"])], replaces: [first.cid])))
    let shown = try state(ada, ben, cleo).notes
    #expect(shown.fields.map(\.texts) == [["a"], ["cleo's"]])
    _ = try ben.say(.note(Note([.init("tags", [])], replaces: shown.current)))
    #expect(try state(ada, ben, cleo).notes.fields.map(\.name) == ["title"])
  }

  // MARK: Who was first

  @Test func whatAMilestoneContainsIsOlderThanWhatComesLater() throws {
    let song = try ben.say(contribution("song"))
    _ = try milestone(ada, of: [ben])
    let copy = try eve.say(contribution("copy"))
    _ = try milestone(ada, of: [ben, eve])
    let state = try state(ada, ben, eve)
    let places = [song, copy].map { state.milestones.place(of: $0.author, height: $0.height) }
    #expect(state.milestones.order(places[0], places[1]) == .before)
    #expect(state.milestones.rank(of: places[0]) == 1)
    #expect(state.milestones.rank(of: places[1]) == 2)
    #expect(state.milestones.firsts(of: places) == [0])
  }

  @Test func aCuratorWhoBackdatesForAFriendCanTieButNeverWin() throws {
    try curate(ben, eve)
    let friend = Person("friend of eve")
    friend.join(genesis)
    for _ in 0..<3 { _ = try milestone(ada, of: []) }
    let song = try ben.say(contribution("song"))
    _ = try milestone(ada, of: [ben])
    // Later, the friend copies, and eve signs as if she had never heard of anything.
    let copy = try friend.say(contribution("copy"))
    _ = try milestone(eve, of: [friend])
    let state = try state(ada, ben, eve, friend)
    let places = [song, copy].map { state.milestones.place(of: $0.author, height: $0.height) }
    #expect(state.milestones.order(places[0], places[1]) == .tied)
    // A milestone that has seen eve's, and what it newly contains, is later than both.
    let late = try cleo.say(contribution("late"))
    _ = try milestone(ada, of: [ben, eve, friend, cleo])
    let after = try #require(
      DatanetState(
        genesis: genesis, claims: [ada, ben, cleo, eve, friend].flatMap(\.chain)))
    let last = after.milestones.place(of: late.author, height: late.height)
    for place in [song, copy].map({ after.milestones.place(of: $0.author, height: $0.height) }) {
      #expect(after.milestones.order(place, last) == .before)
    }
  }

  @Test func beingBeforeCarriesOverFromMilestoneToMilestone() throws {
    try curate(ben, cleo)
    let x = try eve.say(contribution("x"))
    _ = try milestone(ada, of: [eve])
    _ = try eve.say(contribution("y"))
    _ = try milestone(ben, of: [ada, eve])
    let z = try eve.say(contribution("z"))
    // Cleo contains ben's milestone but says nothing of ada's.
    _ = try milestone(cleo, of: [ben, eve])
    let state = try state(ada, ben, cleo, eve)
    let places = [x, z].map { state.milestones.place(of: $0.author, height: $0.height) }
    #expect(state.milestones.order(places[0], places[1]) == .before)
    #expect(state.milestones.listed.map(\.rank) == [1, 2, 3])
  }

  @Test func aMilestoneContainsNothingThatDidNotExist() throws {
    // Ada names a count that reaches into the future, with a head that she makes up.
    _ = try eve.say(contribution("one"))
    _ = try ada.say(
      .milestone(
        Milestone([.init(author: eve.key, count: 5, head: manifest("made up").digest)])))
    for name in 2...6 { _ = try eve.say(contribution("\(name)")) }
    let state = try state(ada, eve)
    #expect(state.milestones.place(of: eve.key, height: 4).isNowhere)
    #expect(state.milestones.place(of: eve.key, height: 0).isNowhere)
  }

  @Test func milestonesSayOnlyWhatIsNew() throws {
    let song = try ben.say(contribution("song"))
    _ = try milestone(ada, of: [ben])
    _ = try cleo.say(contribution("other"))
    let second = try milestone(ada, of: [cleo])
    let state = try state(ada, ben, cleo)
    #expect(state.milestones.listed.last?.claim == second.digest)
    let place = state.milestones.place(of: song.author, height: song.height)
    #expect(state.milestones.first(of: place)?.rank == 1)
  }

  @Test func aMilestoneOfTenThousandAuthorsFitsOneClaim() throws {
    let reaches = (0..<10_000).map { number in
      let digest = SHA256.hash(Array("\(number)".utf8))
      return Milestone.Reach(
        author: PublicKey(bytes: digest.bytes)!, count: number + 1, head: digest)
    }
    let claim = try ada.say(.milestone(Milestone(reaches)))
    #expect(claim.bytes.count < 740_000)
    guard case .milestone(let read) = claim.content else {
      Issue.record("not read as a milestone")
      return
    }
    #expect(read.reaches.count == 10_000)
    #expect(Set(read.reaches) == Set(reaches))
  }

  // MARK: Limits

  @Test func onlySoManyClaimsWait() throws {
    var ledger = try #require(Ledger(genesis: genesis))
    let chain = try (0..<400).map { try eve.say(contribution("\($0)")) }
    let results = chain.dropFirst().map { ledger.insert($0) }
    #expect(results.prefix(256).allSatisfy { $0 == .waiting })
    #expect(results.dropFirst(256).allSatisfy { $0 == .refused })
    #expect(ledger.insert(chain[0]) == .counted(257))
    #expect(ledger.waitingCount == 0)
    #expect(ledger.insert(chain[0]) == .duplicate)
  }

  @Test func claimsOfAnotherDatanetAreForeign() throws {
    let other = Person("other")
    _ = try other.found(Genesis(name: "fish"))
    var ledger = try #require(Ledger(genesis: genesis))
    #expect(ledger.insert(try other.say(contribution("cod"))) == .foreign)
    #expect(ledger.insert(other.chain[0]) == .foreign)
  }

  @Test func whatPeersWouldIgnoreIsNotSigned() throws {
    #expect(throws: ClaimError.self) {
      try Claim.signed(
        .contribution([]), at: .init(net: genesis.cid, height: 0, previous: nil),
        timeMilliseconds: 1, by: ben.identity)
    }
    #expect(throws: ClaimError.self) {
      try Claim.signed(
        .genesis(Genesis(name: "")), at: .genesis, timeMilliseconds: 1, by: ben.identity)
    }
    #expect(throws: ClaimError.place) {
      try Claim.signed(
        contribution("x"), at: .init(net: genesis.cid, height: 3, previous: nil),
        timeMilliseconds: 1, by: ben.identity)
    }
  }
}
