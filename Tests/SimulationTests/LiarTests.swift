// Liars, each with its outcome: the honest agree, limits hold, the liar is named and cut off
// (Specs/Simulation.md, "Liars").

import Claims
import Content
import Cryptography
import Histories
import Node
import PeerProtocol
import Simulation
import Store
import Testing

@Suite(.serialized) struct LiarTests {
  private let names = ["ada", "ben", "cleo", "dan"]

  private func secret(_ village: Village) -> DatanetSecret {
    DatanetSecret(datanet: village.datanet)
  }

  /// What is true at the end of each scenario.
  private func expectWell(
    _ village: Village, _ made: [Contributed] = [], seed: UInt64, _ scenario: String,
    seconds: Double = 120
  ) throws {
    let (world, peers) = (village.world, village.peers)
    let known = try world.run(seconds: 60) {
      try peers.allSatisfy { try $0.claims.genesis(of: village.datanet) != nil }
    }
    #expect(known, "\(Trial.replay(seed, scenario))\n\(world.stories(peers))")
    let last = try world.note(peers[1], "the last word", in: village.datanet)
    let settled = try world.run(seconds: seconds, lookSeconds: 0.5) {
      try world.isSettled(peers, village.datanet, made)
        && peers.allSatisfy { try $0.claims.claim(last.cid) != nil }
    }
    #expect(settled, "\(Trial.replay(seed, scenario))\n\(world.stories(peers))")
    #expect(world.faults.isEmpty, "\(Trial.replay(seed, scenario)) \(world.faults)")
  }

  @Test(arguments: Trial.seeds("equivocator", 1, 2))
  func `an equivocator's two stories are known to all and count for nothing`(seed: UInt64) throws {
    let village = try Village(names, seed: seed)
    let (world, datanet) = (village.world, village.datanet)
    // One identity on two machines, which tell ada and dan different things.
    let one = try village.stranger("liar")
    let two = try village.stranger("liar's other face", identity: one.identity)
    two.settings.given = []
    world.follow(two, datanet, given: [village.peers[3]])
    let genesis = try village.genesis()
    for (face, text) in [(one, "one"), (two, "two")] {
      try face.claims.join(genesis)
      for number in 0..<5 { try world.note(face, "\(text) \(number)", in: datanet) }
    }
    village.startAll()
    world.start(one)
    world.start(two)
    try world.run(seconds: 20)
    try expectWell(village, seed: seed, "equivocator")
    for peer in village.peers {
      let fork = try peer.claims.fork(of: one.key, in: datanet)
      #expect(fork?.height == 0, "\(world.stories([village.peers[3], two], last: 30))")
    }
  }

  @Test(arguments: Trial.seeds("corrupter", 1, 2))
  func `who corrupts chunks is banned, and an honest peer at its address is not`(
    seed: UInt64
  ) throws {
    let village = try Village(names, seed: seed)
    let (world, peers, datanet) = (village.world, village.peers, village.datanet)
    let ben = peers[1]
    let made = try world.contribute(village.ada, lines: 20_000, seed: seed, to: datanet)
    // The liar lives at cleo's address, and both have everything.
    let liar = try village.stranger("liar", host: peers[2].host)
    for peer in [peers[0], peers[2], liar] { world.start(peer) }
    let ready = try world.run(seconds: 60) {
      try world.isSettled([peers[2], liar], datanet, [made])
    }
    #expect(ready, "\(world.stories([liar, peers[2]]))")
    world.leave(peers[0])
    world.leave(liar)
    world.start(liar) { FalseServer($0, $1, .corrupts) }
    // Ben and dan hear of both from cleo.
    for peer in [ben, peers[3]] {
      world.follow(peer, datanet, given: [peers[2], liar])
      world.start(peer)
    }
    try world.run(seconds: 10)
    world.start(peers[0])
    try expectWell(village, [made], seed: seed, "corrupts chunks")
    #expect(!world.banners(of: liar.key).isEmpty, "\(world.stories(peers))")
    #expect(world.banners(of: peers[2].key).isEmpty)
    #expect(world.banners(of: peers[0].key).isEmpty)
  }

