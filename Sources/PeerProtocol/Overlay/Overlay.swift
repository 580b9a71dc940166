// The membership overlay of one Datanet: few neighbours, many acquaintances, after HyParView
// (Leitão, Pereira, Rodrigues 2007; Specs/Overlay.md has the state × event table).

public import Cryptography

public enum OverlayLimits {
  /// Neighbours that a peer seeks.
  public static let neighbours = 7
  /// Neighbours that it has at most, for newcomers and the lonely.
  public static let neighboursAtMost = 9
  /// Acquaintances: enough that after nine of ten peers died some still live.
  public static let acquaintances = 64
  /// Steps of a newcomer's walk.
  public static let joinHops: UInt8 = 6
  /// At this many steps left a newcomer becomes an acquaintance of whom it passes.
  public static let acquaintHops: UInt8 = 3
  /// Contacts in one shuffle.
  public static let sample = 8
  /// Between two shuffles, on average.
  public static let shuffleMilliseconds: UInt64 = 30_000
  /// Between two looks at whether neighbours are missing.
  public static let repairMilliseconds: UInt64 = 1_000
  /// A request to be neighbours that was not answered by then is given up.
  public static let requestMilliseconds: UInt64 = 10_000
}

public enum OverlayEvent: Equatable, Sendable {
  /// A person, a ticket or discovery names somebody.
  case met(PeerContact)
  /// A session with this Datanet open on it exists.
  case connected(PublicKey)
  case disconnected(PublicKey)
  /// Nobody answered at any of the addresses.
  case unreachable(PublicKey)
  case message(OverlayMessage, from: PublicKey)
  case tick
}

public enum OverlayEffect: Equatable, Sendable {
  case send(OverlayMessage, to: PublicKey)
  /// Open a session; `connected` or `unreachable` follows.
  case dial(PeerContact)
  /// The overlay has no more use for a session.
  case release(PublicKey)
  case neighbourUp(PublicKey)
  case neighbourDown(PublicKey)
}

public struct Overlay: Sendable {
  /// This peer as it is told to others.
  public var own: PeerContact
  private var chance: SeededGenerator
  /// In order of arrival.
  public private(set) var neighbours: [PublicKey] = []
  public private(set) var acquaintances: [PeerContact] = []
  /// Sessions that exist, neighbours or not.
  private var connected: [PublicKey] = []
  /// Whom we asked to be neighbours, and when.
  private var asked: [(peer: PublicKey, at: Instant)] = []
  /// Whom we are dialling, and whether to `join` there rather than ask to be neighbours.
  private var dialling: [(contact: PeerContact, joins: Bool, at: Instant)] = []
  /// What we sent in the last shuffle: these go first when room is needed.
  private var lastSample: [PublicKey] = []
  private var nextShuffle: Instant
  private var nextRepair: Instant
  private var hasJoined = false

  public init(own: PeerContact, chance: SeededGenerator, at now: Instant) {
    self.own = own
    self.chance = chance
    nextRepair = now
    nextShuffle = now.advanced(byMilliseconds: OverlayLimits.shuffleMilliseconds / 2)
    // Peers that start together must not shuffle together.
    nextShuffle.milliseconds += UInt64.random(
      in: 0..<OverlayLimits.shuffleMilliseconds, using: &self.chance)
  }

  public var deadline: Instant { min(nextShuffle, nextRepair) }

  public mutating func handle(_ event: OverlayEvent, at now: Instant) -> [OverlayEffect] {
    var effects: [OverlayEffect] = []
    switch event {
    case .met(let contact): met(contact, at: now, &effects)
    case .connected(let peer): connected(peer, at: now, &effects)
    case .disconnected(let peer): disconnected(peer, at: now, &effects)
    case .unreachable(let peer):
      dialling.removeAll { $0.contact.identity == peer }
      acquaintances.removeAll { $0.identity == peer }
      repair(at: now, &effects)
    case .message(let message, let peer): receive(message, from: peer, at: now, &effects)
    case .tick: tick(at: now, &effects)
    }
    return effects
  }

  // MARK: Meeting

  private mutating func met(
    _ contact: PeerContact, at now: Instant, _ effects: inout [OverlayEffect]
  ) {
    guard contact.identity != own.identity, !neighbours.contains(contact.identity) else { return }
    guard neighbours.isEmpty else { return acquaint(contact) }
    dial(contact, joins: true, at: now, &effects)
  }

