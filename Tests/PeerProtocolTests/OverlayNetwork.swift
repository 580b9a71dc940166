// A network of overlays and broadcasts without sessions: virtual time, seeded delays, deaths.

import Cryptography
import PeerProtocol
import VirtualTime

final class OverlayNetwork {
  enum Happening {
    case tick(Int)
    case overlay(OverlayMessage, from: Int, to: Int)
    case broadcast(BroadcastMessage, from: Int, to: Int)
    case dialled(Int, by: Int)
    case noticed(Int, by: Int)
  }

  struct Peer {
    var overlay: Overlay
    var broadcast = Broadcast()
    var isAlive = true
    var sessions: Set<Int> = []
    var has: Set<Digest> = []
    var deepest: UInt8 = 0
  }

  var peers: [Peer] = []
  var agenda = Agenda<Happening>()
  var now: UInt64 = 0
  var dice: SeededGenerator
  var payloadMessages = 0
  var numbers: [PublicKey: Int] = [:]
  var store: [Digest: [UInt8]] = [:]

  init(count: Int, seed: UInt64) {
    dice = SeededGenerator(seed: seed)
    for number in 0..<count { addPeer(number) }
    for number in 0..<count {
      // Each newcomer knows one earlier peer, as from a ticket.
      if number > 0 {
        let contact = peers[Int.random(in: 0..<number, using: &dice)].overlay.own
        now += 20
        run(until: now)
        handle(.met(contact), on: number)
      }
      agenda.add(.tick(number), at: now + UInt64.random(in: 0..<1_000, using: &dice))
    }
  }

  private func addPeer(_ number: Int) {
    let key = PublicKey(bytes: SHA256.hash(Array("peer \(number)".utf8)).bytes)!
    numbers[key] = number
    peers.append(
      Peer(
        overlay: Overlay(
          own: PeerContact(identity: key, addresses: ["\(number)"]),
          chance: SeededGenerator(seed: dice.next()), at: Instant(milliseconds: now))))
  }

  func delay() -> UInt64 { UInt64.random(in: 10..<100, using: &dice) }

  func handle(_ event: OverlayEvent, on number: Int) {
    guard peers[number].isAlive else { return }
    for effect in peers[number].overlay.handle(event, at: Instant(milliseconds: now)) {
      switch effect {
      case .send(let message, let key):
        agenda.add(.overlay(message, from: number, to: numbers[key]!), at: now + delay())
      case .dial(let contact):
        agenda.add(.dialled(numbers[contact.identity]!, by: number), at: now + 2 * delay())
      case .release: break
      case .neighbourUp(let key): handle(.neighbourUp(key), on: number)
      case .neighbourDown(let key): handle(.neighbourDown(key), on: number)
      }
    }
  }

  func handle(_ event: BroadcastEvent, on number: Int) {
    guard peers[number].isAlive else { return }
    for effect in peers[number].broadcast.handle(event, at: Instant(milliseconds: now)) {
      switch effect {
      case .send(let message, let key):
        agenda.add(.broadcast(message, from: number, to: numbers[key]!), at: now + delay())
        if case .gossip = message { payloadMessages += 1 }
      case .check(let payload, let digest, let hops, let from):
        peers[number].has.insert(digest)
        peers[number].deepest = max(peers[number].deepest, hops)
        handle(.accepted(digest, payload: payload, hops: hops, from: from), on: number)
      case .fetch(let digest, let hops, let key):
        guard peers[number].has.contains(digest), let payload = store[digest] else { continue }
        payloadMessages += 1
        agenda.add(
          .broadcast(.gossip(payload: payload, hops: hops), from: number, to: numbers[key]!),
          at: now + delay())
      }
    }
    // A deadline that came nearer gets its own tick.
    if let due = peers[number].broadcast.deadline?.milliseconds, due > now, due < now + 1_000 {
      agenda.add(.tick(number), at: due)
    }
  }

  func run(until end: UInt64) {
    while let time = agenda.nextTime, time <= end, let (at, item) = agenda.take() {
      now = at
      switch item {
      case .tick(let number):
        guard peers[number].isAlive else { continue }
        handle(OverlayEvent.tick, on: number)
        handle(BroadcastEvent.tick, on: number)
        // Exactly one periodic tick a peer is on the agenda; nearer deadlines add others.
        if nextTick[number, default: 0] <= now {
          let next = max(peers[number].overlay.deadline.milliseconds, now + 50)
          nextTick[number] = next
          agenda.add(.tick(number), at: next)
        }
      case .overlay(let message, let from, let to):
        guard peers[to].isAlive, peers[from].isAlive else { continue }
        handle(.message(message, from: key(from)), on: to)
      case .broadcast(let message, let from, let to):
        guard peers[to].isAlive else { continue }
        handle(.message(message, from: key(from)), on: to)
      case .dialled(let other, let by):
        guard peers[by].isAlive else { continue }
        if peers[other].isAlive {
          peers[by].sessions.insert(other)
          peers[other].sessions.insert(by)
          handle(.connected(key(other)), on: by)
          handle(.connected(key(by)), on: other)
        } else {
          handle(.unreachable(key(other)), on: by)
        }
      case .noticed(let dead, let by):
        peers[by].sessions.remove(dead)
        handle(.disconnected(key(dead)), on: by)
      }
    }
    now = max(now, end)
  }

  private var nextTick: [Int: UInt64] = [:]

  func key(_ number: Int) -> PublicKey { peers[number].overlay.own.identity }

  /// A new claim by `number`; returns its digest.
  func publish(from number: Int) -> Digest {
    let payload = (0..<40).map { _ in UInt8.random(in: 0...255, using: &dice) }
    let digest = SHA256.hash(payload)
    store[digest] = payload
    peers[number].has.insert(digest)
    handle(.accepted(digest, payload: payload, hops: 0, from: nil), on: number)
    return digest
  }

  /// So many peers die at once; the living notice when their connections break.
  func kill(share: Double) {
    let count = Int(Double(peers.count) * share)
    for number in Array(peers.indices).shuffled(using: &dice).prefix(count) {
      peers[number].isAlive = false
      for other in peers[number].sessions.sorted() {
        agenda.add(.noticed(number, by: other), at: now + delay())
      }
    }
  }

  var living: [Int] { peers.indices.filter { peers[$0].isAlive } }

  /// The sizes of the parts into which the neighbour links divide the living, largest first.
  var parts: [Int] {
    var seen = Set<Int>()
    var sizes: [Int] = []
    for start in living where !seen.contains(start) {
      var queue = [start]
      seen.insert(start)
      var size = 0
      while let number = queue.popLast() {
        size += 1
        for key in peers[number].overlay.neighbours {
          let other = numbers[key]!
          if peers[other].isAlive, seen.insert(other).inserted { queue.append(other) }
        }
      }
      sizes.append(size)
    }
    return sizes.sorted(by: >)
  }
}
