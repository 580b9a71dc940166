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
    #expect(state == definition, comment)
    #expect(try store.status(of: definition.datanet).digest == definition.digest, comment)
  }
}
