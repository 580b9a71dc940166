// The exchange of chunks within one Datanet: who has what, whom to ask for which, whom to serve
// (Specs/Exchange.md has the state × event table).

public import Cryptography

public struct Exchange: Sendable {
  let own: PublicKey
  var chance: SeededGenerator
  /// Sorted by peer, so that no order depends on a table's whim.
  var links: [Link] = []
  /// In the order in which they are to be fetched.
  var works: [Work] = []
  /// Where each wanted chunk stands; look-ups only.
  var wantedAt: [Digest: WantedPlaces] = [:]
  var needs: [(digest: Digest, byteCount: Int, contribution: Digest, asked: [PublicKey])] =
    []
  /// Contributions of which other peers should tell, sorted.
  var sought: [Digest] = []
  /// Contributions of whose manifests parts are here, sorted.
  var known: [Digest] = []
  /// Nothing is asked for: there is no room for more, or a person said so.
  public var isPaused = false
  var nextSlots: Instant
  var nextLook: Instant
  /// Places that are here and were not announced yet.
  var fresh: [Digest: [Int]] = [:]
  /// When they are at the latest, and when others were last.
  var announceDue: Instant?
  var announcedAt: Instant?
  /// Chunks that were asked of several peers at the end. Look-ups only.
  var repeated: Set<Digest> = []

  public init(own: PublicKey, chance: SeededGenerator, at now: Instant) {
    self.own = own
    self.chance = chance
    nextSlots = now
    nextLook = now
  }

  /// Coarse while nothing is missing, so that an idle peer sleeps.
  public var deadline: Instant {
    let isIdle = missing == 0 && needs.isEmpty && fresh.isEmpty
    return isIdle ? nextSlots : min(nextSlots, nextLook, announceDue ?? nextLook)
  }

  /// Wanted chunks that are not here, of all contributions.
  public private(set) var missing = 0

  /// Why nothing moves, in the order in which a person would ask.
  public enum Standstill: Equatable, Sendable {
    case nothingMissing, moving, noPeers
    /// So many chunks that no connected peer has, the first of them.
    case nobodyHas(Int, Digest)
    case nobodyServes(Int)
    /// No connected peer has said that it knows the contribution's manifest.
    case nobodyKnows(Digest)
  }

  public var standstill: Standstill {
    if missing == 0, needs.isEmpty { return .nothingMissing }
    if links.contains(where: { !$0.requests.isEmpty }) { return .moving }
    if links.isEmpty { return .noPeers }
    if missing == 0, let need = needs.first,
      !links.contains(where: { $0.offers(need.contribution) })
    {
      return .nobodyKnows(need.contribution)
    }
    var count = 0
    var first: Digest?
    for work in works {
      for place in 0..<work.copies.count where work.open.contains(place) && work.copies[place] == 0
      {
        count += 1
        if first == nil { first = work.chunks.digests[place] }
      }
    }
    if let first, count == missing { return .nobodyHas(count, first) }
    return .nobodyServes(links.count)
  }

  public mutating func handle(_ event: ExchangeEvent, at now: Instant) -> [ExchangeEffect] {
    var effects: [ExchangeEffect] = []
    switch event {
    case .joined(let peer): joined(peer, at: now, &effects)
    case .left(let peer): left(peer, at: now, &effects)
    case .message(let message, let peer): receive(message, from: peer, at: now, &effects)
    case .follow(let chunks, let held, let wanted, let pieces):
      var work = Work(chunks, held: held, wanted: wanted)
      work.expect(pieces)
      follow(work, at: now, &effects)
    case .unbuilt(let digest):
      for index in works.indices { works[index].pieces[digest] = nil }
      reopen(digest)
    case .seek(let contribution): seek(contribution, &effects)
    case .knows(let contribution): knows(contribution, &effects)
    case .forget(let contribution):
      forget(contribution)
      unseek(contribution, &effects)
    case .need(let digest, let byteCount, let contribution):
      if !needs.contains(where: { $0.digest == digest }) {
        needs.append((digest, byteCount, contribution, []))
      }
      ask(at: now, &effects)
    case .arrived(let digest, let byteCount, let peer):
      arrived(digest, byteCount: byteCount, from: peer, at: now, &effects)
    case .stored(let digest): stored(digest, at: now, &effects)
    case .corrupt(let digest, let peer):
      effects.append(.accuse(peer, .corruptBlock(digest)))
      reopen(digest)
      ask(at: now, &effects)
    case .lost(let digest): reopen(digest)
    case .served(let digest, let peer, let byteCount):
      guard let index = index(of: peer) else { break }
      if let byteCount {
        links[index].sent += byteCount
      } else {
        effects.append(.send(.refuse([digest], .absent), to: peer))
      }
    case .tick: tick(at: now, &effects)
    }
    return effects
  }

