// What is fetched again after an interruption, in bytes on the wire: next to nothing
// (Specs/Simulation.md, "Scenarios"; Specs/Node.md, "Contributions").

import Claims
import Content
import Histories
import Node
import PeerProtocol
import Simulation
import Store
import Testing

@Suite(.serialized) struct ResumeTests {
  private func received(_ peer: Peer, _ world: World) -> Int {
    Int(peer.node?.status(at: world.instant(of: peer)).bytesReceived ?? 0)
  }

  /// Ada has a contribution, ben fetches it at a rate.
  private func village(
    seed: UInt64, bytesPerSecond: Int?
  ) throws -> (village: Village, made: Contributed) {
    let village = try Village(["ada", "ben"], seed: seed)
    let made = try village.world.contribute(
      village.ada, lines: 100_000, seed: seed, to: village.datanet, isNoise: true)
    village.peers[1].settings.limits.downloadBytesPerSecond = bytesPerSecond
    village.world.quality = { _, _ in
      WireQuality(delayMicroseconds: 5_000, bytesPerSecond: 4e6)
    }
    return (village, made)
  }

  /// Bytes that ben receives in all when he is killed as often, at equal distances.
  private func received(
    kills: Int, seed: UInt64
  ) throws -> (bytes: Int, of: Int, faults: [String]) {
    let (village, made) = try village(seed: seed, bytesPerSecond: 1_000_000)
    let (world, ben) = (village.world, village.peers[1])
    village.startAll()
    var before = 0
    for turn in 0..<kills {
      let goal = made.byteCount * (turn + 1) / (2 * kills)
      let isThere = try world.run(seconds: 60, lookSeconds: 0.01) {
        before + received(ben, world) > goal
      }
      #expect(isThere, "\(world.stories(village.peers))")
      before += received(ben, world)
      try world.kill(ben)
      try world.run(seconds: 0.5)
      world.start(ben)
    }
    let done = try world.run(seconds: 90) {
      try world.isSettled(village.peers, village.datanet, [made])
    }
    #expect(done, "\(Trial.replay(seed, "ResumeTests"))\n\(world.stories(village.peers))")
    return (before + received(ben, world), made.byteCount, world.faults)
  }

  @Test(arguments: Trial.seeds("resume", 1, 2, 3))
  func `a receiver that is killed fetches next to nothing again`(seed: UInt64) throws {
    let whole = try received(kills: 0, seed: seed)
    // All that the second session says counts as fetched again, whatever it is.
    for kills in [1, 10] {
      let parts = try received(kills: kills, seed: seed)
      let again = parts.bytes - whole.bytes
      print("resume: \(kills) kills cost \(again) bytes of \(whole.bytes), \(whole.of) of data")
      // A kill in the moment when a window has arrived loses that one window, whatever the size of
      // the whole; nothing that was there before is asked for again.
      let window = ExchangeLimits.firstWindow + 16_384
      #expect(
        again * 50 < whole.of * kills && again <= kills * window, Trial.replay(seed, "ResumeTests"))
      #expect(parts.faults.isEmpty, "\(parts.faults)")
    }
  }

  @Test func `what is complete is not looked through at the next start`() throws {
    let (village, made) = try village(seed: 7, bytesPerSecond: nil)
    let (world, datanet) = (village.world, village.datanet)
    village.startAll()
    #expect(
      try world.run(seconds: 60) { try world.isSettled(village.peers, datanet, [made]) },
      "\(world.stories(village.peers))")
    try world.run(seconds: 2)
    for peer in village.peers {
      #expect(try peer.blocks.isComplete(made.manifest), "\(peer.name)")
      world.leave(peer)
      peer.reports = []
      world.start(peer)
    }
    let agree = try world.run(seconds: 60) {
      village.peers.allSatisfy { peer in
        peer.node?.status(at: world.instant(of: peer)).isInStep(datanet) ?? false
      }
    }
    #expect(agree, "\(world.stories(village.peers))")
    for peer in village.peers {
      // Whoever looks through its blocks says so in the end.
      #expect(!peer.reports.contains { $0.report == .complete(datanet, manifest: made.manifest) })
    }
    // It is offered all the same.
    let cleo = try world.add("cleo")
    world.follow(cleo, datanet, given: [village.ada])
    world.start(cleo)
    #expect(
      try world.run(seconds: 60) { try world.isSettled([cleo], datanet, [made]) },
      "\(world.stories([village.ada, cleo]))")
  }
}
