// Exchanges over links with a rate and a delay, in virtual time: no sessions, no bytes.

import Cryptography
import PeerProtocol
import VirtualTime

final class ExchangeNetwork {
  enum Happening {
    case tick(Int)
    case message(ExchangeMessage, from: Int, to: Int)
    case linkFree(Int)
    case chunk(Digest, bytes: Int, isSound: Bool, from: Int, to: Int)
  }

  struct Peer {
    var exchange: Exchange
    var held: Set<Digest> = []
    var isAlive = true
    /// Whose turn it is on the link up, and whether something is on it.
    var turn = 0
    var downFree: UInt64 = 0
    var isSending = false
    var completedAt: UInt64?
    var received = 0
    var sent = 0
    var lies = false
    var withholds = false
    var accusations: [ExchangeEffect.Accusation] = []
    var sessions: Set<Int> = []
  }

  var peers: [Peer] = []
  var agenda = Agenda<Happening>()
  /// Microseconds.
  var now: UInt64 = 0
  var dice: SeededGenerator
  let chunks: ContributionChunks
  let bytesPerSecond: Double
  /// Of everybody's link down; nil when it is as fast as up.
  var downBytesPerSecond: Double?
  let delayMicroseconds: UInt64
  /// Of a chunk's bytes so many hundredths travel: it is packed.
  var packedPercent = 100
  var banned: [(by: Int, whom: Int)] = []

  init(
    chunks count: Int, byteCount: Int, peers number: Int, bytesPerSecond: Double,
    delayMicroseconds: UInt64, seed: UInt64
  ) {
    dice = SeededGenerator(seed: seed)
    self.bytesPerSecond = bytesPerSecond
    self.delayMicroseconds = delayMicroseconds
    chunks = ContributionChunks(
      contribution: SHA256.hash(Array("contribution".utf8)),
      digests: (0..<count).map { SHA256.hash(Array("chunk \($0)".utf8)) },
      byteCounts: Array(repeating: UInt32(byteCount), count: count))
    for peer in 0..<number {
      peers.append(
        Peer(
          exchange: Exchange(
            own: Sheet.author(peer), chance: SeededGenerator(seed: dice.next()), at: instant)))
      agenda.add(.tick(peer), at: UInt64(peer) * 37_000)
    }
  }

  var instant: Instant { Instant(milliseconds: now / 1_000) }

  func key(_ number: Int) -> PublicKey { Sheet.author(number) }
  private lazy var numbers: [PublicKey: Int] = Dictionary(
    uniqueKeysWithValues: peers.indices.map { (key($0), $0) })

  /// A peer begins to follow, with a share of the chunks.
  func follow(_ number: Int, holds: (Int) -> Bool) {
    var held = PlaceSet(limit: chunks.digests.count)
    for place in 0..<chunks.digests.count where holds(place) {
      held.insert(place)
      peers[number].held.insert(chunks.digests[place])
    }
    handle(
      .follow(chunks, held: held, wanted: PlaceSet(limit: chunks.digests.count, full: true)),
      on: number)
  }

  func connect(_ left: Int, _ right: Int) {
    guard peers[left].sessions.insert(right).inserted else { return }
    peers[right].sessions.insert(left)
    handle(.joined(key(right)), on: left)
    handle(.joined(key(left)), on: right)
  }

  func disconnect(_ left: Int, _ right: Int) {
    guard peers[left].sessions.remove(right) != nil else { return }
    peers[right].sessions.remove(left)
    handle(.left(key(right)), on: left)
    handle(.left(key(left)), on: right)
  }

  func kill(_ number: Int) {
    peers[number].isAlive = false
    for other in peers[number].sessions.sorted() { disconnect(other, number) }
  }

  func handle(_ event: ExchangeEvent, on number: Int) {
    guard peers[number].isAlive else { return }
    for effect in peers[number].exchange.handle(event, at: instant) {
      switch effect {
      case .send(let message, let peer):
        agenda.add(
          .message(message, from: number, to: numbers[peer]!), at: now + delayMicroseconds)
      case .wishes: pump(number)
      case .completed: peers[number].completedAt = now
      case .sought: break
      case .accuse(let peer, let accusation):
        peers[number].accusations.append(accusation)
        banned.append((number, numbers[peer]!))
        disconnect(number, numbers[peer]!)
      }
    }
  }

  /// One chunk at a time leaves over the peer's own link, sessions in turn.
  private func pump(_ number: Int) {
    let others = peers[number].sessions.sorted()
    for step in 0..<others.count where !peers[number].isSending {
      let to = others[(peers[number].turn + step) % others.count]
      guard let digest = peers[number].exchange.takeWish(of: key(to))?.digest else { continue }
      peers[number].turn = (peers[number].turn + step + 1) % others.count
      if peers[number].withholds { continue }
      guard peers[number].held.contains(digest) || peers[number].lies else {
        handle(.served(digest, to: key(to), byteCount: nil), on: number)
        continue
      }
      let bytes = Int(chunks.byteCounts[0]) * packedPercent / 100
      let duration = UInt64(Double(bytes) / bytesPerSecond * 1e6)
      peers[number].isSending = true
      peers[number].sent += bytes
      agenda.add(.linkFree(number), at: now + duration)
      let down = UInt64(Double(bytes) / (downBytesPerSecond ?? bytesPerSecond) * 1e6)
      let arrival = max(now + duration + delayMicroseconds, peers[to].downFree + down)
      peers[to].downFree = arrival
      agenda.add(
        .chunk(digest, bytes: bytes, isSound: !peers[number].lies, from: number, to: to),
        at: arrival)
      handle(.served(digest, to: key(to), byteCount: bytes), on: number)
    }
  }

  func run(until end: UInt64, while wanted: () -> Bool = { true }) {
    while wanted(), let time = agenda.nextTime, time <= end, let (at, item) = agenda.take() {
      now = at
      switch item {
      case .tick(let number):
        guard peers[number].isAlive else { continue }
        handle(.tick, on: number)
        agenda.add(.tick(number), at: now + 50_000)
      case .linkFree(let number):
        peers[number].isSending = false
        pump(number)
      case .message(let message, let from, let to):
        guard peers[to].sessions.contains(from) else { continue }
        handle(.message(message, from: key(from)), on: to)
      case .chunk(let digest, let bytes, let isSound, let from, let to):
        guard peers[to].sessions.contains(from) else { continue }
        peers[to].received += bytes
        handle(.arrived(digest, byteCount: bytes, from: key(from)), on: to)
        if isSound {
          guard peers[to].held.insert(digest).inserted else { continue }
          handle(.stored(digest), on: to)
        } else {
          handle(.corrupt(digest, from: key(from)), on: to)
        }
      }
    }
  }

  func isComplete(_ number: Int) -> Bool { peers[number].held.count == chunks.digests.count }
}
