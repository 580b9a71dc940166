// A thousand peers form one overlay, tell each other everything, and survive mass death
// (Specs/Overlay.md, "Figures").

import Cryptography
import PeerProtocol
import Testing

@Suite struct OverlayTests {
  /// Publishes `count` claims one after another; returns how they travelled.
  func publish(
    _ count: Int, in network: OverlayNetwork
  ) -> (missed: Int, redundancy: Double, deepest: UInt8) {
    let living = network.living
    network.payloadMessages = 0
    for number in living { network.peers[number].deepest = 0 }
    var missed = 0
    for _ in 0..<count {
      let author = living.randomElement(using: &network.dice)!
      let digest = network.publish(from: author)
      network.run(until: network.now + 6_000)
      missed += living.count { !network.peers[$0].has.contains(digest) }
    }
    let messages = Double(network.payloadMessages) / Double(count)
    let deepest = living.map { network.peers[$0].deepest }.max() ?? 0
    return (missed, messages / Double(living.count - 1) - 1, deepest)
  }

  @Test(arguments: [UInt64(1)])
  func aThousandPeersHearEverythingOnceOrNearlyOnce(seed: UInt64) {
    let network = OverlayNetwork(count: 1_000, seed: seed)
    network.run(until: network.now + 60_000)
    #expect(network.parts == [1_000], "seed \(seed)")
    _ = publish(30, in: network)
    let steady = publish(20, in: network)
    #expect(steady.missed == 0, "seed \(seed)")
    #expect(steady.redundancy < 0.2, "seed \(seed)")
    #expect(steady.deepest < 15, "seed \(seed)")
  }

  @Test(arguments: [0.3, 0.6, 0.9])
  func theLivingFormOneOverlayAgainAndMissNothing(share: Double) {
    let network = OverlayNetwork(count: 1_000, seed: UInt64(share * 100))
    network.run(until: network.now + 120_000)
    _ = publish(10, in: network)
    network.kill(share: share)
    network.run(until: network.now + 60_000)
    #expect(network.parts == [network.living.count], "share \(share)")
    let after = publish(10, in: network)
    #expect(after.missed == 0, "share \(share)")
  }
}
