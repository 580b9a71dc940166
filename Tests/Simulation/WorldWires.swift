// Connections: made, carrying bytes late and in order, held up by partitions and by readers, cut
// (Specs/Simulation.md, "Wires").

internal import Histories
internal import Node
internal import VirtualTime

extension World {
  private static let packetBytes = 1_400
  private static let timeoutMicroseconds: UInt64 = 200_000
  private static let dialTimeoutMicroseconds: UInt64 = 10_000_000
  /// A link that lost so many packets in a row is given up by the system.
  private static let lossesInRow = 8

  // MARK: Making

  func dial(_ link: LinkID, _ address: String, from peer: Peer) {
    let number = listeners[address]
    let quality = quality(peer.number, number ?? peer.number)
    func fail(_ reason: String, after span: UInt64) {
      agenda.add(
        .event(peer.number, life: peer.life, .dialFailed(link, reason: reason)), at: now + span)
    }
    guard let number, !peers[number].isDark, reach(peer.number, number) else {
      return fail("timed out", after: Self.dialTimeoutMicroseconds)
    }
    let other = peers[number]
    guard other.participant != nil else {
      return fail("connection refused", after: 2 * quality.delayMicroseconds)
    }
    other.accepted += 1
    let accepted = LinkID.accepted(other.accepted)
    let wire = Wire(
      dialler: WireEnd(peer: peer.number, life: peer.life, link: link),
      other: WireEnd(peer: number, life: other.life, link: accepted), quality: quality)
    wireCount += 1
    wires[wireCount] = wire
    wireOf[LinkKey(peer: peer.number, life: peer.life, link: link)] = wireCount
    wireOf[LinkKey(peer: number, life: other.life, link: accepted)] = wireCount
    let from = "\(peer.host):\(50_000 + wireCount % 10_000)"
    agenda.add(
      .event(number, life: other.life, .accepted(accepted, from: from)),
      at: now + quality.delayMicroseconds)
    agenda.add(
      .event(peer.number, life: peer.life, .dialled(link)), at: now + 2 * quality.delayMicroseconds)
    if quality.breaksPerHour > 0 {
      // The time to the next break, in steps of a second, so that it needs no logarithm.
      var seconds: UInt64 = 1
      let chance = Int(3_600 / quality.breaksPerHour)
      while seconds < 7_200, !dice.hit(oneIn: max(2, chance)) { seconds += 1 }
      agenda.add(.snap(wireCount), at: now + seconds * 1_000_000)
    }
  }

  private func find(_ link: LinkID, of peer: Peer) -> (number: Int, wire: Wire, own: Int)? {
    guard let number = wireOf[LinkKey(peer: peer.number, life: peer.life, link: link)],
      let wire = wires[number]
    else { return nil }
    return (number, wire, link.isDialled ? 0 : 1)
  }

  // MARK: Bytes

  func send(_ bytes: [UInt8], on link: LinkID, from peer: Peer) {
    guard let (number, wire, own) = find(link, of: peer), wire.ends[own].isOpen else { return }
    let quality = wire.quality
    note(UInt64(bytes.count))
    wireBytes += bytes.count
    let span = UInt64(Double(bytes.count) / quality.bytesPerSecond * 1e6)
    let start = max(now, wire.directions[own].free)
    var late = start + span + quality.delayMicroseconds
    if quality.jitterMicroseconds > 0 {
      late += UInt64(dice.below(Int(quality.jitterMicroseconds)))
    }
    if quality.loss > 0 {
      let (extra, isBroken) = losses(packets: bytes.count / Self.packetBytes + 1, quality)
      if isBroken { return snap(number) }
      late += extra
    }
    late = max(late, wire.directions[own].lastArrival + 1)
    wire.directions[own].free = start + span
    wire.directions[own].lastArrival = late
    agenda.add(.deliver(number, direction: own, bytes), at: late)
    agenda.add(.drained(number, direction: own), at: start + span)
  }

  /// What lost packets cost: most are noticed a round trip later, some only after a timeout that
  /// doubles.
  private func losses(packets: Int, _ quality: WireQuality) -> (UInt64, isBroken: Bool) {
    var extra: UInt64 = 0
    let oneIn = max(2, Int(1 / quality.loss))
    for _ in 0..<min(packets, 400) where dice.hit(oneIn: oneIn) {
      guard dice.hit(oneIn: 8) else {
        extra = max(extra, 2 * quality.delayMicroseconds)
        continue
      }
      var wait = Self.timeoutMicroseconds
      var row = 1
      while dice.hit(oneIn: oneIn), row < Self.lossesInRow {
        wait *= 2
        row += 1
      }
      if row >= Self.lossesInRow { return (0, true) }
      extra = max(extra, wait)
    }
    return (extra, false)
  }

