// A snapshot holds each record once, whatever somebody does to hold it twice
// (Specs/Snapshots.md, "Attacks").

import Attribution
import Claims
import Content
import Glibc
import Cryptography
import Histories
import Learning
import Store
import Testing

@Suite struct SnapshotTests {
  @Test func anExactCopyAfterTheMilestoneEarnsNothing() throws {
    let world = try World()
    try attack(world, "exact copies after a milestone") {
      try world.add(world.eve, world.annRecords)
    }
  }

  @Test func spacesAndComposedLettersDoNotMakeANewRecord() throws {
    let world = try World()
    try attack(world, "other white space") {
      try world.add(
        world.eve, world.annRecords.map { $0.replacing(" ", with: "  ").replacing("é", with: "é") })
    }
  }

  @Test func aNearCopyEarnsNothing() throws {
    let world = try World()
    try attack(world, "near-copies: one word of thirty changed") {
      try world.add(world.eve, world.annRecords.map { $0.replacing("word7", with: "changed") })
    }
  }

  @Test func lightRewordingEarnsNothing() throws {
    let world = try World()
    try attack(world, "light re-wording: case, punctuation, a word added") {
      try world.add(
        world.eve,
        world.annRecords.map { $0.uppercased().replacing(" WORD9 ", with: ", WORD9; ") + " indeed" }
      )
    }
  }

  @Test func rewordingEveryTenthWordEarnsNothing() throws {
    let world = try World()
    try attack(world, "re-wording: three words of thirty changed, apart") {
      try world.add(
        world.eve,
        world.annRecords.map {
          $0.replacing("word4 ", with: "other ").replacing("word13 ", with: "words ")
            .replacing("word22 ", with: "here ")
        })
    }
  }

  /// eve makes records that lie between ann's and ben's, to make ben's look like copies of ann's.
  @Test func bridgesBetweenOthersHarmNobody() throws {
    let world = try World()
    let before = try world.shares()[world.ben.key] ?? 0
    for step in 1..<6 {
      try world.add(
        world.eve,
        zip(world.annRecords, world.benRecords).map { ann, ben in
          let (one, other) = (ann.split(separator: " "), ben.split(separator: " "))
          return (other.prefix(step * 5) + one.dropFirst(step * 5)).joined(separator: " ")
        })
    }
    try world.milestone()
    let shares = try world.shares()
    let honest = world.annRecords.count + world.benRecords.count + world.eveRecords.count
    let after = shares[world.ben.key] ?? 0
    #expect(abs(before - Double(world.benRecords.count) / Double(honest)) < 1e-12)
    // ben keeps all his records, however many of eve's own remain beside them.
    let total = try world.snapshot().snapshot.list.count
    #expect(abs(after * Double(total) - Double(world.benRecords.count)) < 1e-9)
  }

  @Test func chainsOfNearCopiesLeadBackToTheFirst() throws {
    let world = try World()
    try attack(world, "near-copies of near-copies, step by step") {
      var texts = world.annRecords
      for step in 0..<5 {
        texts = texts.map { $0.replacing("word\(step * 6 + 1) ", with: "step\(step) ") }
        try world.add(world.eve, texts)
      }
    }
  }

  @Test func shellIdentitiesThatCopyEarnNothingTogether() throws {
    let world = try World()
    try attack(world, "ten shell identities, each with a copy", shells: 10) { shells in
      for shell in shells { try world.add(shell, world.annRecords) }
    }
  }

  @Test func splittingOverNamesChangesNothing() throws {
    let world = try World()
    try attack(world, "own data split over ten names", shells: 10, keepsOwn: false) { shells in
      for (place, shell) in shells.enumerated() {
        try world.add(
          shell, world.eveRecords.enumerated().filter { $0.offset % 10 == place }.map(\.element))
      }
    }
  }

  @Test func ownCopiesUnderOtherNamesEarnNothingTwice() throws {
    let world = try World()
    try attack(world, "own data again under ten names", shells: 10) { shells in
      for shell in shells { try world.add(shell, world.eveRecords) }
    }
  }

