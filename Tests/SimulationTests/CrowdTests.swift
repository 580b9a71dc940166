// Many peers: fifty in `make test`, a thousand in `make simulate` (Specs/Simulation.md, "Crowds").

import Claims
import Content
import Histories
import Node
import Simulation
import Store
import Testing

@Suite(.serialized) struct CrowdTests {
  /// Everybody joins, a third die at once, and what the rest say reaches all of them.
  private func crowd(_ count: Int, seed: UInt64) throws {
    let clock = ContinuousClock()
    let began = clock.now
    let village = try Village(Village.names(count), seed: seed, skew: true)
    let (world, peers, datanet) = (village.world, village.peers, village.datanet)
    world.quality = { from, to in
      WireQuality(
        delayMicroseconds: 10_000 + UInt64((from &* 31 &+ to &* 17) % 70) * 1_000,
        jitterMicroseconds: 10_000)
    }
    world.start(peers[0])
    for peer in peers[1...] {
      // Each newcomer has a ticket from somebody who was there before.
      let friend = peers[world.dice.below(peer.number)]
      peer.settings.given = []
      world.follow(peer, datanet, given: [friend])
      world.after(Double(peer.number) * 30 / Double(count)) { world.start(peer) }
    }
    let joined = try world.run(seconds: 150, lookSeconds: 2) {
      try world.agree(peers, about: datanet)
    }
    #expect(joined, "\(Trial.replay(seed, "CrowdTests"))")
    try world.run(seconds: 60)
    var spans: [Double] = []
    for turn in 0..<5 {
      let author = peers[world.dice.below(count)]
      let before = (world.now, world.wireBytes)
      let claim = try world.note(author, "word \(turn)", in: datanet)
      let heard = try world.run(seconds: 90, lookSeconds: Double(count) / 500) {
        try peers.allSatisfy { try $0.claims.claim(claim.cid) != nil }
      }
      #expect(heard, "word \(turn) \(Trial.replay(seed, "CrowdTests"))")
      spans.append(Double(world.now - before.0) / 1e6)
    }
    let dead = peers.filter { _ in world.dice.hit(oneIn: 3) }
    for peer in dead { world.stop(peer) }
    let alive = peers.filter { $0.participant != nil }
    world.honest = alive
    try world.run(seconds: 90)
    let author = alive[world.dice.below(alive.count)]
    try world.note(author, "the last word", in: datanet)
    let settled = try world.run(seconds: 150, lookSeconds: 1) {
      try world.agree(alive, about: datanet)
    }
    #expect(settled, "\(Trial.replay(seed, "CrowdTests")) after \(dead.count) died")
    #expect(world.faults.isEmpty, "\(world.faults)")
    print(
      "crowd of \(count): \(world.now / 1_000_000) virtual s in \(clock.now - began),",
      "\(world.happenings) happenings, \(world.wireBytes >> 10) KiB, words heard after \(spans) s")
  }

  @Test(arguments: Trial.seeds("crowd", 1))
  func `fifty peers find each other and outlive a third of them`(seed: UInt64) throws {
    try crowd(50, seed: seed)
  }

  @Test(.enabled(if: Trial.more > 0, "a thousand peers run in `make simulate`"))
  func `a thousand peers find each other and outlive a third of them`() throws {
    try crowd(1_000, seed: Trial.only ?? 1)
  }
}
