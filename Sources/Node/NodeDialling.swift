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
    dialling.begin(
      .init(contact: contact, addresses: contact.addresses[...], key: key, datanets: datanets))
    dialNext(contact, key: key, at: now)
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
    table.failed(wish.address, at: now)
    if linkOf[wish.contact.identity] == nil { dialNext(wish.contact, key: wish.key, at: now) }
  }

  /// Dials while Datanets have no peers, and closes what nobody needs.
  func lookAround(at now: Instant) {
    closeUseless(at: now)
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
    let isKnown = table.entries.contains { $0.identity == peer && $0.isTried }
    if !isKnown, !bans.letsIn(strangerAt: link.address, at: now) {
      return ("liars came from the neighbourhood of \(link.address) under new names", .tooManyPeers)
    }
    return nil
  }

  /// A proven peer lied or broke a rule: it is named, banned for a time that grows, and cut off.
  func punish(_ link: PeerLink, _ reason: String, at now: Instant) {
    guard let session = link.session, find(link.id) === link else { return }
    if let peer = link.peer {
      let length = bans.add(
        peer, address: link.address, reason: reason, wall: wallOrOwn(at: now), at: now)
      report(.banned(peer, address: link.address, reason: reason, milliseconds: length))
    }
    drop(link, session.leave(.banned), at: now)
  }
}