  @Test func aBackDatedChainIsNotFirst() throws {
    // eve's shells sign with times before ann's, in chains that nobody saw until after the milestone.
    let world = try World()
    try attack(world, "back-dated chains", shells: 3) { shells in
      for shell in shells { try world.add(shell, world.annRecords, time: 1) }
    }
  }

  @Test func whoReplacesWhatWasCopiedStaysFirst() throws {
    let world = try World()
    try attack(world, "copying before the owner's correction") {
      let old = try #require(world.entries[world.ann.key])
      try world.add(world.eve, world.annRecords)
      try world.milestone()
      try world.add(world.ann, world.annRecords + ["a new record that nobody has"], replaces: old)
    }
  }

  /// Within one milestone nothing proves who was first: two get a half each. This is the attack that
  /// remains, and that a milestone between the two, or a curator's rejection, ends.
  @Test func claimantsWithinOneMilestoneShareEqually() throws {
    let world = try World(hasMilestone: false)
    try world.add(world.eve, world.annRecords)
    try world.milestone()
    let shares = try world.shares()
    let (ann, eve) = (shares[world.ann.key] ?? 0, shares[world.eve.key] ?? 0)
    let own = Double(world.eveRecords.count)
    let total = Double(world.annRecords.count + world.eveRecords.count + world.benRecords.count)
    #expect(abs(ann * total - Double(world.annRecords.count) / 2) < 1e-9)
    #expect(abs(eve * total - own - Double(world.annRecords.count) / 2) < 1e-9)
  }

  /// What is not defended, with figures: of one of ann's records that k of eve's names copy before
  /// any milestone has it, she gets a half with one name, and never more with more. Each way of
  /// ending it is tried: a milestone in between, a Datanet in which names are granted, a curator's
  /// rejection.
  @Test(arguments: [1, 2, 3, 10]) func moreNamesWithinOneMilestoneGainNothing(_ count: Int) throws {
    /// The part of ann's records that eve has over all her names, and that ann keeps.
    func parts(
      policy: Genesis = Genesis(name: "world"), hasMilestone: Bool = false,
      _ after: (World, [EntryID]) throws -> Void = { _, _ in }
    ) throws -> (copied: Double, kept: Double) {
      let world = try World(hasMilestone: hasMilestone, policy: policy)
      let shells = (0..<count).map { Person("shell \($0)") }
      for shell in shells { shell.join(world.genesis) }
      world.others = shells
      let copies = try shells.map { try world.add($0, world.annRecords) }
      try after(world, copies)
      try world.milestone()
      let (shares, total) = (try world.shares(), Double(try world.snapshot().snapshot.list.count))
      let scale = total / Double(world.annRecords.count)
      return (
        shells.reduce(0) { $0 + (shares[$1.key] ?? 0) } * scale,
        (shares[world.ann.key] ?? 0) * scale
      )
    }
    let open = try parts()
    let milestone = try parts(hasMilestone: true)
    let granted = try parts(policy: Genesis(name: "world", contributors: .granted))
    let rejected = try parts { world, copies in
      _ = try world.founder.say(.review(copies.map { Review($0, .reject) }))
    }
    print(
      "attack: \(count) names within one milestone: \(open.copied) of the owner's, who keeps "
        + "\(open.kept); with a milestone in between \(milestone.copied), with granted names "
        + "\(granted.copied), rejected \(rejected.copied)")
    #expect(abs(open.copied - Double(count) * exp2(Double(-count))) < 1e-9)
    #expect(open.copied <= 0.5 + 1e-9)
    for ended in [milestone, granted, rejected] {
      #expect(ended.copied == 0 && abs(ended.kept - 1) < 1e-9)
    }
  }

