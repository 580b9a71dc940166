// New claims travel along a tree that grows by itself and mends itself, after Plumtree (Leitão,
// Pereira, Rodrigues 2007; Specs/Overlay.md, "Broadcast").

public import Cryptography

public enum BroadcastLimits {
  /// Digests in one announcement.
  public static let announcements = 1_024
  /// Digests remembered, so that a claim which comes again is known without asking the store.
  public static let remembered = 16_384
  /// Announced digests waited for at one time.
  public static let missing = 4_096
  /// Peers remembered to have announced one of them.
  public static let sources = 8
  /// Announcements wait so long to travel together.
  public static let announceMilliseconds: UInt64 = 50
  /// An announced claim that did not come by then is asked for.
  public static let graftMilliseconds: UInt64 = 1_500
  /// After asking one peer, so long until the next is asked.
  public static let retryMilliseconds: UInt64 = 500
  /// A link that would have been shorter by so many hops takes a tree link's place.
  public static let worthHops: UInt8 = 7
}

public enum BroadcastEvent: Equatable, Sendable {
  case neighbourUp(PublicKey)
  case neighbourDown(PublicKey)
  case message(BroadcastMessage, from: PublicKey)
  /// A claim was checked and stored: pass it on. `from` is nil for one's own.
  case accepted(Digest, payload: [UInt8], hops: UInt8, from: PublicKey?)
  /// A claim came in some other way (reconciliation, another process) and is stored.
  case known(Digest)
  case tick
}

public enum BroadcastEffect: Equatable, Sendable {
  case send(BroadcastMessage, to: PublicKey)
  /// Check this; when it holds and is new, say `accepted`.
  case check(payload: [UInt8], digest: Digest, hops: UInt8, from: PublicKey)
  /// Send the claim with this digest, if it is there, as gossip with these hops.
  case fetch(Digest, hops: UInt8, for: PublicKey)
}

public struct Broadcast: Sendable {
  /// Links that carry claims, and links that carry announcements only.
  public private(set) var eager: [PublicKey] = []
  public private(set) var lazy: [PublicKey] = []
  /// What was seen lately, with the hops that it took; a ring beside the look-up table.
  private var hopsOf: [Digest: UInt8] = [:]
  private var ring: [Digest] = []
  private var ringPlace = 0
  private var missing = MissingClaims()
  private var pending: [(peer: PublicKey, items: [BroadcastMessage.Announcement])] = []
  private var nextAnnounce: Instant?

  public init() {}

  /// What others can make it keep, each beside its limit.
  package var holdings: [(String, Int, Int)] {
    [
      ("claims remembered", ring.count, BroadcastLimits.remembered),
      ("claims announced to us", missing.count, BroadcastLimits.missing),
      (
        "peers that announced one claim", missing.mostSources, BroadcastLimits.sources
      ),
      (
        "claims to announce", pending.map(\.items.count).max() ?? 0, BroadcastLimits.announcements
      ),
    ]
  }

  public var deadline: Instant? {
    [nextAnnounce, missing.due].compactMap { $0 }.min()
  }

  public mutating func handle(_ event: BroadcastEvent, at now: Instant) -> [BroadcastEffect] {
    var effects: [BroadcastEffect] = []
    switch event {
    case .neighbourUp(let peer):
      if !eager.contains(peer), !lazy.contains(peer) { eager.append(peer) }
    case .neighbourDown(let peer):
      eager.removeAll { $0 == peer }
      lazy.removeAll { $0 == peer }
      pending.removeAll { $0.peer == peer }
      missing.forget(peer)
    case .message(let message, let peer): receive(message, from: peer, at: now, &effects)
    case .accepted(let digest, let payload, let hops, let from):
      accept(digest, payload: payload, hops: hops, from: from, at: now, &effects)
    case .known(let digest): remember(digest, hops: 0)
    case .tick: tick(at: now, &effects)
    }
    return effects
  }

