// A network of whole nodes on disks in memory, in virtual time, on one thread: the same seed gives
// the same world (Specs/Simulation.md).

package import Cryptography
package import Histories
package import Node
package import PeerProtocol
internal import Store
internal import VirtualTime

package final class World {
  enum Happening {
    case tick(Int, UInt64)
    case event(Int, life: UInt64, NodeEvent)
    case deliver(Int, direction: Int, [UInt8])
    case drained(Int, direction: Int)
    case finish(Int, direction: Int, String?)
    case snap(Int)
    case clocks
    case check
    case task(() throws -> Void)
  }

  package var peers: [Peer] = []
  package let seed: UInt64
  package var dice: Dice
  /// Microseconds.
  package internal(set) var now: UInt64 = 1_000_000
  var agenda = Agenda<Happening>()
  var wires: [Int: Wire] = [:]
  var wireCount = 0
  /// The wire of a link. Look-ups only.
  var wireOf: [LinkKey: Int] = [:]
  var listeners: [String: Int] = [:]
  /// Of connections made from now on, by the peers' numbers.
  package var quality: (Int, Int) -> WireQuality = { _, _ in WireQuality() }
  /// Peers in different camps do not reach each other.
  package internal(set) var camps: [Int: Int] = [:]
  /// Bulk work takes up to so long.
  package var workMicroseconds: UInt64 = 2_000
  /// Every byte on every wire.
  package internal(set) var wireBytes = 0
  package internal(set) var happenings = 0
  /// Peers whose limits are watched: all nodes that are not liars.
  package var honest: [Peer] = []
  /// Limits that were passed, and other things that never happen.
  package var faults: [String] = []
  /// The fullest that each limited thing ever was, in thousandths of its limit.
  package internal(set) var fullest: [(name: String, thousandths: Int)] = []
  /// A number that is the same whenever the same things happened in the same order.
  package internal(set) var trace: UInt64 = 0xCBF2_9CE4_8422_2325
  /// The wall clock when the world begins.
  package static let epoch = 1_700_000_000_000
  static let checkMicroseconds: UInt64 = 500_000
  static let clockMicroseconds: UInt64 = 60_000_000
  /// So many ticks in a row may leave something due.
  static let idleTicks = 20

  struct LinkKey: Hashable {
    let peer: Int
    let life: UInt64
    let link: LinkID
  }

  package init(seed: UInt64) {
    self.seed = seed
    dice = Dice(seed)
    agenda.add(.check, at: now + Self.checkMicroseconds)
    agenda.add(.clocks, at: now + Self.clockMicroseconds)
  }

  package var instant: Instant { Instant(milliseconds: now / 1_000) }
  package func instant(of peer: Peer) -> Instant { peer.clock.instant(at: now) }
  package func wall(of peer: Peer) -> Int {
    Self.epoch + Int(now / 1_000) + peer.clock.wallMilliseconds
  }

  // MARK: Peers

  /// Adds a peer at a host of its own, in a neighbourhood of its own unless one is given.
  @discardableResult
  package func add(
    _ name: String, identity: Identity? = nil, host: String? = nil, isHonest: Bool = true
  ) throws -> Peer {
    let number = peers.count
    let host = host ?? "\(20 + number / 250).\(1 + number % 250).0.1"
    let port = 4_000 + peers.count { $0.host == host }
    guard let own = identity ?? Identity(seed: SHA256.hash(Array("\(seed) \(name)".utf8)).bytes)
    else { throw Impossible(what: "a digest is no seed") }
    let peer = try Peer(name, number: number, identity: own, host: host, port: port)
    peers.append(peer)
    listeners[peer.address] = number
    if isHonest { honest.append(peer) }
    return peer
  }

  package struct Impossible: Error { package let what: String }

  package func seed(for peer: Peer) -> Digest {
    SHA256.hash(Array("\(seed) \(peer.name) \(peer.number) \(peer.life)".utf8))
  }

  /// Starts a node on the peer's disk, or lets somebody else answer there.
  package func start(_ peer: Peer, as other: ((World, Peer) -> any Participant)? = nil) {
    peer.life += 1
    peer.isDark = false
    peer.nextTick = nil
    peer.participant =
      other?(self, peer)
      ?? Node(
        identity: peer.identity, claims: peer.claims, blocks: peer.blocks, home: nil,
        memory: peer.memory, seed: seed(for: peer), at: instant(of: peer))
    tell(peer, .clock(wallMilliseconds: wall(of: peer)))
    tell(peer, .listening([peer.address]))
    tell(peer, .settings(peer.settings))
  }

  /// Says goodbye and stops, as on a person's word.
  package func leave(_ peer: Peer) {
    if let node = peer.node { peer.memory = node.memory(at: instant(of: peer)) }
    tell(peer, .leave)
    stop(peer)
  }

  /// The process ends without a word; its system resets the connections.
  package func stop(_ peer: Peer) {
    peer.participant = nil
    peer.nextTick = nil
    for (number, wire) in openWires(of: peer) {
      let own = wire.ends[0].peer == peer.number && wire.ends[0].life == peer.life ? 0 : 1
      wire.ends[own].isOpen = false
      finish(number, direction: own, "reset by the other side")
    }
  }

  /// The process is killed: what it has handed to the system stays.
  package func kill(_ peer: Peer) throws {
    // What is left is seen before the node goes: its end would tidy up after it.
    let disk = peer.disk.afterKill()
    stop(peer)
    try peer.replaceDisk(by: disk)
  }

  /// The machine loses its power: writes that were not synced may be lost or torn, and its
  /// connections hear nothing until it is back.
  package func cutPower(_ peer: Peer) throws {
    let disk = peer.disk.afterPowerCut { self.dice.below($0) }
    peer.participant = nil
    peer.nextTick = nil
    peer.isDark = true
    for (_, wire) in openWires(of: peer) {
      let own = wire.ends[0].peer == peer.number ? 0 : 1
      wire.ends[own].isOpen = false
    }
    try peer.replaceDisk(by: disk)
  }

  private func openWires(of peer: Peer) -> [(Int, Wire)] {
    wires.sorted { $0.key < $1.key }.filter { _, wire in
      wire.ends.contains { $0.peer == peer.number && $0.life == peer.life && $0.isOpen }
    }
  }

  // MARK: Partitions

  /// Parts the named peers from all others, in camps of their own. Connections between camps hang.
  package func part(_ camps: [[Peer]]) {
    self.camps = [:]
    for (number, camp) in camps.enumerated() {
      for peer in camp { self.camps[peer.number] = number + 1 }
    }
  }

  package func heal() {
    camps = [:]
    for (number, _) in wires.sorted(by: { $0.key < $1.key }) {
      for direction in 0...1 { release(number, direction: direction) }
    }
  }

  func reach(_ one: Int, _ other: Int) -> Bool { camps[one] ?? 0 == camps[other] ?? 0 }

  // MARK: Time

  /// Does something after so many seconds.
  package func after(_ seconds: Double, _ task: @escaping () throws -> Void) {
    agenda.add(.task(task), at: now + UInt64(seconds * 1e6))
  }

  /// Runs until `done` or the time is over; whether it was done. Looking costs, so it is asked
  /// after each `lookSeconds` only.
  @discardableResult
  package func run(
    seconds: Double, lookSeconds: Double = 0.1, until done: () throws -> Bool = { false }
  ) throws -> Bool {
    let end = now + UInt64(seconds * 1e6)
    var looked = now
    while let time = agenda.nextTime, time <= end, let (at, item) = agenda.take() {
      now = max(now, at)
      happenings += 1
      try step(item)
      if now >= looked + UInt64(lookSeconds * 1e6) {
        looked = now
        if try done() { return true }
      }
    }
    now = max(now, end)
    return try done()
  }

  private func step(_ item: Happening) throws {
    switch item {
    case .tick(let number, let at):
      guard peers[number].nextTick == at else { return }
      peers[number].nextTick = nil
      tell(peers[number], .tick)
      checkTick(of: peers[number])
    case .event(let number, let life, let event):
      if peers[number].life == life { tell(peers[number], event) }
    case .deliver(let wire, let direction, let bytes): arrive(bytes, wire, direction)
    case .drained(let wire, let direction): drained(wire, direction)
    case .finish(let wire, let direction, let reason): arriveEnd(wire, direction, reason)
    case .snap(let wire): snap(wire)
    case .clocks:
      agenda.add(.clocks, at: now + Self.clockMicroseconds)
      for peer in peers where peer.participant != nil {
        tell(peer, .clock(wallMilliseconds: wall(of: peer)))
        if let node = peer.node { peer.memory = node.memory(at: instant(of: peer)) }
      }
    case .check:
      agenda.add(.check, at: now + Self.checkMicroseconds)
      checkLimits()
    case .task(let task): try task()
    }
  }

  func note(_ number: UInt64) {
    trace = (trace ^ number) &* 0x100_0000_01B3
  }

  // MARK: Events and effects

  package func tell(_ peer: Peer, _ event: NodeEvent) {
    guard let participant = peer.participant else { return }
    note(UInt64(peer.number) << 48 ^ now)
    for effect in participant.handle(event, at: instant(of: peer)) { carryOut(effect, of: peer) }
    schedule(peer)
  }

  func schedule(_ peer: Peer) {
    guard let due = peer.participant?.deadline else { return }
    let at = max(peer.clock.time(of: due), now + 1_000)
    if let next = peer.nextTick, next <= at { return }
    peer.nextTick = at
    agenda.add(.tick(peer.number, at), at: at)
  }

  private func carryOut(_ effect: NodeEffect, of peer: Peer) {
    switch effect {
    case .dial(let link, let address): dial(link, address, from: peer)
    case .send(let link, let bytes): send(bytes, on: link, from: peer)
    case .pauseReading(let link): pause(link, of: peer)
    case .resumeReading(let link): resume(link, of: peer)
    case .close(let link): close(link, of: peer)
    case .work(let token, let work):
      let result = work.run()
      let span = UInt64(dice.below(Int(max(1, workMicroseconds))))
      agenda.add(.event(peer.number, life: peer.life, .worked(token, result)), at: now + span)
    case .report(let report): peer.reports.append((now, report))
    }
  }
}
