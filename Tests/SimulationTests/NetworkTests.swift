// Bad networks and bad luck, and everybody honest (Specs/Simulation.md, "Scenarios").

import Claims
import Content
import Histories
import Node
import Simulation
import Store
import Testing

@Suite(.serialized) struct NetworkTests {
  @Test(arguments: Trial.seeds("rough", 1, 2))
  func `rough links that break still bring everybody everything`(seed: UInt64) throws {
    let village = try Village(Village.names(8), seed: seed, quality: .rough, skew: true)
    let (world, peers, datanet) = (village.world, village.peers, village.datanet)
    village.startAll()
    var made: [Contributed] = []
    for (turn, peer) in [peers[0], peers[3], peers[6]].enumerated() {
      world.after(Double(turn) * 10) {
        guard try peer.claims.genesis(of: datanet) != nil else { return }
        made.append(
          try world.contribute(peer, lines: 3_000, seed: seed &+ UInt64(turn), to: datanet))
      }
    }
    for turn in 0..<40 {
      world.after(Double(turn)) {
        let peer = peers[world.dice.below(peers.count)]
        guard try peer.claims.genesis(of: datanet) != nil else { return }
        try world.note(peer, "note \(turn)", in: datanet)
      }
    }
    try world.run(seconds: 45)
    let settled = try world.run(seconds: 600, lookSeconds: 1) {
      try world.isSettled(peers, datanet, made)
    }
    #expect(made.count >= 2, Trial.replay(seed, "rough links"))
    #expect(settled, "\(Trial.replay(seed, "rough links"))\n\(world.stories(peers))")
    #expect(world.faults.isEmpty, "\(world.faults)")
  }

  @Test(arguments: Trial.seeds("partition", 1, 2))
  func `two halves of a parted network agree when it heals`(seed: UInt64) throws {
    let village = try Village(Village.names(10), seed: seed)
    let (world, peers, datanet) = (village.world, village.peers, village.datanet)
    village.startAll()
    #expect(try world.run(seconds: 30) { try world.agree(peers, about: datanet) })
    world.part([Array(peers[..<5])])
    for turn in 0..<30 {
      world.after(Double(turn) * 4) {
        try world.note(peers[turn % peers.count], "apart \(turn)", in: datanet)
      }
    }
    let made = try [peers[1], peers[7]].map {
      try world.contribute($0, lines: 2_000, seed: seed &+ UInt64($0.number), to: datanet)
    }
    try world.run(seconds: 150)
    #expect(try world.agree(Array(peers[..<5]), about: datanet), "\(world.stories(peers))")
    #expect(try world.agree(Array(peers[5...]), about: datanet), "\(world.stories(peers))")
    #expect(try !world.agree(peers, about: datanet), "the halves heard of each other")
    world.heal()
    let settled = try world.run(seconds: 150, lookSeconds: 0.5) {
      try world.isSettled(peers, datanet, made)
    }
    #expect(settled, "\(Trial.replay(seed, "parted network"))\n\(world.stories(peers))")
    #expect(world.faults.isEmpty, "\(world.faults)")
  }

  @Test(arguments: Trial.seeds("slow", 1))
  func `a slow disk keeps nobody from anything else`(seed: UInt64) throws {
    let village = try Village(Village.names(3), seed: seed)
    let (world, peers, datanet) = (village.world, village.peers, village.datanet)
    // Longer than a written block may wait to be synced.
    world.workMicroseconds = 1_500_000
    let made = try world.contribute(peers[0], lines: 20_000, seed: seed, to: datanet)
    peers[1].settings.limits.downloadBytesPerSecond = 200_000
    village.startAll()
    let settled = try world.run(seconds: 300, lookSeconds: 1) {
      try world.isSettled(peers, datanet, [made])
    }
    #expect(settled, "\(Trial.replay(seed, "slow disk"))\n\(world.stories(peers))")
    // A retraction has its space freed, which is slow, too.
    try world.say(
      peers[0], .retraction(Retraction([EntryID(claim: made.claim.digest, item: 0)])),
      in: datanet)
    try world.run(seconds: 30)
    #expect(world.faults.isEmpty, "\(world.faults)")
  }

  @Test(arguments: Trial.seeds("crashes", 1, 2))
  func `kills and power cuts lose nothing that was said`(seed: UInt64) throws {
    let village = try Village(Village.names(6), seed: seed, skew: true)
    let (world, peers, datanet) = (village.world, village.peers, village.datanet)
    village.startAll()
    #expect(try world.run(seconds: 30) { try world.agree(peers, about: datanet) })
    var said: [CID] = []
    var made: [Contributed] = []
    for turn in 0..<60 {
      world.after(Double(turn)) {
        let peer = peers[world.dice.below(peers.count)]
        guard peer.participant != nil else { return }
        if turn % 20 == 5 {
          made.append(
            try world.contribute(peer, lines: 1_500, seed: seed &+ UInt64(turn), to: datanet))
        } else {
          said.append(try world.note(peer, "note \(turn)", in: datanet).cid)
        }
      }
      guard turn % 3 == 2 else { continue }
      world.after(Double(turn) + Double(world.dice.below(1_000)) / 1_000) {
        let peer = peers[world.dice.below(peers.count)]
        guard peer.participant != nil else { return }
        if world.dice.hit(oneIn: 2) { try world.kill(peer) } else { try world.cutPower(peer) }
        world.after(1 + Double(world.dice.below(7_000)) / 1_000) { world.start(peer) }
      }
    }
    try world.run(seconds: 70)
    let settled = try world.run(seconds: 300, lookSeconds: 0.5) {
      try world.isSettled(peers, datanet, made)
    }
    #expect(settled, "\(Trial.replay(seed, "power cuts"))\n\(world.stories(peers))")
    for peer in peers {
      for claim in said { #expect(try peer.claims.claim(claim) != nil) }
      for author in peers {
        #expect(
          try peer.claims.fork(of: author.key, in: datanet) == nil, "an honest author forked")
      }
    }
    #expect(world.faults.isEmpty, "\(world.faults)")
  }

  @Test func `the same seed gives the same world`() throws {
    func trace() throws -> (UInt64, Int) {
      let village = try Village(Village.names(4), seed: 5, quality: .rough, skew: true)
      village.startAll()
      let world = village.world
      world.after(3) { try world.note(village.peers[0], "hello", in: village.datanet) }
      world.after(6) { try world.cutPower(village.peers[2]) }
      world.after(9) { world.start(village.peers[2]) }
      try world.run(seconds: 40)
      return (world.trace, world.happenings)
    }
    let (first, second) = (try trace(), try trace())
    print("simulation: trace \(first.0) of \(first.1) happenings")
    #expect(first == second)
  }
}
