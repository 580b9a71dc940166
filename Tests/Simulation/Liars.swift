// Liars that are nodes with one thing changed, and one that cannot even speak
// (Specs/Simulation.md, "Liars").

internal import Cryptography
package import Node
package import PeerProtocol

/// A node whose reading from its disk is changed on the way out.
package final class FalseServer: Participant {
  package enum Lie: Sendable {
    /// Sends other bytes than the address says.
    case corrupts
    /// Says that it has chunks, takes requests, and never answers.
    case withholds
  }

  private let node: Node
  private let lie: Lie

  package init(_ world: World, _ peer: Peer, _ lie: Lie) {
    node = Node(
      identity: peer.identity, claims: peer.claims, blocks: peer.blocks, home: nil,
      seed: world.seed(for: peer), at: world.instant(of: peer))
    self.lie = lie
  }

  package var deadline: Instant? { node.deadline }

  package func handle(_ event: NodeEvent, at now: Instant) -> [NodeEffect] {
    if case .worked(let token, .read(let blocks)) = event {
      switch lie {
      case .withholds: return []
      case .corrupts:
        let changed = blocks.map { block in
          var block = block
          if !block.message.isEmpty { block.message[block.message.endIndex - 1] ^= 1 }
          return block
        }
        return node.handle(.worked(token, .read(changed)), at: now)
      }
    }
    return node.handle(event, at: now)
  }
}

/// Dials and sends noise that is no protocol, again and again.
package final class Babbler: Participant {
  private let targets: [String]
  private var dice: SeededGenerator
  private var dialled: UInt64 = 0
  private var next: Instant
  private let everyMilliseconds: UInt64
  /// What is sent first, so that noise comes at each depth of the protocol.
  private let beginnings: [[UInt8]]

  package init(
    _ world: World, _ peer: Peer, targets: [Peer], everyMilliseconds: UInt64,
    beginnings: [[UInt8]] = [[]]
  ) {
    self.targets = targets.map(\.address)
    dice = SeededGenerator(seed: world.seed(for: peer).prefix)
    next = world.instant(of: peer)
    self.everyMilliseconds = everyMilliseconds
    self.beginnings = beginnings
  }

  package var deadline: Instant? { next }

  package func handle(_ event: NodeEvent, at now: Instant) -> [NodeEffect] {
    switch event {
    case .tick:
      guard now >= next else { return [] }
      next = now.advanced(byMilliseconds: everyMilliseconds)
      return targets.map { address in
        dialled += 1
        return .dial(.dialled(dialled), address: address)
      }
    case .dialled(let link):
      let beginning = beginnings[Int(dice.next() % UInt64(beginnings.count))]
      let count = Int(dice.next() % 2_000)
      return [
        .send(link, beginning + (0..<count).map { _ in UInt8(truncatingIfNeeded: dice.next()) })
      ]
    default: return []
    }
  }
}
