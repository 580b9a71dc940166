// What time does to an exchange: late requests, and who is served
// (Specs/Exchange.md, "Slots").

internal import Cryptography

extension Exchange {
  mutating func tick(at now: Instant, _ effects: inout [ExchangeEffect]) {
    if let due = announceDue, now >= due { announceFresh(at: now, &effects) }
    if now >= nextLook {
      nextLook = now.advanced(byMilliseconds: ExchangeLimits.lookMilliseconds)
      for index in links.indices { timeOut(link: index, at: now, &effects) }
      for need in needs.indices where needs[need].asked.count >= links.count {
        // Everybody was asked once: begin again, they may have it by now.
        let busy = links.contains { link in
          link.requests.contains(needs[need].digest)
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

  mutating func timeOut(link index: Int, at now: Instant, _ effects: inout [ExchangeEffect]) {
    let late = links[index].requests.open.filter {
      now.milliseconds(since: $0.at) >= ExchangeLimits.requestMilliseconds
    }
    guard !late.isEmpty else { return }
    for request in late {
      _ = links[index].finish(request.digest)
      reopen(request.digest)
    }
    // They no longer count here, so they may not wait there either.
    let digests = late.map(\.digest)
    for start in stride(from: 0, to: digests.count, by: ExchangeLimits.digests) {
      let part = Array(digests[start..<min(start + ExchangeLimits.digests, digests.count)])
      effects.append(.send(.cancel(part), to: links[index].peer))
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
  mutating func assignSlots(at now: Instant, _ effects: inout [ExchangeEffect]) {
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
      if !isServed { links[index].forgetWishes() }
      effects.append(.send(.slot(isOpen: isServed), to: links[index].peer))
    }
  }

  /// Somebody wants something now: a free slot, or that of one who wants nothing, is theirs.
  mutating func openSlot(link index: Int, _ effects: inout [ExchangeEffect]) {
    guard !links[index].isServed else { return }
    if links.count(where: \.isServed) >= ExchangeLimits.slots {
      let idle = links.firstIndex { $0.isServed && !$0.isInterested && !$0.hasWishes }
      guard let idle else { return }
      links[idle].isServed = false
      effects.append(.send(.slot(isOpen: false), to: links[idle].peer))
    }
    links[index].isServed = true
    effects.append(.send(.slot(isOpen: true), to: links[index].peer))
  }
}
