// One victim, encircled by liars with many names who fill its table and its places
// (Specs/Simulation.md, "Eclipse").

import Claims
import Cryptography
import Node
import PeerProtocol
import Simulation
import Store
import Testing

@Suite(.serialized) struct EclipseTests {
  /// Liars that speak, dial the victim at once, ask to be its neighbours, name only each other,
  /// and pass on nothing.
  private func encircle(_ village: Village, _ victim: Peer, count: Int) throws -> [Peer] {
    let world = village.world
    let liars = try (0..<count).map { number in
      // From four neighbourhoods of addresses.
      try village.stranger("liar \(number)", host: "66.\(number % 4).\(number / 4).1")
    }
    for liar in liars {
      var script = Speaker.Script()
      script.opened = { speaker, link, _ in
        let own = speaker.contact(of: liar.key, at: liar.address)
        speaker.say(.overlay(.neighbour(own, isUrgent: true)), on: link)
      }
      script.heard = { speaker, link, content, _ in
        if case .overlay(.neighbour) = content {
          speaker.say(.overlay(.neighbourAnswer(accepted: true)), on: link)
        }
        if case .reconciliation(.summary, let round) = content {
          // "We know the same": so the victim asks for nothing.
          speaker.say(.reconciliation(.same, round: round), on: link)
        }
      }
      script.turn = { speaker, link, _ in
        let sample = (0..<8).map { _ in liars[speaker.below(liars.count)].contact }
        let own = speaker.contact(of: liar.key, at: liar.address)
        speaker.say(.overlay(.shuffle(origin: own, hops: 0, sample: sample)), on: link)
        speaker.say(.overlay(.neighbour(own, isUrgent: true)), on: link)
      }
      script.everyMilliseconds = 2_000
      world.start(liar) { world, peer in
        Speaker(
          world, peer, DatanetSecret(datanet: village.datanet), targets: [victim], script)
      }
    }
    return liars
  }

  @Test(arguments: Trial.seeds("eclipse", 1))
  func `a victim encircled by a hundred liars still hears of new claims`(seed: UInt64) throws {
    let village = try Village(Village.names(12), seed: seed)
    let (world, peers, datanet) = (village.world, village.peers, village.datanet)
    let victim = peers[11]
    village.startAll()
    #expect(try world.run(seconds: 60) { try world.agree(peers, about: datanet) })
    try world.run(seconds: 60)
    _ = try encircle(village, victim, count: 100)
    try world.run(seconds: 240)
    for turn in 0..<3 {
      let word = try world.note(peers[turn], "do you hear me \(turn)", in: datanet)
      let heard = try world.run(seconds: 120, lookSeconds: 1) {
        try victim.claims.claim(word.cid) != nil
      }
      #expect(heard, "\(turn) \(Trial.replay(seed, "encircled"))\n\(world.story(victim, last: 30))")
    }
    // After a restart it finds its way out by what it remembers.
    world.leave(victim)
    world.start(victim)
    try world.run(seconds: 60)
    let word = try world.note(peers[4], "and now?", in: datanet)
    let heard = try world.run(seconds: 120, lookSeconds: 1) {
      try victim.claims.claim(word.cid) != nil
    }
    #expect(heard, "\(Trial.replay(seed, "encircled"))\n\(world.story(victim, last: 30))")
    #expect(world.faults.isEmpty, "\(world.faults)")
  }
}
