// Nodes on disks in memory over byte streams with a delay and a rate, in virtual time.

import Claims
import Content
import Cryptography
import Histories
import PeerProtocol
import Testing
import VirtualTime

@testable import Node
@testable import Store

/// One peer: a person, a disk, and a node that may be stopped and started again.
final class Peer {
  let name: String
  let number: Int
  let identity: Identity
  let address: String
  let disk: MemoryDisk
  var claims: ClaimStore
  var blocks: BlockStore
  var node: Node?
  var settings = NodeSettings()
  var reports: [(at: UInt64, report: NodeReport)] = []
  var accepted: UInt64 = 0
  var ticks = 0
  var starts: UInt64 = 0
  /// What came on links that are not read now.
  var paused: [LinkID: [NodeEvent]] = [:]
  /// The tick that is on the agenda.
  var nextTick: UInt64?
  /// Whether it changes a byte of every chunk before it is sealed.
  var corrupts = false

  init(_ name: String, number: Int, disk: MemoryDisk = MemoryDisk()) throws {
    self.name = name
    self.number = number
    self.disk = disk
    identity = try #require(Identity(seed: SHA256.hash(Array(name.utf8)).bytes))
    address = "10.\(number).0.1:4000"
    (claims, blocks) = try Self.open(disk)
  }

  static func open(_ disk: MemoryDisk) throws -> (ClaimStore, BlockStore) {
    let home = Home("/home")
    let vfs = DiskVFS(disk)
    let claims = try ClaimStore(Database(.file(home.databasePath), vfs: vfs))
    let index = try Database(.file(home.indexPath), durability: .normal, vfs: vfs)
    return (claims, try BlockStore(home: home, database: index, disk: disk))
  }

  var key: PublicKey { identity.publicKey }
  var contact: PeerContact { PeerContact(identity: key, addresses: [address]) }

  func digest(of datanet: CID) throws -> Digest { try claims.status(of: datanet).digest }
}

final class World {
  enum Happening {
    case tick(Int, UInt64)
    case event(Int, NodeEvent)
    case deliver(Int, toDialler: Bool, [UInt8])
    case cut(Int, seenByDialler: Bool, String?)
  }

  final class Connection {
    let dialler: (peer: Int, link: LinkID)
    let other: (peer: Int, link: LinkID)
    var isOpen = (dialler: true, other: true)
    /// When each direction's pipe is free again, in microseconds.
    var free: (up: UInt64, down: UInt64) = (0, 0)
    var bytes = 0

    init(_ dialler: (Int, LinkID), _ other: (Int, LinkID)) {
      self.dialler = dialler
      self.other = other
    }
  }

  var peers: [Peer] = []
  var connections: [Connection] = []
  var agenda = Agenda<Happening>()
  /// Microseconds.
  var now: UInt64 = 1_000_000
  var dice: Dice
  let seed: UInt64
  var delayMicroseconds: UInt64 = 5_000
  var bytesPerSecond = 125e6
  /// Connections that cannot be made, by peers' numbers.
  var isBlocked: (Int, Int) -> Bool = { _, _ in false }
  /// The clock on the wall when the world begins.
  static let epoch = 1_700_000_000_000
  /// Every byte on every wire.
  var wireBytes = 0

  init(seed: UInt64) {
    self.seed = seed
    dice = Dice(seed)
  }

  var instant: Instant { Instant(milliseconds: now / 1_000) }

  @discardableResult
  func add(_ name: String) throws -> Peer {
    let peer = try Peer(name, number: peers.count)
    peers.append(peer)
    return peer
  }

  // MARK: Life

  func start(_ peer: Peer, memory: NodeMemory = NodeMemory()) {
    peer.starts += 1
    let seed = SHA256.hash(Array("\(self.seed) \(peer.name) \(peer.starts)".utf8))
    peer.node = Node(
      identity: peer.identity, claims: peer.claims, blocks: peer.blocks, home: nil, memory: memory,
      seed: seed, at: instant)
    tell(peer, .clock(wallMilliseconds: Self.epoch + Int(now / 1_000)))
    tell(peer, .listening([peer.address]))
    tell(peer, .settings(peer.settings))
  }

