// The database gives the same answer as the pure merge (Specs/ClaimStore.md).

import Claims
import Content
import Cryptography
import Histories
import Testing

@testable import Store

@Suite struct ClaimMergeTests {
  static let seeds = (0..<200).map { UInt64($0) * 6007 + 3 }

  @Test(arguments: seeds)
  func sqlEqualsTheDefinitionForEveryOrderAndEveryCutIntoTransactions(seed: UInt64) throws {
    let history = try History(seed: seed)
    let definition = try #require(
      DatanetState(genesis: history.genesis, claims: history.claims))
    var dice = Dice(seed &+ 5)
    let store = try ClaimStore(Database(.memory))
    try store.join(history.genesis)
    var rest = history.shuffled(&dice)[...]
    while !rest.isEmpty {
      let part = rest.prefix(1 + dice.below(20))
      _ = try store.insert(Array(part))
      rest = rest.dropFirst(part.count)
    }
    try compare(store, definition, "seed \(seed)")
  }

  @Test(arguments: seeds.prefix(20))
  func twoConnectionsToOneFileAgree(seed: UInt64) throws {
    let directory = try TemporaryHome()
    let file = Database.Place.file("\(directory.path)/claims.sqlite")
    let history = try History(seed: seed)
    let definition = try #require(
      DatanetState(genesis: history.genesis, claims: history.claims))
    var dice = Dice(seed &+ 6)
    let stores = [
      try ClaimStore(Database(file, durability: .normal)),
      try ClaimStore(Database(file, durability: .normal)),
    ]
    try stores[0].join(history.genesis)
    for claim in history.shuffled(&dice) { _ = try stores[dice.below(2)].insert([claim]) }
    for store in stores { try compare(store, definition, "seed \(seed)") }
  }

  /// A store of version 1 knew no runs, shares and verdicts: they are read when it is opened.
  @Test(arguments: seeds.prefix(20))
  func anOldStoreLearnsTheNewKinds(seed: UInt64) throws {
    let directory = try TemporaryHome()
    let file = Database.Place.file("\(directory.path)/claims.sqlite")
    let history = try History(seed: seed)
    let definition = try #require(
      DatanetState(genesis: history.genesis, claims: history.claims))
    let store = try ClaimStore(Database(file, durability: .normal))
    try store.join(history.genesis)
    _ = try store.insert(history.claims)
    // What version 1 did not write.
    try store.database.execute(
      """
      UPDATE net SET mentions = mentions - (
        SELECT count(*) FROM mention JOIN claim ON claim.seq = mention.seq
        JOIN chain ON chain.id = claim.chain
        WHERE chain.net = net.id AND mention.matter >= 300);
      DELETE FROM mention WHERE matter >= 300;
      DELETE FROM rule WHERE kind = 'run';
      DROP TABLE claim_reading;
      UPDATE schema_versions SET version = 1 WHERE part = 'claims';
      """)
    let opened = try ClaimStore(Database(file, durability: .normal))
    try compare(opened, definition, "seed \(seed)")
    #expect(try opened.derivedDefects(of: definition.datanet) == [])
  }

  private func compare(
    _ store: ClaimStore, _ definition: DatanetState, _ comment: Comment
  ) throws {
    let state = try store.state(of: definition.datanet)
    #expect(state.frontier == definition.frontier, comment)
    #expect(state.roles == definition.roles, comment)
    #expect(state.totals == definition.totals, comment)
    #expect(state.entries == definition.entries, comment)
    #expect(state.notes == definition.notes, comment)
    #expect(state.milestones == definition.milestones, comment)
    #expect(state.runs == definition.runs, comment)
    #expect(state == definition, comment)
    for run in definition.runs.runs { #expect(try store.run(run.cid) == run, comment) }
    #expect(try store.status(of: definition.datanet).digest == definition.digest, comment)
  }
}