  // MARK: Peers

  func index(of peer: PublicKey) -> Int? {
    var low = 0
    var high = links.count
    while low < high {
      let middle = (low + high) / 2
      if links[middle].peer < peer { low = middle + 1 } else { high = middle }
    }
    return low < links.count && links[low].peer == peer ? low : nil
  }

  private mutating func joined(
    _ peer: PublicKey, at now: Instant, _ effects: inout [ExchangeEffect]
  ) {
    guard index(of: peer) == nil else { return }
    let place = links.firstIndex { $0.peer > peer } ?? links.count
    links.insert(Link(peer, at: now), at: place)
    for start in stride(from: 0, to: sought.count, by: ExchangeLimits.digests) {
      let part = Array(sought[start..<min(start + ExchangeLimits.digests, sought.count)])
      effects.append(.send(.seek(part, isOn: true), to: peer))
    }
    // A free slot is a newcomer's.
    if links.count(where: \.isServed) < ExchangeLimits.slots {
      links[place].isServed = true
      effects.append(.send(.slot(isOpen: true), to: peer))
    }
  }

  private mutating func left(
    _ peer: PublicKey, at now: Instant, _ effects: inout [ExchangeEffect]
  ) {
    guard let index = index(of: peer) else { return }
    let link = links.remove(at: index)
    for request in link.requests.open { reopen(request.digest) }
    for work in works.indices {
      guard let places = link.places[works[work].chunks.contribution] else { continue }
      for place in 0..<places.limit where places.contains(place) { works[work].copies[place] -= 1 }
    }
    for need in needs.indices { needs[need].asked.removeAll { $0 == peer } }
    ask(at: now, &effects)
  }

  // MARK: Contributions

  private mutating func follow(
    _ fresh: Work, at now: Instant, _ effects: inout [ExchangeEffect]
  ) {
    var work = fresh
    let contribution = work.chunks.contribution
    // What others have of it is still true when only what is wanted has changed.
    let places = links.map { $0.places[contribution] }
    forget(contribution)
    for place in 0..<work.open.limit where work.open.contains(place) || work.asked[place] > 0 {
      wantedAt[work.chunks.digests[place], default: WantedPlaces()].append(contribution, place)
    }
    works.append(work)
    missing += work.missing
    for index in links.indices {
      if let old = places[index], old.limit == work.chunks.digests.count {
        links[index].places[contribution] = old
        for place in 0..<old.limit where old.contains(place) {
          works[works.count - 1].copies[place] += 1
        }
      }
      let early = links[index].early.filter { $0.contribution == contribution }
      links[index].early.removeAll { $0.contribution == contribution }
      for map in early {
        addPlaces(map.runs, from: map.from, of: contribution, link: index, at: now, &effects)
      }
    }
    work = works[works.count - 1]
    for link in links where link.isSeeking(contribution) { offer(work, to: link.peer, &effects) }
    if work.missing == 0 {
      effects.append(.completed(contribution))
      unseek(contribution, &effects)
    } else {
      seek(contribution, &effects)
    }
    ask(at: now, &effects)
  }