  /// Stops a peer without a word; its connections are cut.
  func stop(_ peer: Peer) {
    peer.node = nil
    peer.nextTick = nil
    peer.paused = [:]
    for (number, connection) in connections.enumerated() {
      if connection.dialler.peer == peer.number, connection.isOpen.dialler {
        connection.isOpen.dialler = false
        agenda.add(.cut(number, seenByDialler: false, "reset"), at: now + delayMicroseconds)
      }
      if connection.other.peer == peer.number, connection.isOpen.other {
        connection.isOpen.other = false
        agenda.add(.cut(number, seenByDialler: true, "reset"), at: now + delayMicroseconds)
      }
    }
  }

  func follow(
    _ peer: Peer, _ datanet: CID, mode: FollowMode = .all, key: Digest? = nil,
    given: [Peer] = []
  ) {
    peer.settings.followings.removeAll { $0.datanet == datanet }
    peer.settings.followings.append(Following(datanet: datanet, mode: mode, key: key))
    peer.settings.given += given.map {
      KnownPeer(identity: $0.key, address: $0.address, datanet: datanet, isGiven: true)
    }
    if peer.node != nil { tell(peer, .settings(peer.settings)) }
  }

  // MARK: Events

  func tell(_ peer: Peer, _ event: NodeEvent) {
    guard let node = peer.node else { return }
    var queue = [event]
    while !queue.isEmpty {
      let effects = node.handle(queue.removeFirst(), at: instant)
      for effect in effects { carryOut(effect, of: peer, &queue) }
    }
    schedule(peer)
  }

  private func schedule(_ peer: Peer) {
    guard let due = peer.node?.deadline else { return }
    let at = max(due.milliseconds * 1_000, now + 1_000)
    if let next = peer.nextTick, next <= at { return }
    peer.nextTick = at
    agenda.add(.tick(peer.number, at), at: at)
  }

  private func carryOut(_ effect: NodeEffect, of peer: Peer, _ queue: inout [NodeEvent]) {
    switch effect {
    case .dial(let link, let address): dial(link, address, from: peer)
    case .send(let link, let bytes): send(bytes, on: link, from: peer)
    case .pauseReading(let link): peer.paused[link] = peer.paused[link] ?? []
    case .resumeReading(let link):
      for event in peer.paused.removeValue(forKey: link) ?? [] { queue.append(event) }
    case .close(let link): close(link, of: peer)
    case .work(let token, let work): queue.append(.worked(token, result(of: work, by: peer)))
    case .report(let report): peer.reports.append((now, report))
    }
  }

  private func result(of work: Work, by peer: Peer) -> WorkResult {
    let result = work.run()
    guard peer.corrupts, case .read(let read) = result else { return result }
    return .read(
      read.map { block in
        var changed = block
        if !block.message.isEmpty { changed.message[block.message.endIndex - 1] ^= 1 }
        return changed
      })
  }

  private func dial(_ link: LinkID, _ address: String, from peer: Peer) {
    let other = peers.first { $0.address == address }
    guard let other, other.node != nil, !isBlocked(peer.number, other.number) else {
      agenda.add(
        .event(peer.number, .dialFailed(link, reason: "nobody listens")),
        at: now + delayMicroseconds * 2)
      return
    }
    other.accepted += 1
    let accepted = LinkID.accepted(other.accepted)
    connections.append(Connection((peer.number, link), (other.number, accepted)))
    agenda.add(
      .event(
        other.number, .accepted(accepted, from: "10.\(peer.number).0.1:\(50_000 + link.number)")),
      at: now + delayMicroseconds)
    agenda.add(.event(peer.number, .dialled(link)), at: now + delayMicroseconds * 2)
  }

  private func connection(of link: LinkID, _ peer: Peer) -> (number: Int, isDialler: Bool)? {
    let number = connections.lastIndex {
      link.isDialled
        ? $0.dialler.peer == peer.number && $0.dialler.link == link
        : $0.other.peer == peer.number && $0.other.link == link
    }
    return number.map { ($0, link.isDialled) }
  }