  @Test(arguments: Trial.seeds("withholder", 1, 2))
  func `who promises chunks and never sends them delays nobody for long`(seed: UInt64) throws {
    let village = try Village(names, seed: seed)
    let (world, peers, datanet) = (village.world, village.peers, village.datanet)
    let made = try world.contribute(village.ada, lines: 20_000, seed: seed, to: datanet)
    let liars = try (0..<3).map { try village.stranger("liar \($0)") }
    world.start(peers[0])
    for liar in liars { world.start(liar) }
    #expect(try world.run(seconds: 60) { try world.isSettled(liars, datanet, [made]) })
    for liar in liars {
      world.leave(liar)
      world.start(liar) { FalseServer($0, $1, .withholds) }
    }
    for peer in peers[1...] {
      world.follow(peer, datanet, given: liars)
      world.start(peer)
    }
    let began = world.now
    try expectWell(village, [made], seed: seed, "never sends them")
    print("withholder: everybody had everything after \((world.now - began) / 1_000_000) s")
  }

  @Test(arguments: Trial.seeds("babbler", 1))
  func `noise at the door keeps out nobody else`(seed: UInt64) throws {
    let village = try Village(names, seed: seed)
    let world = village.world
    let made = try world.contribute(village.ada, lines: 2_000, seed: seed, to: village.datanet)
    let opening = Array("DATANET".utf8) + [1, 1, 0]
    for number in 0..<3 {
      let babbler = try village.stranger("babbler \(number)", host: "99.9.0.\(number + 1)")
      world.start(babbler) {
        Babbler(
          $0, $1, targets: [village.ada], everyMilliseconds: 100,
          beginnings: [[], opening, opening + [0, 32], opening + [0xFF, 0xFF], [0x44]])
      }
    }
    world.start(village.ada)
    try world.run(seconds: 20)
    for peer in village.peers[1...] { world.start(peer) }
    try expectWell(village, [made], seed: seed, "noise at the door")
    let met = village.peers[1...].contains { peer in
      village.ada.node?.status(at: world.instant(of: village.ada)).peers
        .contains { $0.identity == peer.key } ?? false
    }
    #expect(met)
  }

  @Test(arguments: Trial.seeds("evader", 1))
  func `new names do not help a liar past its bans for long`(seed: UInt64) throws {
    let village = try Village(names, seed: seed)
    let (world, peers, datanet) = (village.world, village.peers, village.datanet)
    let ben = peers[1]
    let made = try world.contribute(village.ada, lines: 60_000, seed: seed, to: datanet)
    world.quality = { from, to in
      // Ada is far away and slow, so that the liar's offers tempt for long.
      from == 0 || to == 0
        ? WireQuality(delayMicroseconds: 50_000, bytesPerSecond: 200e3) : WireQuality()
    }
    let cleo = peers[2]
    let disk = try village.stranger("liar", host: cleo.host)
    world.quality = { _, _ in WireQuality() }
    for peer in [peers[0], disk] { world.start(peer) }
    #expect(try world.run(seconds: 60) { try world.isSettled([disk], datanet, [made]) })
    world.leave(disk)
    world.quality = { from, to in
      from == 0 || to == 0
        ? WireQuality(delayMicroseconds: 50_000, bytesPerSecond: 100e3) : WireQuality()
    }
    for peer in peers[1...] { world.start(peer) }
    try world.run(seconds: 5)
    var liars: [PublicKey] = []
    for turn in 0..<40 {
      world.after(Double(turn) * 3) {
        world.stop(disk)
        disk.rename(Identity(seed: SHA256.hash(Array("\(seed) name \(turn)".utf8)).bytes))
        liars.append(disk.key)
        disk.settings.given = peers[1...].map {
          KnownPeer(identity: $0.key, address: $0.address, datanet: datanet, isGiven: true)
        }
        world.start(disk) { FalseServer($0, $1, .corrupts) }
      }
    }
    try world.run(seconds: 125)
    try expectWell(village, [made], seed: seed, "new names", seconds: 300)
    let admitted = liars.filter { name in
      ben.reports.contains {
        if case .connected(name, _, _, _) = $0.report { true } else { false }
      }
    }
    let named = liars.filter { ben.bans($0) }
    print("evader: \(liars.count) names, \(admitted.count) let in by ben, \(named.count) banned")
    #expect(!named.isEmpty, "\(world.stories(peers))")
    #expect(admitted.count <= 8, "\(world.stories([ben], last: 40))")
    // Cleo shares the liar's address and stays connected.
    for peer in peers { #expect(!peer.bans(cleo.key) && !peer.bans(peers[0].key)) }
  }
}
