// The exchange of chunks within one Datanet: who has what, whom to ask for which, whom to serve
// (Specs/Exchange.md has the state × event table).

public import Cryptography

public enum ExchangeEvent: Sendable {
  case joined(PublicKey)
  case left(PublicKey)
  case message(ExchangeMessage, from: PublicKey)
  /// A contribution whose manifest is here: `wanted` places are fetched, `held` ones offered.
  case follow(ContributionChunks, held: PlaceSet, wanted: PlaceSet)
  /// It is no longer wanted, or was retracted: nothing of it is fetched or offered.
  case forget(Digest)
  /// A block outside any chunk list, a manifest's node: whoever has the contribution has it.
  case need(Digest, byteCount: Int, of: Digest)
  /// A block arrived and is being checked.
  case arrived(Digest, byteCount: Int, from: PublicKey)
  /// It is checked and stored: from a peer, rebuilt here, or added by another process.
  case stored(Digest)
  /// It was not what its name says.
  case corrupt(Digest, from: PublicKey)
  /// A wished block is on its way to a peer, `byteCount` bytes; nil when it is not here.
  case served(Digest, to: PublicKey, byteCount: Int?)
  case tick
}

public enum ExchangeEffect: Equatable, Sendable {
  case send(ExchangeMessage, to: PublicKey)
  /// A peer that had no wishes has some: `takeWish` them as its session has room.
  case wishes(PublicKey)
  /// Everything wanted of a contribution is here.
  case completed(Digest)
  /// A peer sent what is not what it says, or broke a limit.
  case accuse(PublicKey, Accusation)

  public enum Accusation: Equatable, Sendable {
    case corruptBlock(Digest)
    case unasked(Digest)
    case tooManyRequests
    case haveMap
  }
}

public struct Exchange: Sendable {
  var chance: SeededGenerator
  /// Sorted by peer, so that no order depends on a table's whim.
  var links: [Link] = []
  /// In the order in which they are to be fetched.
  var works: [Work] = []
  /// Where each wanted chunk stands; look-ups only.
  private var wantedAt: [Digest: [(contribution: Digest, place: Int)]] = [:]
  var needs: [(digest: Digest, byteCount: Int, contribution: Digest, asked: [PublicKey])] =
    []
  private var nextSlots: Instant
  private var nextLook: Instant
  private var fresh: [Digest: [Int]] = [:]

  public init(chance: SeededGenerator, at now: Instant) {
    self.chance = chance
    nextSlots = now
    nextLook = now
  }

  public var deadline: Instant { min(nextSlots, nextLook) }

  /// Wanted chunks that are not here, of all contributions.
  public var missing: Int { works.reduce(0) { $0 + $1.missing } }

  /// Why nothing moves, in the order in which a person would ask.
  public enum Standstill: Equatable, Sendable {
    case nothingMissing, moving, noPeers
    /// So many chunks that no connected peer has, the first of them.
    case nobodyHas(Int, Digest)
    case nobodyServes(Int)
  }

