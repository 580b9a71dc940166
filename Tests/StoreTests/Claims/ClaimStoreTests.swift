// Own claims, arrivals, addresses, importing (Specs/ClaimStore.md).

import Claims
import Content
import Cryptography
import Glibc
import Histories
import Testing

@testable import Store

@Suite struct ClaimStoreTests {
  private static func identity(_ name: String) -> Identity {
    Identity(seed: SHA256.hash(Array(name.utf8)).bytes)!
  }

  private let ada = Self.identity("ada")
  private let ben = Self.identity("ben")

  private func founded() throws -> (store: ClaimStore, datanet: CID) {
    let store = try ClaimStore(Database(.memory))
    let genesis = try store.found(Genesis(name: "birds"), by: ada, timeMilliseconds: 1)
    return (store, genesis.cid)
  }

  @Test func ownClaimsFormAChainAndNameWhatWasSeen() throws {
    let (store, datanet) = try founded()
    let first = try store.append(
      contribution("one"), to: datanet, by: ben, timeMilliseconds: 2)
    #expect(first.height == 0 && first.seen == [datanet])
    let second = try store.append(
      contribution("two"), to: datanet, by: ben, timeMilliseconds: 3)
    #expect(second.height == 1 && second.previous == first.digest && second.seen.isEmpty)
    let note = try store.append(
      .note(Note([.init("title", ["Birds"])])), to: datanet, by: ada, timeMilliseconds: 4)
    #expect(note.height == 1 && note.seen == [second.cid])
    let status = try store.status(of: datanet)
    #expect(status.totals.claims == 4 && status.totals.contributions == 2)
    #expect(status.authors == 2)
    #expect(try store.notes(of: datanet).fields.first?.texts == ["Birds"])
    #expect(try store.datanets() == [datanet])
  }