  func arrive(_ bytes: [UInt8], _ number: Int, _ direction: Int) {
    guard let wire = wires[number] else { return }
    let end = wire.ends[1 - direction]
    guard end.isOpen else {
      // A machine that is back after a power cut knows nothing of old connections.
      if !peers[end.peer].isDark, peers[end.peer].life != end.life { snap(number) }
      return
    }
    if end.isPaused || !wire.directions[direction].held.isEmpty
      || !reach(wire.ends[0].peer, wire.ends[1].peer)
    {
      wire.directions[direction].held.append(bytes)
      wire.directions[direction].heldBytes += bytes.count
      return
    }
    deliver(bytes, to: end)
  }

  private func deliver(_ bytes: [UInt8], to end: WireEnd) {
    guard peers[end.peer].life == end.life else { return }
    note(bytes.first.map(UInt64.init) ?? 0)
    tell(peers[end.peer], .received(end.link, bytes))
  }

  func drained(_ number: Int, _ direction: Int) {
    guard let wire = wires[number] else { return }
    let end = wire.ends[direction]
    guard end.isOpen, peers[end.peer].life == end.life else { return }
    if wire.directions[direction].heldBytes >= WireDirection.bufferBytes {
      wire.directions[direction].isDrainOwed = true
      return
    }
    tell(peers[end.peer], .drained(end.link))
  }

  /// Gives the reader what was held, when nothing holds it any more.
  func release(_ number: Int, direction: Int) {
    while let wire = wires[number], !wire.ends[1 - direction].isPaused,
      reach(wire.ends[0].peer, wire.ends[1].peer), !wire.directions[direction].held.isEmpty
    {
      let bytes = wire.directions[direction].held.removeFirst()
      wire.directions[direction].heldBytes -= bytes.count
      if wire.ends[1 - direction].isOpen { deliver(bytes, to: wire.ends[1 - direction]) }
    }
    guard let wire = wires[number], wire.directions[direction].held.isEmpty,
      reach(wire.ends[0].peer, wire.ends[1].peer)
    else { return }
    if wire.directions[direction].isDrainOwed {
      wire.directions[direction].isDrainOwed = false
      drained(number, direction)
    }
    if let reason = wire.directions[direction].heldEnd {
      wire.directions[direction].heldEnd = nil
      arriveEnd(number, direction, reason)
    }
  }

  func pause(_ link: LinkID, of peer: Peer) {
    guard let (_, wire, own) = find(link, of: peer) else { return }
    wire.ends[own].isPaused = true
  }

  func resume(_ link: LinkID, of peer: Peer) {
    guard let (number, wire, own) = find(link, of: peer) else { return }
    wire.ends[own].isPaused = false
    let life = peer.life
    agenda.add(
      .task { [unowned self, unowned peer] in
        if peer.life == life { release(number, direction: 1 - own) }
      }, at: now)
  }

  // MARK: Ends

  func close(_ link: LinkID, of peer: Peer) {
    guard let (number, wire, own) = find(link, of: peer), wire.ends[own].isOpen else { return }
    wire.ends[own].isOpen = false
    finish(number, direction: own, nil)
  }

  /// The end of a stream travels behind its bytes.
  func finish(_ number: Int, direction: Int, _ reason: String?) {
    guard let wire = wires[number] else { return }
    let quality = wire.quality
    let at = max(
      max(now, wire.directions[direction].free) + quality.delayMicroseconds,
      wire.directions[direction].lastArrival + 1)
    wire.directions[direction].lastArrival = at
    agenda.add(.finish(number, direction: direction, reason), at: at)
  }

  func arriveEnd(_ number: Int, _ direction: Int, _ reason: String?) {
    guard let wire = wires[number] else { return }
    if !wire.directions[direction].held.isEmpty || !reach(wire.ends[0].peer, wire.ends[1].peer) {
      wire.directions[direction].heldEnd = .some(reason)
      return
    }
    let end = wire.ends[1 - direction]
    guard end.isOpen else { return forget(number) }
    wire.ends[1 - direction].isOpen = false
    forget(number)
    if peers[end.peer].life == end.life { tell(peers[end.peer], .ended(end.link, reason: reason)) }
  }

  /// A connection breaks: both sides hear of it, what was under way is lost.
  func snap(_ number: Int) {
    guard let wire = wires[number] else { return }
    forget(number)
    for end in wire.ends where end.isOpen && peers[end.peer].life == end.life {
      agenda.add(
        .event(end.peer, life: end.life, .ended(end.link, reason: "connection reset")),
        at: now + wire.quality.delayMicroseconds)
    }
  }

  private func forget(_ number: Int) {
    guard let wire = wires.removeValue(forKey: number) else { return }
    for end in wire.ends {
      wireOf[LinkKey(peer: end.peer, life: end.life, link: end.link)] = nil
    }
  }
}
