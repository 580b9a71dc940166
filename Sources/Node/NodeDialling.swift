// Whom to dial, whom to let in, and whom to send away (Specs/Node.md, "Dialling", "Bans";
// Specs/Discovery.md).

internal import Content
internal import Cryptography
public import PeerProtocol
internal import Store

extension Node {
  private func wallOrOwn(at now: Instant) -> Int {
    wall(at: now) ?? Int(clamping: now.milliseconds)
  }

  // MARK: Memory

  func remember(_ peers: [KnownPeer], at now: Instant) {
    for peer in peers {
      let contact = PeerContact(identity: peer.identity, addresses: [peer.address])
      if peer.isTried {
        table.answered(peer.identity, address: peer.address, at: now)
      } else {
        table.learn(contact, from: peer.address, at: now)
      }
    }
  }

  /// What should be given to the next node of this home.
  public func memory(at now: Instant) -> NodeMemory {
    let wall = wallOrOwn(at: now)
    let offset = wall - Int(clamping: now.milliseconds)
    let peers = table.entries.map { entry in
      KnownPeer(
        identity: entry.identity, address: entry.address, isTried: entry.isTried,
        failures: Int(entry.failures),
        answeredMilliseconds: entry.answered.map { Int(clamping: $0.milliseconds) + offset },
        dueMilliseconds: Int(clamping: entry.due.milliseconds) + offset)
    }
    return NodeMemory(peers: peers, bans: bans.all)
  }

  func bansHolding(at now: Instant) -> [Ban] { bans.holding(wall: wallOrOwn(at: now)) }

  // MARK: Hearing of peers

  func found(_ contact: PeerContact, from address: String, at now: Instant) {
    guard contact.identity != identity.publicKey else { return }
    table.learn(contact, from: address, at: now)
    guard linkOf[contact.identity] == nil, !dialling.isDialling(contact.identity),
      memberships.contains(where: { $0.peers.count < OverlayLimits.neighbours })
    else { return }
    beginDialling(contact, key: nil, datanets: [], at: now)
  }

  func learn(_ contacts: [PeerContact], from link: PeerLink, at now: Instant) {
    for contact in contacts where contact.identity != identity.publicKey {
      table.learn(contact, from: link.address, at: now)
    }
  }

  /// Somebody is proven to be at the other end.
  func met(_ peer: PublicKey, on link: PeerLink, at now: Instant) {
    if let wish = link.wish {
      table.answered(peer, address: wish.address, at: now)
      dialling.answered(peer)
    }
    _ = dialling.end(peer)
    table.learn(
      PeerContact(
        identity: peer, addresses: Array(link.listensAt.prefix(PeerContact.maximumAddresses))),
      from: link.address, at: now)
  }

  // MARK: Dialling

  private var outbound: Int { links.count(where: \.isDialler) }

  /// An overlay seeks a neighbour.
  func dial(_ contact: PeerContact, for membership: Membership, at now: Instant) {
    if dialling.isDialling(contact.identity) {
      return dialling.want(membership.datanet, of: contact.identity)
    }
    guard linkOf[contact.identity] == nil else { return }
    guard outbound < NodeLimits.outboundSlots, links.count < connectionLimit else { return }
    beginDialling(contact, key: membership.secret.key, datanets: [membership.datanet], at: now)
  }

  private func beginDialling(
    _ contact: PeerContact, key: Digest?, datanets: [CID], at now: Instant
  ) {
    guard !isLeaving, contact.identity != identity.publicKey,
      linkOf[contact.identity] == nil, !dialling.isDialling(contact.identity),
      bans.ban(of: contact.identity, wall: wallOrOwn(at: now)) == nil,
      dialling.attempts.count < NodeLimits.dialling, !contact.addresses.isEmpty
    else { return }
    let addresses = contact.addresses.filter { isTrusted(contact.identity, at: $0, at: now) }
    guard !addresses.isEmpty else { return }
    dialling.begin(
      .init(contact: contact, addresses: addresses[...], key: key, datanets: datanets))
    dialNext(contact, key: key, at: now)
  }

  /// Whether somebody may be spoken with as far as its neighbourhood goes: those whom a person named
  /// and those who once answered are spoken with wherever they are.
  private func isTrusted(_ peer: PublicKey, at address: String, at now: Instant) -> Bool {
    settings.given.contains { $0.identity == peer }
      || table.entries.contains { $0.identity == peer && $0.isTried }
      || bans.letsIn(strangerAt: address, at: now)
  }

  private func dialNext(_ contact: PeerContact, key: Digest?, at now: Instant) {
    if let address = dialling.nextAddress(of: contact.identity) {
      return dial(DialWish(contact: contact, address: address, key: key), at: now)
    }
    guard let attempt = dialling.end(contact.identity) else { return }
    dialling.failed(contact.identity, at: now)
    for datanet in attempt.datanets {
      guard let membership = membership(datanet) else { continue }
      carryOut(
        membership.overlay.handle(.unreachable(contact.identity), at: now), membership, at: now)
    }
  }

  /// Nobody, or somebody else, answered.
  func failed(_ wish: DialWish, at now: Instant) {
    table.failed(wish.contact.identity, address: wish.address, at: now)
    if linkOf[wish.contact.identity] == nil { dialNext(wish.contact, key: wish.key, at: now) }
  }