  private mutating func forget(_ contribution: Digest) {
    known.removeAll { $0 == contribution }
    guard let index = works.firstIndex(where: { $0.chunks.contribution == contribution }) else {
      return
    }
    let work = works.remove(at: index)
    missing -= work.missing
    for place in 0..<work.chunks.digests.count {
      let digest = work.chunks.digests[place]
      guard var list = wantedAt[digest] else { continue }
      list.removeAll(of: contribution)
      wantedAt[digest] = list.isEmpty ? nil : list
    }
    for index in links.indices { links[index].places[contribution] = nil }
    needs.removeAll { $0.contribution == contribution }
  }

  private mutating func addPlaces(
    _ runs: [UInt8], from start: UInt32, of contribution: Digest, link index: Int,
    at now: Instant, _ effects: inout [ExchangeEffect]
  ) {
    guard let work = works.firstIndex(where: { $0.chunks.contribution == contribution }) else {
      let kept = links[index].early.reduce(0) { $0 + $1.runs.count }
      if links[index].early.count < ExchangeLimits.unknownContributions,
        kept + runs.count <= ExchangeLimits.unknownBytes
      {
        links[index].early.append((contribution, start, runs))
      }
      return
    }
    let limit = works[work].chunks.digests.count
    var places = links[index].places[contribution] ?? PlaceSet(limit: limit)
    var copies: [Int] = []
    let isSound = places.insert(
      runs: runs, from: Int(start), count: Int(ExchangeLimits.places), fresh: { copies.append($0) })
    guard isSound else {
      effects.append(.accuse(links[index].peer, .haveMap))
      return
    }
    // What comes as news, not with the first map, tells how fast the peer is.
    let isNews = links[index].places[contribution] != nil && !places.isFull
    let whole =
      isNews ? links.count(where: { $0.places[contribution]?.isFull == true }) : 0
    var firsts = 0
    for place in copies {
      if isNews, Int(works[work].copies[place]) <= whole, !works[work].held.contains(place) {
        firsts += 1
      }
      works[work].copies[place] += 1
    }
    if firsts > 0 { links[index].gain.add(firsts, at: now) }
    links[index].places[contribution] = places
  }

  /// The next block that a peer waits for; say `served` with what became of it. Each session
  /// takes its own, so the network shares the link among them.
  public mutating func takeWish(of peer: PublicKey) -> Wish? {
    index(of: peer).flatMap { links[$0].takeWish() }
  }

  // MARK: Messages

  private mutating func receive(
    _ message: ExchangeMessage, from peer: PublicKey, at now: Instant,
    _ effects: inout [ExchangeEffect]
  ) {
    guard let index = index(of: peer) else { return }
    switch message {
    case .have(let contribution, let from, let runs):
      addPlaces(runs, from: from, of: contribution, link: index, at: now, &effects)
      ask(at: now, &effects)
    case .request(let digests):
      wish(digests.map { Wish(digest: $0) }, link: index, &effects)
    case .pieces(let list):
      wish(list.map { Wish(digest: $0.digest, ranges: $0.ranges) }, link: index, &effects)
    case .cancel(let digests):
      let gone = Set(digests)
      links[index].wishes = links[index].wishes[links[index].firstWish...].filter {
        !gone.contains($0.digest)
      }
      links[index].firstWish = 0
    case .refuse(let digests, let reason):
      for digest in digests where links[index].finish(digest) != nil {
        if reason == .absent { forgetCopy(digest, link: index) }
        reopen(digest)
      }
      if reason != .absent { links[index].isOpenToUs = false }
      ask(at: now, &effects)
    case .slot(let isOpen):
      links[index].isOpenToUs = isOpen
      if !isOpen {
        let requests = links[index].requests
        links[index].requests = RequestList()
        links[index].bytesUnderWay = 0
        for request in requests.open { reopen(request.digest) }
      }
      ask(at: now, &effects)
    case .interest(let isThere):
      links[index].isInterested = isThere
      if isThere { openSlot(link: index, &effects) }
    case .seek(let digests, let isOn): hear(digests, isOn: isOn, link: index, at: now, &effects)
    }
  }

