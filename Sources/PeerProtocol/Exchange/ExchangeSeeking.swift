// Which peer hears of which contribution: whoever seeks it is told what is here, now and as it
// changes (Specs/Exchange.md, "Seeking").

internal import Cryptography

extension Exchange {
  func offer(_ work: Work, to peer: PublicKey, _ effects: inout [ExchangeEffect]) {
    let step = Int(ExchangeLimits.places)
    for start in Swift.stride(from: 0, to: max(work.held.limit, 1), by: step) {
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

  mutating func seek(_ contribution: Digest, _ effects: inout [ExchangeEffect]) {
    let place = sought.place(of: contribution)
    guard place == sought.count || sought[place] != contribution else { return }
    sought.insert(contribution, at: place)
    for link in links { effects.append(.send(.seek([contribution], isOn: true), to: link.peer)) }
  }

  mutating func unseek(_ contribution: Digest, _ effects: inout [ExchangeEffect]) {
    let place = sought.place(of: contribution)
    guard place < sought.count, sought[place] == contribution else { return }
    sought.remove(at: place)
    for index in links.indices {
      links[index].early.removeAll { $0.contribution == contribution }
      effects.append(.send(.seek([contribution], isOn: false), to: links[index].peer))
    }
  }

  /// Says to those who seek it that its manifest can be had here.
  mutating func knows(_ contribution: Digest, _ effects: inout [ExchangeEffect]) {
    let place = known.place(of: contribution)
    guard place == known.count || known[place] != contribution else { return }
    known.insert(contribution, at: place)
    for link in links where link.isSeeking(contribution) {
      effects.append(
        .send(.have(contribution: contribution, from: 0, runs: []), to: link.peer))
    }
  }

  mutating func hear(
    _ digests: [Digest], isOn: Bool, link index: Int, at now: Instant,
    _ effects: inout [ExchangeEffect]
  ) {
    if isOn, links[index].seeks.isEmpty { links[index].gain = GainMeter(at: now) }
    for contribution in digests {
      let place = links[index].seeks.place(of: contribution)
      let isThere =
        place < links[index].seeks.count && links[index].seeks[place] == contribution
      guard isOn else {
        if isThere { links[index].seeks.remove(at: place) }
        continue
      }
      guard !isThere, links[index].seeks.count < ExchangeLimits.seeks else { continue }
      links[index].seeks.insert(contribution, at: place)
      let peer = links[index].peer
      if let work = works.first(where: { $0.chunks.contribution == contribution }) {
        offer(work, to: peer, &effects)
      } else {
        let place = known.place(of: contribution)
        if place < known.count, known[place] == contribution {
          effects.append(.send(.have(contribution: contribution, from: 0, runs: []), to: peer))
        } else {
          effects.append(.sought(contribution, by: peer))
        }
      }
    }
  }

  /// Several at once, as long as that keeps nobody waiting.
  mutating func announceSoon(at now: Instant, _ effects: inout [ExchangeEffect]) {
    guard !fresh.isEmpty else { return }
    if announceDue == nil {
      announceDue = now.advanced(byMilliseconds: ExchangeLimits.announceMilliseconds)
    }
    let rested = announcedAt.map {
      now.milliseconds(since: $0) >= ExchangeLimits.announceRestMilliseconds
    }
    if rested ?? true,
      fresh.values.contains(where: { $0.count >= ExchangeLimits.announcedAtOnce })
    {
      announceFresh(at: now, &effects)
    }
  }

  mutating func announceFresh(at now: Instant, _ effects: inout [ExchangeEffect]) {
    (announceDue, announcedAt) = (nil, now)
    for (contribution, places) in fresh.sorted(by: { $0.key < $1.key }) {
      announce(contribution, places, &effects)
    }
    fresh = [:]
  }

  private func announce(
    _ contribution: Digest, _ places: [Int], _ effects: inout [ExchangeEffect]
  ) {
    let listeners = links.filter {
      $0.isSeeking(contribution) && $0.places[contribution]?.isFull != true
    }
    guard !listeners.isEmpty else { return }
    let step = Int(ExchangeLimits.places)
    var rest = places.sorted()[...]
    while let first = rest.first {
      let start = first / step * step
      let part = rest.prefix { $0 < start + step }
      rest = rest.dropFirst(part.count)
      let runs = PlaceSet.runs(of: part, from: start)
      for link in listeners {
        effects.append(
          .send(
            .have(
              contribution: contribution, from: UInt32(truncatingIfNeeded: start), runs: runs),
            to: link.peer))
      }
    }
  }
}
