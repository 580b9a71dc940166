// Reconciliation between the node and one peer at a time, and the claims that follow from it
// (Specs/Node.md, "Rounds"; Specs/Reconciliation.md).

internal import Claims
internal import Content
internal import Cryptography
internal import PeerProtocol
internal import Store

extension Node {
  private func reconciliation(
    _ membership: Membership, round: UInt32, on link: PeerLink
  ) -> Reconciliation? {
    guard let binding = link.session?.channelBinding else { return nil }
    let key = Reconciliation.key(
      channelBinding: binding, datanet: membership.datanet.digest, round: round)
    return Reconciliation(membership.index, key: key)
  }

  func beginRound(with link: PeerLink, _ membership: Membership, at now: Instant) {
    guard membership.isKnown, link.rounds[membership.datanet] == nil else { return }
    link.nextRoundNumber &+= 1
    let number = link.nextRoundNumber
    guard var reconciliation = reconciliation(membership, round: number, on: link) else { return }
    let effects = reconciliation.begin()
    link.rounds[membership.datanet] = Round(
      number: number, reconciliation: reconciliation, begun: now)
    carryOut(effects, reconciliation, round: number, on: link, membership, at: now)
  }

  func reconcile(
    _ message: ReconciliationMessage, round: UInt32, on link: PeerLink, _ membership: Membership,
    at now: Instant
  ) {
    // Nothing can be compared before the genesis is here; the other side asks again.
    guard membership.isKnown else { return }
    if message.isForAsker {
      guard var own = link.rounds[membership.datanet], own.number == round else { return }
      let effects = own.reconciliation.handle(message)
      link.rounds[membership.datanet] = own
      carryOut(effects, own.reconciliation, round: round, on: link, membership, at: now)
    } else {
      // A frontier is keyed anew for each answer, which takes as long as it has authors.
      let cost = 1 + membership.index.authorCount / NodeLimits.authorsOfRound
      guard link.roundAllowance.take(at: now, cost: cost),
        var answering = reconciliation(membership, round: round, on: link)
      else { return }
      let effects = answering.handle(message)
      carryOut(effects, answering, round: round, on: link, membership, at: now)
      // Who asked may never ask again, and only a round that ends equal tells that all is here.
      if case .summary = message, membership.agreedAt == nil, let peer = link.peer {
        schedule(peer, membership, after: NodeLimits.answeredMilliseconds, at: now)
      }
    }
  }

  private func carryOut(
    _ effects: [ReconciliationEffect], _ reconciliation: Reconciliation, round: UInt32,
    on link: PeerLink, _ membership: Membership, at now: Instant
  ) {
    for effect in effects {
      switch effect {
      case .send(let message):
        send(.reconciliation(message, round: round), of: membership.datanet, on: link)
      case .push(let number, let state):
        push(number, state, reconciliation, on: link, membership)
      case .finished(let differences):
        finished(differences, round: round, on: link, membership, at: now)
      }
    }
  }

  private func finished(
    _ differences: Int, round: UInt32, on link: PeerLink, _ membership: Membership, at now: Instant
  ) {
    guard let peer = link.peer else { return }
    let own = link.rounds[membership.datanet]
    if let own, own.number == round { link.rounds[membership.datanet] = nil }
    if differences == 0 {
      let isFirst = membership.agreedAt == nil
      membership.agreedAt = now
      membership.soon.removeAll { $0.peer == peer }
      membership.uncompared.removeAll { $0.peer == peer }
      if isFirst { report(.agreed(membership.datanet, with: peer)) }
      lookAtStandstill(membership)
    } else if own?.number == round {
      let isSmall = differences <= NodeLimits.gossipAtOnce
      schedule(
        peer, membership,
        after: isSmall ? NodeLimits.smallRoundMilliseconds : NodeLimits.nextRoundMilliseconds,
        at: now)
    }
  }

  // MARK: When