  private func send(_ bytes: [UInt8], on link: LinkID, from peer: Peer) {
    guard let (number, isDialler) = connection(of: link, peer) else { return }
    let connection = connections[number]
    let span = UInt64(Double(bytes.count) / bytesPerSecond * 1e6)
    let start = max(now, isDialler ? connection.free.up : connection.free.down)
    if isDialler { connection.free.up = start + span } else { connection.free.down = start + span }
    connection.bytes += bytes.count
    wireBytes += bytes.count
    agenda.add(
      .deliver(number, toDialler: !isDialler, bytes), at: start + span + delayMicroseconds)
    agenda.add(.event(peer.number, .drained(link)), at: start + span)
  }

  private func close(_ link: LinkID, of peer: Peer) {
    guard let (number, isDialler) = connection(of: link, peer) else { return }
    let connection = connections[number]
    if isDialler { connection.isOpen.dialler = false } else { connection.isOpen.other = false }
    let free = isDialler ? connection.free.up : connection.free.down
    agenda.add(
      .cut(number, seenByDialler: !isDialler, nil), at: max(now, free) + delayMicroseconds)
  }

  // MARK: Time

  /// Runs until `wanted` is false or the time is over; true when it became false.
  @discardableResult
  func run(seconds: Double, until done: () throws -> Bool = { false }) throws -> Bool {
    let end = now + UInt64(seconds * 1e6)
    var looked = now
    while let time = agenda.nextTime, time <= end, let (at, item) = agenda.take() {
      now = max(now, at)
      step(item)
      // Looking costs; a virtual ten milliseconds is often enough.
      if now >= looked + 10_000 {
        looked = now
        if try done() { return true }
      }
    }
    now = max(now, end)
    return try done()
  }

  private func step(_ item: Happening) {
    switch item {
    case .tick(let number, let at):
      guard peers[number].nextTick == at else { return }
      peers[number].nextTick = nil
      peers[number].ticks += 1
      tell(peers[number], .tick)
    case .event(let number, let event): tell(peers[number], event)
    case .deliver(let number, let toDialler, let bytes):
      let connection = connections[number]
      let (peer, link) = toDialler ? connection.dialler : connection.other
      guard toDialler ? connection.isOpen.dialler : connection.isOpen.other else { return }
      if peers[peer].paused[link] != nil {
        peers[peer].paused[link]?.append(.received(link, bytes))
      } else {
        tell(peers[peer], .received(link, bytes))
      }
    case .cut(let number, let seenByDialler, let reason):
      let connection = connections[number]
      let (peer, link) = seenByDialler ? connection.dialler : connection.other
      guard seenByDialler ? connection.isOpen.dialler : connection.isOpen.other else { return }
      if seenByDialler {
        connection.isOpen.dialler = false
      } else {
        connection.isOpen.other = false
      }
      tell(peers[peer], .ended(link, reason: reason))
    }
  }

  // MARK: What people do

  func found(_ peer: Peer, named name: String = "demo") throws -> CID {
    try peer.claims.found(
      Genesis(name: name), by: peer.identity, timeMilliseconds: wall
    ).cid
  }

  var wall: Int { Self.epoch + Int(now / 1_000) }

  @discardableResult
  func say(_ peer: Peer, _ content: ClaimContent, in datanet: CID) throws -> Claim {
    let claim = try peer.claims.append(
      content, to: datanet, by: peer.identity, timeMilliseconds: wall)
    tell(peer, .changed)
    return claim
  }

  func note(_ peer: Peer, _ text: String, in datanet: CID) throws {
    try say(peer, .note(Note([.init("title", [text])])), in: datanet)
  }

  /// All have the same digest.
  func agree(_ peers: [Peer], about datanet: CID) throws -> Bool {
    guard try peers.allSatisfy({ try $0.claims.genesis(of: datanet) != nil }) else { return false }
    return try Set(peers.map { try $0.digest(of: datanet) }).count == 1
  }

  /// What somebody's node told, for the message of a failing test.
  func story(_ peer: Peer, last: Int = 20) -> String {
    peer.reports.suffix(last).map { "\(peer.name) \($0.at / 1_000) ms: \($0.report)" }
      .joined(separator: "\n")
  }
}