  /// Dials while Datanets have no peers, now and then somebody else, and closes what nobody needs.
  func lookAround(at now: Instant) {
    closeUseless(at: now)
    reachOut(at: now)
    let lonely = memberships.filter { $0.peers.isEmpty }
    let isQuiet = lonely.isEmpty || isLeaving
    nextDial = now.advanced(
      byMilliseconds: isQuiet ? 10 * NodeLimits.dialMilliseconds : NodeLimits.dialMilliseconds)
    guard !isQuiet else { return }
    for membership in lonely {
      for given in settings.given
      where given.datanet == nil || given.datanet == membership.datanet {
        guard dialling.isDue(given.identity, at: now) else { continue }
        let addresses = settings.given.filter { $0.identity == given.identity }.map(\.address)
        beginDialling(
          PeerContact(identity: given.identity, addresses: addresses),
          key: membership.secret.key, datanets: [], at: now)
      }
    }
    // Strangers' addresses are tried one at a time: any of them may know our Datanets.
    guard outbound < NodeLimits.outboundSlots, links.count < connectionLimit,
      lonely.contains(where: { $0.secret.key == nil })
    else { return }
    let busy = linkOf.keys.sorted() + dialling.attempts.map(\.contact.identity)
    if let entry = table.candidate(at: now, busy: busy) {
      beginDialling(
        PeerContact(identity: entry.identity, addresses: [entry.address]), key: nil, datanets: [],
        at: now)
    }
  }

  /// Neighbours may all be of one half of a parted network, or of one liar: now and then somebody is
  /// dialled who is not connected, so that halves find each other again and nobody is encircled.
  private func reachOut(at now: Instant) {
    guard now >= nextReach else { return }
    let wait = NodeLimits.reachMilliseconds
    nextReach = now.advanced(
      byMilliseconds: UInt64.random(in: wait / 2..<wait * 3 / 2, using: &chance))
    letGoOfReached(at: now)
    guard !isLeaving, !memberships.isEmpty, outbound < NodeLimits.outboundSlots,
      links.count < connectionLimit
    else { return }
    let known = settings.given.filter {
      linkOf[$0.identity] == nil && dialling.isDue($0.identity, at: now)
    }
    if let given = known.randomElement(using: &chance) {
      let membership = given.datanet.flatMap { self.membership($0) }
      reached = given.identity
      return beginDialling(
        PeerContact(identity: given.identity, addresses: [given.address]),
        key: membership?.secret.key, datanets: [], at: now)
    }
    guard memberships.contains(where: { $0.secret.key == nil }) else { return }
    let busy = linkOf.keys.sorted() + dialling.attempts.map(\.contact.identity)
    if let entry = table.candidate(at: now, busy: busy) {
      reached = entry.identity
      beginDialling(
        PeerContact(identity: entry.identity, addresses: [entry.address]), key: nil, datanets: [],
        at: now)
    }
  }

  /// Whoever was dialled last stays only if it is of use: one place is enough for reaching out.
  private func letGoOfReached(at now: Instant) {
    guard let peer = reached else { return }
    reached = nil
    guard let link = linkOf[peer], link.isDialler, let session = link.session,
      !memberships.contains(where: {
        $0.overlay.neighbours.contains(peer) || $0.exchange.isBusy(with: peer)
          || $0.peers == [peer] || link.rounds[$0.datanet] != nil
      }), link.chains.isEmpty
    else { return }
    drop(link, session.leave(.done), at: now)
  }

  private func closeUseless(at now: Instant) {
    for link in links where link.isEstablished {
      guard now.milliseconds(since: link.since) >= NodeLimits.uselessMilliseconds,
        let peer = link.peer, let session = link.session,
        !memberships.contains(where: { $0.isJoined(peer) })
      else { continue }
      drop(link, session.leave(.done), at: now)
    }
  }

  /// An overlay has no more use for a session: with many, one that nothing else needs is closed.
  func release(_ peer: PublicKey, at now: Instant) {
    guard links.count > NodeLimits.comfortableConnections, let link = linkOf[peer],
      let session = link.session,
      !memberships.contains(where: {
        $0.overlay.neighbours.contains(peer) || $0.exchange.isBusy(with: peer)
      })
    else { return }
    drop(link, session.leave(.tooManyPeers), at: now)
  }

  // MARK: Sending away

  func refusal(
    of peer: PublicKey, on link: PeerLink, at now: Instant
  ) -> (text: String, goodbye: Goodbye)? {
    if let ban = bans.ban(of: peer, wall: wallOrOwn(at: now)) {
      return ("\(peer) is banned: \(ban.reason)", .banned)
    }
    if isLeaving { return ("this peer is shutting down", .shuttingDown) }
    guard !link.isDialler, linkOf[peer] == nil else { return nil }
    let inbound = links.count { $0.isEstablished && !$0.isDialler }
    if inbound >= max(1, connectionLimit - NodeLimits.outboundSlots) {
      return ("all places for those who dial in are taken", .tooManyPeers)
    }
    if !isTrusted(peer, at: link.address, at: now) {
      return ("liars came from the neighbourhood of \(link.address) under new names", .tooManyPeers)
    }
    return nil
  }

  /// A proven peer lied or broke a rule: it is named, banned for a time that grows, and cut off.
  func punish(_ link: PeerLink, _ reason: String, at now: Instant) {
    guard let session = link.session, find(link.id) === link else { return }
    ban(link, reason, at: now)
    drop(link, session.leave(.banned), at: now)
  }

  func ban(_ link: PeerLink, _ reason: String, at now: Instant) {
    guard let peer = link.peer else { return }
    let length = bans.add(
      peer, address: link.address, reason: reason, wall: wallOrOwn(at: now), at: now)
    report(.banned(peer, address: link.address, reason: reason, milliseconds: length))
  }
}