  /// A round with a peer follows soon, and later each time that it is asked for in a row.
  func schedule(
    _ peer: PublicKey, _ membership: Membership,
    after first: UInt64 = NodeLimits.nextRoundMilliseconds, at now: Instant
  ) {
    guard membership.isJoined(peer) else { return }
    let soonest = now.advanced(byMilliseconds: first)
    if let index = membership.soon.firstIndex(where: { $0.peer == peer }) {
      guard membership.soon[index].at <= now else {
        if soonest < membership.soon[index].at { membership.soon[index] = (peer, soonest, first) }
        return
      }
      let wait = min(membership.soon[index].wait * 2, NodeLimits.roundMilliseconds)
      membership.soon[index] = (peer, now.advanced(byMilliseconds: wait), wait)
    } else {
      membership.soon.append((peer, soonest, first))
    }
  }

  func tickRounds(_ membership: Membership, at now: Instant) {
    if let first = membership.uncompared.first, first.until <= now {
      membership.uncompared.removeAll { $0.until <= now }
      lookAtStandstill(membership)
    }
    for index in membership.soon.indices where membership.soon[index].at <= now {
      let peer = membership.soon[index].peer
      // While claims are on their way a round would only ask for them again.
      let isBusy =
        linkOf[peer].map { link in link.chains.contains { $0.datanet == membership.datanet } }
        ?? false
      let silence = min(membership.soon[index].wait, NodeLimits.nextRoundMilliseconds)
      if isBusy || now.milliseconds(since: membership.lastClaim) < silence
        || membership.claimsWaiting > 0
      {
        membership.soon[index].at = now.advanced(byMilliseconds: silence)
        continue
      }
      if let link = linkOf[peer] {
        beginRound(with: link, membership, at: now)
        let wait = min(membership.soon[index].wait * 2, NodeLimits.roundMilliseconds)
        membership.soon[index].wait = wait
        membership.soon[index].at = now.advanced(byMilliseconds: wait)
      }
    }
    guard now >= membership.nextRound else { return }
    let wait = NodeLimits.roundMilliseconds
    membership.nextRound = now.advanced(
      byMilliseconds: UInt64.random(in: wait / 2..<wait * 3 / 2, using: &chance))
    for link in links {
      // A round that was never answered is given up.
      if let round = link.rounds[membership.datanet],
        now.milliseconds(since: round.begun) >= wait / 2
      {
        link.rounds[membership.datanet] = nil
      }
    }
    guard let peer = membership.peers.randomElement(using: &chance), let link = linkOf[peer] else {
      return
    }
    if membership.isKnown {
      beginRound(with: link, membership, at: now)
    } else {
      send(.transfer(.find(membership.datanet.digest)), of: membership.datanet, on: link)
    }
  }

  // MARK: Claims out

  private func push(
    _ number: Int, _ state: TaggedState, _ reconciliation: Reconciliation, on link: PeerLink,
    _ membership: Membership
  ) {
    guard let author = membership.index.author(number: number) else { return }
    let count = Int(state.count)
    var overlaps = false
    if count > 0 {
      let own = storing("read claims") {
        try claims.claims(
          of: author, in: membership.datanet, heights: count - 1..<count
        ).first
      }
      // Whether the other side's chain is the beginning of ours.
      overlaps =
        (own ?? nil).map { claim in
          let mine = ChainState(count: state.count, head: claim.digest)
          return reconciliation.fingerprint(of: author, state: mine) != state.fingerprint
        } ?? false
    }
    queue(
      ChainToSend(
        datanet: membership.datanet, author: author, count: count, overlaps: overlaps, end: .max),
      on: link)
  }