  @Test func nothingIsSignedBehindAGapOrAFork() throws {
    let (store, datanet) = try founded()
    let person = Person("cleo")
    person.join(try #require(try store.genesis(of: datanet)))
    for name in ["a", "b", "c"] { _ = try person.say(contribution(name)) }
    // The home was restored from a backup; a peer sends back the third claim first.
    _ = try store.insert([person.chain[0], person.chain[2]])
    #expect(throws: ClaimStoreError.ownChainIncomplete(known: 1)) {
      try store.append(
        contribution("d"), to: datanet, by: person.identity, timeMilliseconds: 9)
    }
    _ = try store.insert([person.chain[1]])
    let next = try store.append(
      contribution("d"), to: datanet, by: person.identity, timeMilliseconds: 9)
    #expect(next.height == 3)
    _ = try store.insert([try person.sign(contribution("other b"), at: 1)])
    #expect(throws: ClaimStoreError.ownChainForked(height: 1)) {
      try store.append(
        contribution("e"), to: datanet, by: person.identity, timeMilliseconds: 10)
    }
    #expect(try store.fork(of: person.key, in: datanet)?.height == 1)
  }

  @Test func aFailedAppendLeavesNothing() throws {
    let (store, datanet) = try founded()
    #expect(throws: ClaimError.self) {
      try store.append(
        [contribution("one"), .contribution([])], to: datanet, by: ben, timeMilliseconds: 2)
    }
    #expect(try store.status(of: datanet).totals.claims == 1)
    let next = try store.append(contribution("one"), to: datanet, by: ben, timeMilliseconds: 2)
    #expect(next.height == 0)
  }

  @Test func claimsAreFoundByTheBeginningOfTheirAddress() throws {
    let (store, datanet) = try founded()
    var cids: [CID] = []
    for number in 0..<200 {
      cids.append(
        try store.append(
          contribution("\(number)"), to: datanet, by: ben, timeMilliseconds: number
        ).cid)
    }
    for cid in cids + [datanet] {
      let text = cid.description
      #expect(try store.addresses(beginningWith: text) == [cid])
      #expect(try store.addresses(beginningWith: String(text.prefix(20))) == [cid])
      #expect(try store.claim(cid)?.cid == cid)
      let short = try store.addresses(beginningWith: String(text.prefix(9)), limit: 1000)
      let expected = (cids + [datanet]).filter {
        $0.description.hasPrefix(String(text.prefix(9)))
      }
      #expect(short.sorted() == expected.sorted())
    }
    #expect(try store.addresses(beginningWith: "b", limit: 1000).count == 201)
    #expect(try store.addresses(beginningWith: "bafyrei", limit: 5).count == 5)
    #expect(try store.addresses(beginningWith: "bafk").isEmpty)
    #expect(try store.addresses(beginningWith: "Qm").isEmpty)
    #expect(try store.addresses(beginningWith: "").isEmpty)
    #expect(try store.addresses(beginningWith: String(repeating: "b", count: 99)).isEmpty)
  }

  @Test func aMilestoneSaysWhatIsNewAndSaysAgainWhatNoLongerStands() throws {
    let (store, datanet) = try founded()
    let eve = Person("eve")
    eve.join(try #require(try store.genesis(of: datanet)))
    for name in ["a", "b", "c"] { _ = try store.insert([eve.say(contribution(name))]) }
    func sign() throws -> [Milestone.Reach] {
      let reaches = try store.newReaches(by: ada.publicKey, in: datanet)
      _ = try store.append(
        .milestone(Milestone(reaches)), to: datanet, by: ada, timeMilliseconds: 5)
      return reaches
    }
    #expect(try sign().map(\.count) == [3])
    #expect(try sign().isEmpty)
    _ = try store.insert([try eve.sign(contribution("other b"), at: 1)])
    // What was named is no longer there; what is left is named again.
    #expect(try sign().map(\.count) == [1])
    let order = try store.milestones(of: datanet)
    #expect(order.rank(of: order.place(of: eve.key, height: 0)) == 3)
  }

  @Test func grantsLiftTheRevocationsThatCuratorsMade() throws {
    let (store, datanet) = try founded()
    func say(_ content: ClaimContent, _ identity: Identity) throws -> CID {
      try store.append(content, to: datanet, by: identity, timeMilliseconds: 1).cid
    }
    let one = try say(.revoke([Revocation(ben.publicKey, .contributor, until: 0)]), ada)
    // Strangers revoke in vain, and nobody needs to lift that.
    _ = try say(.revoke([Revocation(ben.publicKey, .contributor, until: 0)]), ben)
    _ = try say(.revoke([Revocation(ben.publicKey, .verifier, until: 0)]), ada)
    let lifted = try store.revocations(of: .contributor, from: ben.publicKey, in: datanet)
    #expect(lifted == [one])
    #expect(try !store.roles(in: datanet).holds(.contributor, ben.publicKey, at: 1))
    _ = try say(.grant([Grant(ben.publicKey, .contributor, from: 1, lifts: lifted)]), ada)
    #expect(try store.roles(in: datanet).holds(.contributor, ben.publicKey, at: 1))
    #expect(try !store.roles(in: datanet).holds(.contributor, ben.publicKey, at: 0))
  }

  @Test func arrivalsTellEverythingOnceInOrder() throws {
    let history = try History(seed: 77, claims: 200)
    let store = try ClaimStore(Database(.memory))
    try store.join(history.genesis)
    var ledger = try #require(Ledger(genesis: history.genesis))
    var place = 0
    for start in stride(from: 0, to: history.claims.count, by: 7) {
      _ = try store.insert(Array(history.claims[start..<min(start + 7, history.claims.count)]))
      let news = try store.arrivals(after: place, in: history.genesis.cid, limit: 3)
      for claim in news.claims + news.proofs.flatMap({ [$0.first, $0.second] }) {
        _ = ledger.insert(claim)
      }
      place = news.next
    }
    while true {
      let news = try store.arrivals(after: place, limit: 3)
      for claim in news.claims + news.proofs.flatMap({ [$0.first, $0.second] }) {
        _ = ledger.insert(claim)
      }
      if news.next == place { break }
      place = news.next
    }
    for claim in try store.waiting(in: history.genesis.cid) { _ = ledger.insert(claim) }
    #expect(ledger.frontier.digest == (try store.status(of: history.genesis.cid).digest))
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func importingGivesTheSameStateInAnyOrderAndNamesWhatIsWrong(seed: UInt64) throws {
    let history = try History(seed: seed, people: 8, claims: 600)
    let definition = try #require(
      DatanetState(genesis: history.genesis, claims: history.claims))
    var dice = Dice(seed)
    let store = try ClaimStore(Database(.memory))
    try store.join(history.genesis)
    let importer = ClaimImporter(store, threads: 2)
    for claim in history.shuffled(&dice) { try importer.add(claim.bytes) }
    var wrong = history.claims[3].bytes
    wrong[wrong.count - 1] ^= 1
    try importer.add(wrong)
    try importer.add([1, 2, 3])
    let report = try importer.finish()
    #expect(report.invalid == 2 && report.dropped == 0 && report.foreign == 0)
    #expect(report.firstError == .signature)
    #expect(try store.state(of: definition.datanet) == definition)
  }

  @Test func aChainInReverseIsImportedWhole() throws {
    let person = Person("ada")
    let genesis = try person.found(Genesis(name: "birds"))
    for number in 0..<1000 { _ = try person.say(contribution("\(number)")) }
    let store = try ClaimStore(Database(.memory))
    try store.join(genesis)
    let importer = ClaimImporter(store, threads: 1)
    for claim in person.chain.reversed() { try importer.add(claim.bytes) }
    let report = try importer.finish()
    #expect(report.counted == 1000 && report.waiting == 0 && report.duplicates == 1)
    #expect(try store.status(of: genesis.cid).totals.claims == 1001)
  }

  @Test func severalConnectionsNeverSignOneHeightTwice() throws {
    let directory = try TemporaryHome()
    let file = Database.Place.file("\(directory.path)/claims.sqlite")
    let genesis = try ClaimStore(Database(file)).found(
      Genesis(name: "birds"), by: ada, timeMilliseconds: 1)
    let workers = (0..<4).compactMap { number in
      Worker {
        do {
          let store = try ClaimStore(Database(file, durability: .normal))
          for round in 0..<25 {
            _ = try store.append(
              contribution("\(number) \(round)"), to: genesis.cid, by: Self.identity("ben"),
              timeMilliseconds: round)
          }
        } catch { Issue.record(error) }
      }
    }
    for worker in workers { worker.join() }
    let store = try ClaimStore(Database(file))
    let frontier = try store.frontier(of: genesis.cid)
    #expect(frontier[ben.publicKey]?.count == 100)
    #expect(frontier.entries.allSatisfy { $0.fork == nil })
    let chain = try store.claims(of: ben.publicKey, in: genesis.cid, heights: 0..<1000)
    #expect(chain.count == 100)
    for (below, above) in zip(chain, chain.dropFirst()) { #expect(above.previous == below.digest) }
  }
}