  private mutating func dial(
    _ contact: PeerContact, joins: Bool, at now: Instant, _ effects: inout [OverlayEffect]
  ) {
    guard !dialling.contains(where: { $0.contact.identity == contact.identity }) else { return }
    if connected.contains(contact.identity) {
      return ask(contact.identity, joins: joins, at: now, &effects)
    }
    dialling.append((contact, joins, now))
    effects.append(.dial(contact))
  }

  private mutating func connected(
    _ peer: PublicKey, at now: Instant, _ effects: inout [OverlayEffect]
  ) {
    if !connected.contains(peer) { connected.append(peer) }
    guard let index = dialling.firstIndex(where: { $0.contact.identity == peer }) else { return }
    let wish = dialling.remove(at: index)
    ask(peer, joins: wish.joins, at: now, &effects)
  }

  private mutating func ask(
    _ peer: PublicKey, joins: Bool, at now: Instant, _ effects: inout [OverlayEffect]
  ) {
    guard !neighbours.contains(peer) else { return }
    if joins {
      hasJoined = true
      effects.append(.send(.join(own), to: peer))
      addNeighbour(peer, &effects)
    } else if !asked.contains(where: { $0.peer == peer }) {
      asked.append((peer, now))
      effects.append(.send(.neighbour(own, isUrgent: neighbours.isEmpty), to: peer))
    }
  }

  private mutating func disconnected(
    _ peer: PublicKey, at now: Instant, _ effects: inout [OverlayEffect]
  ) {
    connected.removeAll { $0 == peer }
    asked.removeAll { $0.peer == peer }
    dialling.removeAll { $0.contact.identity == peer }
    if let index = neighbours.firstIndex(of: peer) {
      neighbours.remove(at: index)
      effects.append(.neighbourDown(peer))
      repair(at: now, &effects)
    }
  }

  // MARK: Neighbours and acquaintances

  private mutating func addNeighbour(_ peer: PublicKey, _ effects: inout [OverlayEffect]) {
    guard peer != own.identity, !neighbours.contains(peer) else { return }
    if neighbours.count >= OverlayLimits.neighboursAtMost,
      let dropped = neighbours.randomElement(using: &chance)
    {
      drop(dropped, &effects)
    }
    neighbours.append(peer)
    asked.removeAll { $0.peer == peer }
    effects.append(.neighbourUp(peer))
  }

  private mutating func drop(_ peer: PublicKey, _ effects: inout [OverlayEffect]) {
    neighbours.removeAll { $0 == peer }
    effects.append(.send(.part, to: peer))
    effects.append(.neighbourDown(peer))
    effects.append(.release(peer))
  }

  private mutating func acquaint(_ contact: PeerContact) {
    guard contact.identity != own.identity else { return }
    if let index = acquaintances.firstIndex(where: { $0.identity == contact.identity }) {
      acquaintances[index] = contact
      return
    }
    if acquaintances.count >= OverlayLimits.acquaintances {
      let place =
        acquaintances.firstIndex { lastSample.contains($0.identity) }
        ?? Int.random(in: 0..<acquaintances.count, using: &chance)
      acquaintances.remove(at: place)
    }
    acquaintances.append(contact)
  }

  // MARK: Messages

  private mutating func receive(
    _ message: OverlayMessage, from peer: PublicKey, at now: Instant,
    _ effects: inout [OverlayEffect]
  ) {
    switch message {
    case .join(let contact):
      // Only about oneself: nobody joins in another's name.
      guard contact.identity == peer else { return }
      addNeighbour(peer, &effects)
      acquaint(contact)
      for other in neighbours where other != peer {
        effects.append(
          .send(.forwardJoin(contact, hops: OverlayLimits.joinHops), to: other))
      }
    case .forwardJoin(let contact, let hops):
      forward(contact, hops: hops, from: peer, at: now, &effects)
    case .neighbour(let contact, let isUrgent):
      guard contact.identity == peer else { return }
      acquaint(contact)
      let accepted =
        isUrgent || neighbours.contains(peer)
        || neighbours.count < OverlayLimits.neighboursAtMost
      effects.append(.send(.neighbourAnswer(accepted: accepted), to: peer))
      if accepted { addNeighbour(peer, &effects) } else { effects.append(.release(peer)) }
    case .neighbourAnswer(let accepted):
      guard asked.contains(where: { $0.peer == peer }) else { return }
      asked.removeAll { $0.peer == peer }
      if accepted {
        addNeighbour(peer, &effects)
      } else {
        effects.append(.release(peer))
      }
    case .part:
      guard neighbours.contains(peer) else { return }
      neighbours.removeAll { $0 == peer }
      effects.append(.neighbourDown(peer))
      effects.append(.release(peer))
    case .shuffle(let origin, let hops, let sample):
      shuffle(origin, hops: hops, sample, from: peer, &effects)
    case .shuffleAnswer(let sample):
      for contact in sample { acquaint(contact) }
    }
  }