  private mutating func wish(
    _ wishes: [Wish], link index: Int, _ effects: inout [ExchangeEffect]
  ) {
    let peer = links[index].peer
    guard links[index].wishCount + wishes.count <= ExchangeLimits.queuedRequests else {
      effects.append(.accuse(peer, .tooManyRequests))
      return
    }
    guard links[index].isServed else {
      effects.append(.send(.refuse(wishes.map(\.digest), .closed), to: peer))
      return
    }
    if !links[index].hasWishes, !wishes.isEmpty { effects.append(.wishes(peer)) }
    links[index].wishes += wishes
  }

  private mutating func forgetCopy(_ digest: Digest, link index: Int) {
    for (contribution, place) in wantedAt[digest] ?? WantedPlaces() {
      guard let work = works.firstIndex(where: { $0.chunks.contribution == contribution }),
        links[index].places[contribution]?.remove(place) == true
      else { continue }
      works[work].copies[place] -= 1
    }
    for need in needs.indices where needs[need].digest == digest {
      // It stays among those who were asked, so that somebody else is asked next.
      if !needs[need].asked.contains(links[index].peer) {
        needs[need].asked.append(links[index].peer)
      }
    }
  }

  // MARK: Blocks

  /// It is here and being checked, or rebuilt: nobody is asked.
  private mutating func take(_ digest: Digest) {
    for (contribution, place) in wantedAt[digest] ?? WantedPlaces() {
      guard let work = works.firstIndex(where: { $0.chunks.contribution == contribution }) else {
        continue
      }
      works[work].open.remove(place)
      works[work].asked[place] = Work.here
    }
  }

  /// A request came to nothing: its places may be asked of others.
  mutating func reopen(_ digest: Digest) {
    for (contribution, place) in wantedAt[digest] ?? WantedPlaces() {
      guard let work = works.firstIndex(where: { $0.chunks.contribution == contribution }),
        !works[work].held.contains(place)
      else { continue }
      if works[work].asked[place] == Work.here { works[work].asked[place] = 0 }
      if works[work].asked[place] > 0 { works[work].asked[place] -= 1 }
      if works[work].asked[place] == 0 { works[work].open.insert(place) }
    }
  }

  private mutating func arrived(
    _ digest: Digest, byteCount: Int, from peer: PublicKey, at now: Instant,
    _ effects: inout [ExchangeEffect]
  ) {
    guard let index = index(of: peer) else { return }
    guard let request = links[index].finish(digest) else {
      // After a cancelled or repeated request a block may still be on its way; others were never
      // asked for, and nobody has to take them.
      if wantedAt[digest] == nil, !needs.contains(where: { $0.digest == digest }) {
        links[index].strikes += 1
        if links[index].strikes > 64 { effects.append(.accuse(peer, .unasked(digest))) }
      }
      return
    }
    take(digest)
    links[index].strikes = 0
    links[index].received += byteCount
    links[index].measure(
      // By plain bytes, as windows and requests are counted, however few travelled.
      delay: now.milliseconds(since: request.at), byteCount: request.byteCount, at: now)
    defer { if links[index].requests.isEmpty { links[index].rest() } }
    // Asking for a few at once costs less than one by one.
    if links[index].bytesUnderWay * 8 <= links[index].window * 7 {
      ask(link: index, at: now, &effects)
    }
  }

  private mutating func stored(
    _ digest: Digest, at now: Instant, _ effects: inout [ExchangeEffect]
  ) {
    let needsBefore = needs.count
    if needsBefore > 0 { needs.removeAll { $0.digest == digest } }
    let list = wantedAt.removeValue(forKey: digest) ?? WantedPlaces()
    for (contribution, place) in list {
      guard let work = works.firstIndex(where: { $0.chunks.contribution == contribution }),
        works[work].held.insert(place)
      else { continue }
      works[work].open.remove(place)
      works[work].hold(place)
      missing -= 1
      fresh[contribution, default: []].append(place)
      if works[work].missing == 0 {
        effects.append(.completed(contribution))
        unseek(contribution, &effects)
      }
    }
    announceSoon(at: now, &effects)
    // Whoever else was asked for it at the end need not send it.
    guard repeated.remove(digest) != nil || needs.count < needsBefore else { return }
    for index in links.indices where links[index].finish(digest) != nil {
      effects.append(.send(.cancel([digest]), to: links[index].peer))
    }
  }
}
