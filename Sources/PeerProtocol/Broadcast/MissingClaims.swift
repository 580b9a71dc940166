// Claims that were announced and have not come, by digest and by the time at which they are asked for
// (Specs/Overlay.md, "Broadcast").

internal import Cryptography

/// Every look-up costs the same however many announcements a liar has made.
struct MissingClaims: Sendable {
  typealias Source = (peer: PublicKey, hops: UInt8)

  private struct Claim: Sendable {
    var sources: [Source]
    var due: Instant
  }

  /// Who waits for a time, in its order. Those whose claim came meanwhile, or that wait anew, are
  /// passed over.
  private struct Line: Sendable {
    var places: [(digest: Digest, due: Instant)] = []
    var first = 0

    var head: (digest: Digest, due: Instant)? { first < places.count ? places[first] : nil }
  }

  /// Look-ups only.
  private var claims: [Digest: Claim] = [:]
  /// After an announcement all wait equally long, and so do all after a question: two lines that are
  /// in order by themselves.
  private var announced = Line()
  private var asked = Line()

  var count: Int { claims.count }

  func sources(of digest: Digest) -> [Source] { claims[digest]?.sources ?? [] }

  /// The most that announced one claim.
  var mostSources: Int {
    (announced.places[announced.first...] + asked.places[asked.first...])
      .map { sources(of: $0.digest).count }.max() ?? 0
  }

  /// When the next is to be asked for.
  var due: Instant? {
    [announced.head?.due, asked.head?.due].compactMap { $0 }.min()
  }

  /// Somebody announces a claim that is not here.
  mutating func add(_ digest: Digest, by peer: PublicKey, hops: UInt8, at now: Instant) {
    if let claim = claims[digest] {
      guard claim.sources.count < BroadcastLimits.sources,
        !claim.sources.contains(where: { $0.peer == peer })
      else { return }
      claims[digest]?.sources.append((peer, hops))
    } else if claims.count < BroadcastLimits.missing {
      let due = now.advanced(byMilliseconds: BroadcastLimits.graftMilliseconds)
      claims[digest] = Claim(sources: [(peer, hops)], due: due)
      announced.places.append((digest, due))
    }
  }

  /// It has come.
  mutating func remove(_ digest: Digest) {
    guard claims.removeValue(forKey: digest) != nil else { return }
    tidy()
  }

  /// Somebody is no neighbour any more and cannot be asked.
  mutating func forget(_ peer: PublicKey) {
    for place in announced.places[announced.first...] + asked.places[asked.first...] {
      claims[place.digest]?.sources.removeAll { $0.peer == peer }
    }
  }

  /// What is to be asked for now, and of whom. What nobody is left to ask for is let go:
  /// reconciliation will bring it.
  mutating func takeDue(at now: Instant) -> [(digest: Digest, peer: PublicKey)] {
    var questions: [(digest: Digest, peer: PublicKey)] = []
    let next = now.advanced(byMilliseconds: BroadcastLimits.retryMilliseconds)
    for line in [\MissingClaims.announced, \.asked] {
      while let head = self[keyPath: line].head, head.due <= now {
        self[keyPath: line].first += 1
        guard let claim = claims[head.digest], claim.due == head.due else { continue }
        guard let source = claim.sources.first else {
          claims[head.digest] = nil
          continue
        }
        claims[head.digest]?.sources.removeFirst()
        claims[head.digest]?.due = next
        asked.places.append((head.digest, next))
        questions.append((head.digest, source.peer))
      }
    }
    tidy()
    return questions
  }

  /// The heads are claims that are waited for, so that `due` is true; what lies behind is dropped
  /// once it is as long as what waits.
  private mutating func tidy() {
    for line in [\MissingClaims.announced, \.asked] {
      func waits(_ place: (digest: Digest, due: Instant)) -> Bool {
        claims[place.digest]?.due == place.due
      }
      while let head = self[keyPath: line].head, !waits(head) { self[keyPath: line].first += 1 }
      if self[keyPath: line].places.count > 2 * claims.count + 64 {
        let rest = self[keyPath: line].places[self[keyPath: line].first...]
        self[keyPath: line] = Line(places: rest.filter(waits))
      }
    }
  }
}