  private mutating func forward(
    _ contact: PeerContact, hops: UInt8, from peer: PublicKey, at now: Instant,
    _ effects: inout [OverlayEffect]
  ) {
    guard contact.identity != own.identity else { return }
    if hops == OverlayLimits.acquaintHops { acquaint(contact) }
    let others = neighbours.filter { $0 != peer && $0 != contact.identity }
    if hops == 0 || others.isEmpty {
      if !neighbours.contains(contact.identity) {
        dial(contact, joins: false, at: now, &effects)
      }
    } else if let next = others.randomElement(using: &chance) {
      effects.append(.send(.forwardJoin(contact, hops: hops - 1), to: next))
    }
  }

  private mutating func shuffle(
    _ origin: PeerContact, hops: UInt8, _ sample: [PeerContact], from peer: PublicKey,
    _ effects: inout [OverlayEffect]
  ) {
    guard origin.identity != own.identity else { return }
    let others = neighbours.filter { $0 != peer && $0 != origin.identity }
    if hops > 0, let next = others.randomElement(using: &chance) {
      effects.append(.send(.shuffle(origin: origin, hops: hops - 1, sample: sample), to: next))
      return
    }
    // The answer goes to whoever handed the walk on: a session to the origin may not exist.
    let answer = Array(acquaintances.shuffled(using: &chance).prefix(OverlayLimits.sample))
    effects.append(.send(.shuffleAnswer(answer), to: peer))
    for contact in sample + [origin] { acquaint(contact) }
  }

  // MARK: Time

  private mutating func tick(at now: Instant, _ effects: inout [OverlayEffect]) {
    if now >= nextRepair {
      nextRepair = now.advanced(byMilliseconds: OverlayLimits.repairMilliseconds)
      let limit = OverlayLimits.requestMilliseconds
      let late = asked.filter { now.milliseconds(since: $0.at) >= limit }
      asked.removeAll { now.milliseconds(since: $0.at) >= limit }
      dialling.removeAll { now.milliseconds(since: $0.at) >= 3 * limit }
      for request in late { effects.append(.release(request.peer)) }
      repair(at: now, &effects)
    }
    if now >= nextShuffle {
      nextShuffle = now.advanced(
        byMilliseconds: UInt64.random(
          in: OverlayLimits.shuffleMilliseconds / 2..<OverlayLimits.shuffleMilliseconds * 3 / 2,
          using: &chance))
      guard let peer = neighbours.randomElement(using: &chance) else { return }
      let sample = Array(acquaintances.shuffled(using: &chance).prefix(OverlayLimits.sample - 1))
      lastSample = sample.map(\.identity)
      effects.append(
        .send(
          .shuffle(origin: own, hops: OverlayLimits.acquaintHops, sample: sample), to: peer))
    }
  }

  /// Asks acquaintances while neighbours are missing.
  private mutating func repair(at now: Instant, _ effects: inout [OverlayEffect]) {
    var missing = OverlayLimits.neighbours - neighbours.count - asked.count - dialling.count
    guard missing > 0 else { return }
    for contact in acquaintances.shuffled(using: &chance) {
      guard missing > 0 else { return }
      let peer = contact.identity
      guard !neighbours.contains(peer), !asked.contains(where: { $0.peer == peer }),
        !dialling.contains(where: { $0.contact.identity == peer })
      else { continue }
      dial(contact, joins: false, at: now, &effects)
      missing -= 1
    }
  }
}
