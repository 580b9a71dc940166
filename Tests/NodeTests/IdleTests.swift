// What a peer costs that has nothing to do (Specs/Node.md, "Idle").

import Claims
import Content
import Cryptography
import PeerProtocol
import Testing

@testable import Node
@testable import Store

@Suite struct IdleTests {
  @Test func `an idle peer with twenty others says little and sleeps much`() throws {
    let world = World(seed: 31)
    let ada = try world.add("ada")
    let datanet = try world.found(ada)
    for number in 0..<50 { try world.note(ada, "\(number)", in: datanet) }
    let others = try (0..<20).map { try world.add("peer \($0)") }
    world.follow(ada, datanet)
    world.start(ada)
    for other in others {
      world.follow(other, datanet, given: [ada])
      world.start(other)
    }
    #expect(try world.run(seconds: 60) { try world.agree(world.peers, about: datanet) })
    try world.run(seconds: 60)
    let before = try #require(ada.node?.status(at: world.instant))
    #expect(before.peers.count >= 20)
    let ticks = ada.ticks
    let seconds = 600.0
    try world.run(seconds: seconds)
    let after = try #require(ada.node?.status(at: world.instant))
    let bytes = after.bytesReceived + after.bytesSent - before.bytesReceived - before.bytesSent
    print(
      "idle with \(after.peers.count) peers: \(Double(bytes) / seconds) bytes and "
        + "\(Double(ada.ticks - ticks) / seconds) ticks a second")
    #expect(Double(bytes) / seconds < 1_024)
    #expect(Double(ada.ticks - ticks) / seconds < 10)
  }
}