  private mutating func remember(_ digest: Digest, hops: UInt8) {
    missing.remove(digest)
    guard hopsOf.updateValue(hops, forKey: digest) == nil else { return }
    if ring.count < BroadcastLimits.remembered {
      ring.append(digest)
    } else {
      hopsOf[ring[ringPlace]] = nil
      ring[ringPlace] = digest
      ringPlace = (ringPlace + 1) % BroadcastLimits.remembered
    }
  }

  private mutating func makeEager(_ peer: PublicKey) {
    guard let index = lazy.firstIndex(of: peer) else { return }
    lazy.remove(at: index)
    eager.append(peer)
  }

  private mutating func makeLazy(_ peer: PublicKey) {
    guard let index = eager.firstIndex(of: peer) else { return }
    eager.remove(at: index)
    lazy.append(peer)
  }

  private mutating func receive(
    _ message: BroadcastMessage, from peer: PublicKey, at now: Instant,
    _ effects: inout [BroadcastEffect]
  ) {
    guard eager.contains(peer) || lazy.contains(peer) else { return }
    switch message {
    case .gossip(let payload, let hops):
      let digest = SHA256.hash(payload)
      guard hopsOf[digest] == nil else {
        // A second copy: this link is not needed in the tree.
        if eager.contains(peer) {
          makeLazy(peer)
          effects.append(.send(.prune, to: peer))
        }
        return
      }
      makeEager(peer)
      effects.append(.check(payload: payload, digest: digest, hops: hops, from: peer))
    case .announce(let items):
      for item in items { announced(item, by: peer, at: now, &effects) }
    case .graft(let digest):
      makeEager(peer)
      if let digest {
        effects.append(.fetch(digest, hops: (hopsOf[digest] ?? 0) &+ 1, for: peer))
      }
    case .prune: makeLazy(peer)
    }
  }

  private mutating func announced(
    _ item: BroadcastMessage.Announcement, by peer: PublicKey, at now: Instant,
    _ effects: inout [BroadcastEffect]
  ) {
    guard hopsOf[item.digest] == nil else { return }
    missing.add(item.digest, by: peer, hops: item.hops, at: now)
  }

  private mutating func accept(
    _ digest: Digest, payload: [UInt8], hops: UInt8, from: PublicKey?, at now: Instant,
    _ effects: inout [BroadcastEffect]
  ) {
    guard hopsOf[digest] == nil else { return }
    if let from,
      let better = missing.sources(of: digest).min(by: { $0.hops < $1.hops }),
      eager.contains(from), better.peer != from,
      better.hops < hops, hops - better.hops >= BroadcastLimits.worthHops
    {
      // Somebody announced it from much nearer: that link joins the tree instead.
      makeEager(better.peer)
      makeLazy(from)
      effects.append(.send(.graft(nil), to: better.peer))
      effects.append(.send(.prune, to: from))
    }
    remember(digest, hops: hops)
    let next = hops == .max ? hops : hops + 1
    for peer in eager where peer != from {
      effects.append(.send(.gossip(payload: payload, hops: next), to: peer))
    }
    for peer in lazy where peer != from {
      let item = BroadcastMessage.Announcement(digest: digest, hops: next)
      if let index = pending.firstIndex(where: { $0.peer == peer }) {
        pending[index].items.append(item)
        if pending[index].items.count >= BroadcastLimits.announcements {
          effects.append(.send(.announce(pending.remove(at: index).items), to: peer))
        }
      } else {
        pending.append((peer, [item]))
      }
    }
    if nextAnnounce == nil, !pending.isEmpty {
      nextAnnounce = now.advanced(byMilliseconds: BroadcastLimits.announceMilliseconds)
    }
  }

  private mutating func tick(at now: Instant, _ effects: inout [BroadcastEffect]) {
    if let due = nextAnnounce, now >= due {
      nextAnnounce = nil
      for batch in pending { effects.append(.send(.announce(batch.items), to: batch.peer)) }
      pending = []
    }
    for (digest, peer) in missing.takeDue(at: now) {
      makeEager(peer)
      effects.append(.send(.graft(digest), to: peer))
    }
  }
}