  public var standstill: Standstill {
    if missing == 0, needs.isEmpty { return .nothingMissing }
    if links.contains(where: { !$0.requests.isEmpty }) { return .moving }
    if links.isEmpty { return .noPeers }
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
    case .follow(let chunks, let held, let wanted):
      follow(Work(chunks, held: held, wanted: wanted), at: now, &effects)
    case .forget(let contribution): forget(contribution)
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

  private func index(of peer: PublicKey) -> Int? {
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
    for work in works { offer(work, to: peer, &effects) }
    // A free slot is a newcomer's.
    if links.count(where: \.isServed) < ExchangeLimits.slots {
      links[place].isServed = true
      effects.append(.send(.slot(isOpen: true), to: peer))
    }
  }

  private func offer(_ work: Work, to peer: PublicKey, _ effects: inout [ExchangeEffect]) {
    let step = Int(ExchangeLimits.places)
    for start in Swift.stride(from: 0, to: work.held.limit, by: step) {
      let runs = work.held.runs(from: start, count: step)
      // An empty map says that the contribution is known: those who have nodes of it say so too.
      guard !runs.isEmpty || start == 0 else { continue }
      effects.append(
        .send(
          .have(
            contribution: work.chunks.contribution, from: UInt32(truncatingIfNeeded: start),
            runs: runs), to: peer))
    }
  }

  private mutating func left(
    _ peer: PublicKey, at now: Instant, _ effects: inout [ExchangeEffect]
  ) {
    guard let index = index(of: peer) else { return }
    let link = links.remove(at: index)
    for request in link.requests { reopen(request.digest) }
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
    forget(fresh.chunks.contribution)
    var work = fresh
    let contribution = work.chunks.contribution
    for place in 0..<work.open.limit where work.open.contains(place) {
      wantedAt[work.chunks.digests[place], default: []].append((contribution, place))
    }
    works.append(work)
    for index in links.indices {
      let early = links[index].early.filter { $0.contribution == contribution }
      links[index].early.removeAll { $0.contribution == contribution }
      for map in early {
        addPlaces(map.runs, from: map.from, of: contribution, link: index, &effects)
      }
    }
    work = works[works.count - 1]
    for link in links { offer(work, to: link.peer, &effects) }
    if work.missing == 0 { effects.append(.completed(contribution)) }
    ask(at: now, &effects)
  }

  private mutating func forget(_ contribution: Digest) {
    guard let index = works.firstIndex(where: { $0.chunks.contribution == contribution }) else {
      return
    }
    let work = works.remove(at: index)
    for place in 0..<work.chunks.digests.count {
      let digest = work.chunks.digests[place]
      guard var list = wantedAt[digest] else { continue }
      list.removeAll { $0.contribution == contribution }
      wantedAt[digest] = list.isEmpty ? nil : list
    }
    for index in links.indices { links[index].places[contribution] = nil }
    needs.removeAll { $0.contribution == contribution }
  }

  private mutating func addPlaces(
    _ runs: [UInt8], from start: UInt32, of contribution: Digest, link index: Int,
    _ effects: inout [ExchangeEffect]
  ) {
    guard let work = works.firstIndex(where: { $0.chunks.contribution == contribution }) else {
      if links[index].early.count < ExchangeLimits.unknownContributions {
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
    for place in copies { works[work].copies[place] += 1 }
    links[index].places[contribution] = places
  }

  /// The next block that a peer waits for; say `served` with what became of it. Each session
  /// takes its own, so the network shares the link among them.
  public mutating func takeWish(of peer: PublicKey) -> Digest? {
    guard let index = index(of: peer), !links[index].wishes.isEmpty else { return nil }
    return links[index].wishes.removeFirst()
  }

  // MARK: Messages

  private mutating func receive(
    _ message: ExchangeMessage, from peer: PublicKey, at now: Instant,
    _ effects: inout [ExchangeEffect]
  ) {
    guard let index = index(of: peer) else { return }
    switch message {
    case .have(let contribution, let from, let runs):
      addPlaces(runs, from: from, of: contribution, link: index, &effects)
      ask(at: now, &effects)
    case .request(let digests):
      guard links[index].wishes.count + digests.count <= ExchangeLimits.queuedRequests else {
        effects.append(.accuse(peer, .tooManyRequests))
        return
      }
      guard links[index].isServed else {
        effects.append(.send(.refuse(digests, .closed), to: peer))
        return
      }
      if links[index].wishes.isEmpty, !digests.isEmpty { effects.append(.wishes(peer)) }
      links[index].wishes += digests
    case .cancel(let digests):
      links[index].wishes.removeAll { digests.contains($0) }
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
        links[index].requests = []
        links[index].bytesUnderWay = 0
        for request in requests { reopen(request.digest) }
      }
      ask(at: now, &effects)
    case .interest(let isThere): links[index].isInterested = isThere
    }
  }

  private mutating func forgetCopy(_ digest: Digest, link index: Int) {
    for (contribution, place) in wantedAt[digest] ?? [] {
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

  /// A request came to nothing: its places may be asked of others.
  private mutating func reopen(_ digest: Digest) {
    for (contribution, place) in wantedAt[digest] ?? [] {
      guard let work = works.firstIndex(where: { $0.chunks.contribution == contribution }),
        !works[work].held.contains(place)
      else { continue }
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
    links[index].strikes = 0
    links[index].received += byteCount
    links[index].measure(
      delay: now.milliseconds(since: request.at), byteCount: byteCount, at: now)
    ask(link: index, at: now, &effects)
  }

  private mutating func stored(
    _ digest: Digest, at now: Instant, _ effects: inout [ExchangeEffect]
  ) {
    needs.removeAll { $0.digest == digest }
    let list = wantedAt.removeValue(forKey: digest) ?? []
    for (contribution, place) in list {
      guard let work = works.firstIndex(where: { $0.chunks.contribution == contribution }),
        works[work].held.insert(place)
      else { continue }
      works[work].open.remove(place)
      works[work].missing -= 1
      fresh[contribution, default: []].append(place)
      if works[work].missing == 0 { effects.append(.completed(contribution)) }
    }
    if fresh.values.contains(where: { $0.count >= ExchangeLimits.announcedAtOnce }) {
      announceFresh(&effects)
    }
    // Whoever else was asked for it at the end need not send it.
    guard !list.isEmpty else { return }
    for index in links.indices where links[index].finish(digest) != nil {
      effects.append(.send(.cancel([digest]), to: links[index].peer))
    }
  }

  // MARK: Time

  private mutating func tick(at now: Instant, _ effects: inout [ExchangeEffect]) {
    if now >= nextLook {
      nextLook = now.advanced(byMilliseconds: ExchangeLimits.lookMilliseconds)
      announceFresh(&effects)
      for index in links.indices { timeOut(link: index, at: now) }
      for need in needs.indices where needs[need].asked.count >= links.count {
        // Everybody was asked once: begin again, they may have it by now.
        let busy = links.contains { link in
          link.requests.contains { $0.digest == needs[need].digest }
        }
        if !busy { needs[need].asked = [] }
      }
      ask(at: now, &effects)
    }
    if now >= nextSlots {
      nextSlots = now.advanced(byMilliseconds: ExchangeLimits.slotMilliseconds)
      assignSlots(at: now, &effects)
    }
  }

  private mutating func announceFresh(_ effects: inout [ExchangeEffect]) {
    for (contribution, places) in fresh.sorted(by: { $0.key < $1.key }) {
      announce(contribution, places, &effects)
    }
    fresh = [:]
  }

  private mutating func announce(
    _ contribution: Digest, _ places: [Int], _ effects: inout [ExchangeEffect]
  ) {
    guard let work = works.first(where: { $0.chunks.contribution == contribution }) else { return }
    var set = PlaceSet(limit: work.held.limit)
    for place in places { set.insert(place) }
    let step = Int(ExchangeLimits.places)
    for start in Swift.stride(from: 0, to: set.limit, by: step) {
      let runs = set.runs(from: start, count: step)
      guard !runs.isEmpty else { continue }
      for link in links where link.places[contribution]?.isFull != true {
        effects.append(
          .send(
            .have(
              contribution: contribution, from: UInt32(truncatingIfNeeded: start), runs: runs),
            to: link.peer))
      }
    }
  }

  private mutating func timeOut(link index: Int, at now: Instant) {
    let late = links[index].requests.filter {
      now.milliseconds(since: $0.at) >= ExchangeLimits.requestMilliseconds
    }
    guard !late.isEmpty else { return }
    for request in late {
      _ = links[index].finish(request.digest)
      reopen(request.digest)
    }
    links[index].strikes += 1
    links[index].window = max(links[index].window / 2, ExchangeLimits.smallestWindow)
    if links[index].strikes >= ExchangeLimits.strikes {
      links[index].restsUntil = now.advanced(byMilliseconds: ExchangeLimits.restMilliseconds)
      links[index].strikes = 0
    }
  }

  /// Serves those who gave most since the last look, or, when nothing is missing here, those who
  /// take fastest; one slot goes to somebody else by chance, newcomers first.
  private mutating func assignSlots(at now: Instant, _ effects: inout [ExchangeEffect]) {
    let seeding = missing == 0
    var order = links.indices.filter { links[$0].isInterested || !links[$0].isServed }
    func merit(_ link: Link) -> Int {
      seeding ? link.sent - link.sentBefore : link.received - link.receivedBefore
    }
    order.sort { left, right in
      let (first, second) = (merit(links[left]), merit(links[right]))
      return first == second ? links[left].peer < links[right].peer : first > second
    }
    var served = Array(order.filter { links[$0].isInterested }.prefix(ExchangeLimits.slots - 1))
    let others = links.indices.filter { !served.contains($0) }
    let newcomers = others.filter { now.milliseconds(since: links[$0].metAt) < 30_000 }
    let pool = newcomers.isEmpty ? others : newcomers
    if let lucky = pool.randomElement(using: &chance) { served.append(lucky) }
    for index in others.shuffled(using: &chance) where served.count < ExchangeLimits.slots {
      if !served.contains(index) { served.append(index) }
    }
    for index in links.indices {
      links[index].sentBefore = links[index].sent
      links[index].receivedBefore = links[index].received
      let isServed = served.contains(index)
      guard isServed != links[index].isServed else { continue }
      links[index].isServed = isServed
      // Who loses its slot forgets what it asked for, and asks others.
      if !isServed { links[index].wishes = [] }
      effects.append(.send(.slot(isOpen: isServed), to: links[index].peer))
    }
  }
}
