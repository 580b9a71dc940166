// The merge obeys its laws for hundreds of random histories (Specs/Merge.md, "Laws").

import Claims
import Content
import Cryptography
import Histories
import Testing

@Suite struct MergeLawTests {
  static let seeds = (0..<300).map { UInt64($0) * 7919 + 1 }

  @Test(arguments: seeds)
  func anyOrderDuplicationAndPartitionGivesOneState(seed: UInt64) throws {
    let history = try History(seed: seed)
    let definition = try #require(
      DatanetState(genesis: history.genesis, claims: history.claims), "seed \(seed)")
    var dice = Dice(seed &+ 1)
    for round in 0..<3 {
      // One by one, in any order, some twice.
      var ledger = try #require(Ledger(genesis: history.genesis))
      let order = history.shuffled(&dice)
      for claim in order { _ = ledger.insert(claim) }
      let state = DatanetState(ledger)
      #expect(state == definition, "seed \(seed), round \(round)")
      #expect(state.digest == definition.digest, "seed \(seed), round \(round)")
      // In another order, all at once.
      #expect(
        DatanetState(genesis: history.genesis, claims: order) == definition,
        "seed \(seed), round \(round)")
    }
  }

  @Test(arguments: seeds.prefix(100))
  func twoPeersWhoExchangeWhatTheyHoldAgree(seed: UInt64) throws {
    let history = try History(seed: seed)
    var dice = Dice(seed &+ 2)
    var left = try #require(Ledger(genesis: history.genesis))
    var right = left
    for claim in history.shuffled(&dice) {
      if dice.hit(oneIn: 2) { _ = left.insert(claim) } else { _ = right.insert(claim) }
    }
    /// All that a peer can send: what counts, what waits, and the proofs of forks.
    func held(_ ledger: Ledger) -> [Claim] {
      ledger.claims + ledger.waiting + ledger.forks.flatMap { [$0.first, $0.second] }
    }
    let (fromLeft, fromRight) = (held(left), held(right))
    for claim in fromLeft.shuffled(using: &dice) { _ = right.insert(claim) }
    for claim in fromRight.shuffled(using: &dice) { _ = left.insert(claim) }
    let states = [DatanetState(left), DatanetState(right)]
    #expect(states[0] == states[1], "seed \(seed)")
    let definition = DatanetState(genesis: history.genesis, claims: history.claims)
    #expect(states[0] == definition, "seed \(seed)")
  }

  @Test func historiesAreWorthTesting() throws {
    var standings: Set<Standing> = []
    var forks = 0
    var tied = 0
    var waits = 0
    var states: [RunChecks.State: Int] = [:]
    var proofs: Set<RunChecks.Proof.Standing> = []
    var (flagged, withdrawn, shared) = (0, 0, 0)
    for seed in Self.seeds.prefix(100) {
      let history = try History(seed: seed)
      let state = try #require(DatanetState(genesis: history.genesis, claims: history.claims))
      for run in state.runs.runs {
        states[run.checks.state, default: 0] += 1
        proofs.formUnion(run.checks.proofs.map(\.standing))
        flagged += run.retracted.isEmpty ? 0 : 1
        withdrawn += run.isWithdrawn ? 1 : 0
        shared += run.shares == nil ? 0 : 1
      }
      standings.formUnion(state.entries.map(\.standing))
      forks += state.frontier.entries.count { $0.fork != nil }
      let places = state.entries.map { state.place(of: $0) }.filter { !$0.isNowhere }
      if let first = places.first, let last = places.last, first != last {
        tied += state.milestones.order(first, last) == .tied ? 1 : 0
      }
      var ledger = try #require(Ledger(genesis: history.genesis))
      for claim in history.claims.reversed() where ledger.insert(claim) == .waiting { waits += 1 }
    }
    #expect(standings == Set(Standing.allCases))
    #expect(Set(states.keys) == Set(RunChecks.State.allCases), "\(states)")
    #expect(proofs == Set(RunChecks.Proof.Standing.allCases))
    #expect(flagged > 5 && withdrawn > 5 && shared > 5, "\(flagged) \(withdrawn) \(shared)")
    #expect(forks > 20)
    #expect(tied > 5)
    #expect(waits > 1000)
  }
}