  /// The rule by itself: whoever holds k of the names on a record never has more than with one,
  /// whether the record is another's too or all names' own, whether it helped or harmed.
  @Test func noNumberOfNamesGetsMoreOfARecordThanOneName() {
    for sum: Int64 in [1 << 40, 1_000_003, 7, 1, 0, -1, -7, -1_000_003, -(1 << 40)] {
      for others in 0...8 {
        let one = ClaimantPart.of(sum, among: others + 1)
        for names in 1...70 {
          let each = ClaimantPart.of(sum, among: others + names)
          // A loss is rounded towards zero for each name.
          let slack = sum < 0 ? Int64(names) : 0
          #expect(
            Int64(names) * each <= one + slack, "\(sum), \(others) others, \(names) names")
          #expect(abs(Double(each) - ClaimantPart.of(Double(sum), among: others + names)) < 1)
        }
      }
    }
    #expect(ClaimantPart.of((1 << 62) - 1, among: 4096) == 0 && ClaimantPart.of(-8, among: 4) == -2)
  }

  @Test func retractedRevokedAndRejectedOnesAreLeftOut() throws {
    let world = try World(hasMilestone: false)
    let gone = try world.add(world.dan, ["dan takes this record back again soon"])
    _ = try world.dan.say(.retraction(Retraction([gone])))
    let bad = try world.add(world.eve, ["this is nothing that anybody should learn"])
    _ = try world.founder.say(.review([Review(bad, .reject)]))
    _ = try world.founder.say(.revoke([Revocation(world.ben.key, .contributor, until: 0)]))
    let late = try world.add(world.cleo, ["cleo takes her record back after the milestone"])
    try world.milestone()
    _ = try world.cleo.say(.retraction(Retraction([late])))
    let snapshot = try world.snapshot().snapshot
    #expect(Set(snapshot.contributors) == [world.ann.key, world.eve.key])
    #expect(snapshot.leftOut == [late])
    #expect(snapshot.list.count == world.annRecords.count + world.eveRecords.count)
  }

  @Test func theSameClaimsGiveTheSameBlocksInAnyOrderOfArrival() throws {
    let world = try World()
    try world.add(world.eve, world.annRecords.map { $0 + " indeed" })
    try world.milestone()
    let one = try world.snapshot()
    let other = try world.snapshot(reversed: true)
    #expect(one.snapshot == other.snapshot)
    #expect(one.blocks == other.blocks)
    let held = Dictionary(uniqueKeysWithValues: one.blocks.map { ($0.cid, $0.bytes) })
    let read = try Snapshot(one.snapshot.cid) { held[$0] }
    #expect(read == one.snapshot)
    var count = 0
    try read.forEachRecord(from: { held[$0] }) { record in
      count += 1
      #expect(!record.claimants.isEmpty)
    }
    #expect(count == read.list.count)
    // A record that is left out of a part is noticed.
    var forged = held
    for block in one.blocks {
      guard case .array(let items) = try Value(decoding: block.bytes), items.count > 10 else {
        continue
      }
      forged[block.cid] = Value.array(Array(items.dropLast())).encoded()
    }
    #expect(throws: ProofError.self) {
      try read.forEachRecord(from: { forged[$0] }) { _ in }
    }
  }

  // MARK: -

  private func attack(_ world: World, _ name: String, _ act: () throws -> Void) throws {
    try attack(world, name, shells: 0) { _ in try act() }
  }

  /// eve's share, with all her names, must not grow; prints both.
  private func attack(
    _ world: World, _ name: String, shells count: Int, keepsOwn: Bool = true,
    _ act: ([Person]) throws -> Void
  ) throws {
    let before = try world.shares()[world.eve.key] ?? 0
    let shells = (0..<count).map { Person("shell \($0)") }
    for shell in shells { shell.join(world.genesis) }
    world.others = shells
    if !keepsOwn {
      let own = try #require(world.entries[world.eve.key])
      _ = try world.eve.say(.retraction(Retraction([own])))
    }
    try act(shells)
    try world.milestone()
    let shares = try world.shares()
    let after = ([world.eve] + shells).reduce(0) { $0 + (shares[$1.key] ?? 0) }
    let ratio = after / before
    func text(_ value: Double) -> String { "\((value * 10000).rounded() / 10000)" }
    print("attack: \(name): share \(text(before)) before, \(text(after)) after, \(text(ratio))")
    #expect(ratio <= 1.0 + 1e-12, "\(name)")
  }
}
