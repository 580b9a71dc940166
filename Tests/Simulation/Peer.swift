// One simulated peer: a person, a disk that can lose its power, a clock that may be wrong, and
// whoever answers there: a node, or a liar (Specs/Simulation.md, "Peers").

package import Cryptography
package import Node
package import PeerProtocol
package import Store

/// Whoever can sit behind an address: a node or a liar. Both see the same world.
package protocol Participant: AnyObject {
  func handle(_ event: NodeEvent, at now: Instant) -> [NodeEffect]
  var deadline: Instant? { get }
}

extension Node: Participant {}

/// A clock that runs a bit fast or slow, and shows a wall time that is off.
package struct SkewedClock: Sendable {
  /// Parts in a million that it runs fast.
  package var drift = 0
  /// What it shows at the world's start.
  package var startMilliseconds: UInt64 = 0
  /// What its wall time is ahead.
  package var wallMilliseconds = 0

  package init(drift: Int = 0, startMilliseconds: UInt64 = 0, wallMilliseconds: Int = 0) {
    self.drift = drift
    self.startMilliseconds = startMilliseconds
    self.wallMilliseconds = wallMilliseconds
  }

  package func instant(at now: UInt64) -> Instant {
    let local = UInt64(Int(now) + Int(now / 1_000_000) * drift)
    return Instant(milliseconds: startMilliseconds + local / 1_000)
  }

  /// The first microsecond of the world at which this clock shows `instant`.
  package func time(of instant: Instant) -> UInt64 {
    guard instant.milliseconds > startMilliseconds else { return 0 }
    let local = (instant.milliseconds - startMilliseconds) * 1_000
    var now = UInt64(Double(local) / (1 + Double(drift) / 1e6))
    while self.instant(at: now) < instant { now += 500 }
    return now
  }
}

package final class Peer {
  package let name: String
  package let number: Int
  package private(set) var identity: Identity
  /// Several peers may share one.
  package let host: String
  package let address: String
  package private(set) var disk: MemoryDisk
  package private(set) var claims: ClaimStore
  package private(set) var blocks: BlockStore
  /// Who answers; nil while nothing runs.
  package var participant: (any Participant)?
  package var node: Node? { participant as? Node }
  package var settings = NodeSettings()
  /// What the node's shell has kept from one start to the next.
  package var memory = NodeMemory()
  package var clock = SkewedClock()
  package var reports: [(at: UInt64, report: NodeReport)] = []
  /// Changes with each start: what was meant for an earlier life does not reach this one.
  package var life: UInt64 = 0
  var accepted: UInt64 = 0
  /// The tick that is on the agenda.
  var nextTick: UInt64?
  /// Ticks in a row after which something was still due.
  var idleTicks = 0
  /// The machine has no power: it does not even refuse.
  package var isDark = false

  package init(_ name: String, number: Int, identity: Identity, host: String, port: Int) throws {
    self.name = name
    self.number = number
    self.identity = identity
    self.host = host
    address = "\(host):\(port)"
    disk = MemoryDisk()
    (claims, blocks) = try Self.open(disk)
  }

  private static func open(_ disk: MemoryDisk) throws -> (ClaimStore, BlockStore) {
    let home = Home("/home")
    let vfs = DiskVFS(disk)
    let claims = try ClaimStore(Database(.file(home.databasePath), vfs: vfs))
    let index = try Database(.file(home.indexPath), durability: .normal, vfs: vfs)
    return (claims, try BlockStore(home: home, database: index, disk: disk))
  }

  /// Goes on with what a kill or a power cut has left.
  func replaceDisk(by disk: MemoryDisk) throws {
    self.disk = disk
    (claims, blocks) = try Self.open(disk)
  }

  /// A liar goes by another name from its next start on.
  package func rename(_ other: Identity?) { identity = other ?? identity }

  package var key: PublicKey { identity.publicKey }
  package var contact: PeerContact { PeerContact(identity: key, addresses: [address]) }
}