  private func queue(_ chain: ChainToSend, on link: PeerLink) {
    if let index = link.chains.firstIndex(where: {
      $0.datanet == chain.datanet && $0.author == chain.author && $0.isFresh
    }) {
      link.chains[index].count = min(link.chains[index].count, chain.count)
      link.chains[index].overlaps = link.chains[index].overlaps || chain.overlaps
      link.chains[index].end = max(link.chains[index].end, chain.end)
    } else if link.chains.count < NodeLimits.chainsToSend {
      link.chains.append(chain)
    }
  }

  func transfer(
    _ message: ClaimTransfer, on link: PeerLink, _ membership: Membership, at now: Instant
  ) {
    switch message {
    case .claims(let payloads):
      for bytes in payloads {
        add(ArrivedClaim(bytes: bytes, from: link.peer, hops: nil), to: membership)
      }
      membership.lastClaim = now
    case .want(let author, let heights):
      guard link.askAllowance.take(at: now) else { return }
      queue(
        ChainToSend(
          datanet: membership.datanet, author: author, count: heights.lowerBound, overlaps: false,
          end: heights.upperBound), on: link)
    case .find(let digest):
      guard link.askAllowance.take(at: now) else { return }
      let cid = CID(codec: .dagCBOR, digest: digest)
      let claim = storing("read a claim") { try claims.claim(cid) } ?? nil
      guard let claim, claim.datanet == membership.datanet else { return }
      send(.transfer(.claims([claim.bytes])), of: membership.datanet, on: link)
    }
  }

  /// Puts waiting chains into the session's queue as far as it has room.
  func fillClaims(_ link: PeerLink, at now: Instant) {
    guard let session = link.session, session.isOpen else { return }
    var first = 0
    defer { if first > 0 { link.chains.removeFirst(first) } }
    while first < link.chains.count,
      session.waiting(on: .claims) < 2 * NodeLimits.claimBytesInMessage
    {
      let datanet = link.chains[first].datanet
      var payloads: [[UInt8]] = []
      var bytes = 0
      // Short chains of one Datanet travel together.
      while first < link.chains.count, link.chains[first].datanet == datanet,
        bytes < NodeLimits.claimBytesInMessage, payloads.count < NodeLimits.claimsInMessage
      {
        let isDone = take(from: &link.chains[first], &payloads, &bytes)
        if isDone { first += 1 } else { break }
      }
      for message in Self.messages(of: payloads) {
        guard send(.transfer(.claims(message)), of: datanet, on: link) else { return }
      }
    }
  }

  /// Takes the next claims of a chain; true when none are left.
  private func take(
    from chain: inout ChainToSend, _ payloads: inout [[UInt8]], _ bytes: inout Int
  ) -> Bool {
    let wished = chain
    let limit = min(64, NodeLimits.claimsInMessage - payloads.count, wished.end - wished.count)
    let next = storing("read claims") {
      if wished.isFresh {
        return try claims.offer(
          of: wished.author, in: wished.datanet, behind: wished.count, overlaps: wished.overlaps,
          limit: limit)
      }
      return try claims.claims(
        of: wished.author, in: wished.datanet, heights: wished.count..<wished.count + limit)
    }
    guard let next, !next.isEmpty else { return true }
    for claim in next {
      payloads.append(claim.bytes)
      bytes += claim.bytes.count
    }
    let last = next.last { $0.height >= wished.count }
    chain.isFresh = false
    guard let last, next.count >= limit else { return true }
    chain.count = last.height + 1
    return chain.count >= chain.end
  }

  /// Messages that hold the claims in order; one that is long travels alone.
  private static func messages(of payloads: [[UInt8]]) -> [[[UInt8]]] {
    var messages: [[[UInt8]]] = []
    var bytes = 0
    for payload in payloads {
      if messages.isEmpty || bytes + payload.count > 2 * NodeLimits.claimBytesInMessage
        || (messages.last?.count ?? 0) >= NodeLimits.claimsInMessage
      {
        messages.append([])
        bytes = 0
      }
      messages[messages.count - 1].append(payload)
      bytes += payload.count
    }
    return messages
  }
}
