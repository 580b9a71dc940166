// Which Datanets this peer is a member of, and with whom it shares each
// (Specs/Node.md, "Memberships"; Specs/Sharing.md).

internal import Claims
internal import Content
internal import Cryptography
internal import PeerProtocol
internal import Store

extension Node {
  func listen(at addresses: [String]) {
    self.addresses = addresses.filter { $0.utf8.count <= PeerContact.maximumAddressBytes }
    for membership in memberships { membership.overlay.own = ownContact }
  }

  // MARK: Settings

  func apply(_ settings: NodeSettings, at now: Instant) {
    self.settings = settings
    upload.bytesPerSecond = settings.limits.uploadBytesPerSecond
    download.bytesPerSecond = settings.limits.downloadBytesPerSecond
    remember(settings.given, at: now)
    refusedByQuota = false
    updateMemberships(at: now)
    checkQuota(at: now)
    nextDial = now
  }

  /// What is said of Datanets, and the home's others, which are followed wholly.
  private func followings() -> [Following] {
    let said = settings.followings
    let own = storing("read the Datanets") { try claims.datanets() } ?? []
    let others = own.filter { cid in !said.contains { $0.datanet == cid } }
    return (said.filter { $0.mode != .none } + others.map { Following(datanet: $0) })
      .sorted { $0.datanet < $1.datanet }
  }

  private func updateMemberships(at now: Instant) {
    let wanted = Array(followings().prefix(NodeLimits.followings))
    for membership in memberships {
      let still = wanted.first { $0.datanet == membership.datanet }
      if still == nil || still?.key != membership.secret.key { leave(membership, at: now) }
    }
    for following in wanted {
      if let membership = membership(following.datanet) {
        membership.mode = following.mode
      } else {
        join(following, at: now)
      }
    }
    for membership in memberships { reviewContributions(membership, at: now) }
  }

  private func join(_ following: Following, at now: Instant) {
    let membership = Membership(
      DatanetSecret(datanet: following.datanet, key: following.key), mode: following.mode,
      own: ownContact, chance: chance.next(), at: now)
    let place = memberships.firstIndex { $0.datanet > membership.datanet } ?? memberships.count
    memberships.insert(membership, at: place)
    readFrontier(of: membership)
    for link in links where link.isEstablished {
      guard var shared = link.shared else { continue }
      let effects = shared.ask(for: membership.secret)
      link.shared = shared
      carryOut(effects, on: link, at: now)
    }
  }

  private func leave(_ membership: Membership, at now: Instant) {
    for link in links {
      guard var shared = link.shared else { continue }
      let effects = shared.close(membership.secret)
      link.shared = shared
      carryOut(effects, on: link, at: now)
    }
    memberships.removeAll { $0 === membership }
  }

  /// The store's whole knowledge of a Datanet, when it is begun.
  func readFrontier(of membership: Membership) {
    storing("read the frontier") {
      guard try claims.genesis(of: membership.datanet) != nil else { return }
      membership.isKnown = true
      membership.sequence = try claims.sequence()
      for entry in try claims.frontier(of: membership.datanet).entries { membership.note(entry) }
    }
  }

  // MARK: Sessions

  func carryOut(_ effects: [SharingEffect], on link: PeerLink, at now: Instant) {
    for effect in effects {
      switch effect {
      case .send(let message):
        _ = link.session?.send(message.value.encoded(), on: .control)
      case .opened(let secret, _):
        if let membership = membership(secret.datanet) { meet(link, membership, at: now) }
      case .closed(let secret, _):
        if let peer = link.peer, let membership = membership(secret.datanet) {
          part(from: peer, membership, at: now)
        }
      case .refused: break
      case .violation:
        punish(link, "broke the rules of opening Datanets", at: now)
        return
      }
    }
  }

  /// A message from a peer, whole and opened.
  func receive(_ message: [UInt8], _ channel: SessionChannel, on link: PeerLink, at now: Instant) {
    guard let session = link.session else { return }
    switch channel {
    case .control:
      guard let value = try? Value(decoding: message), let sharing = SharingMessage(value) else {
        return punish(link, "sent a control message that is none", at: now)
      }
      guard var shared = link.shared else { return }
      let effects = shared.handle(sharing)
      link.shared = shared
      carryOut(effects, on: link, at: now)
    case .claims, .requests:
      guard let parsed = DatanetMessage(decoding: message), parsed.channel == channel else {
        return punish(link, "sent a message that is none", at: now)
      }
      var isOwed = false
      // What was sent before a close arrived is nobody's fault.
      if let secret = link.shared?.secret(for: parsed.handle), let peer = link.peer,
        let membership = membership(secret.datanet)
      {
        isOwed = dispatch(parsed.content, from: peer, on: link, membership, at: now)
      }
      if isOwed {
        link.owedClaimBytes += message.count
      } else {
        session.consumed(message.count, on: channel)
      }
    case .chunks: receiveChunk(message, on: link, at: now)
    }
  }

  /// True when the message's bytes are granted again only once its claims are checked.
  private func dispatch(
    _ content: DatanetMessage.Content, from peer: PublicKey, on link: PeerLink,
    _ membership: Membership, at now: Instant
  ) -> Bool {
    switch content {
    case .overlay(let message):
      carryOut(
        membership.overlay.handle(.message(message, from: peer), at: now), membership, at: now)
      if case .shuffle(_, _, let sample) = message { learn(sample, from: link, at: now) }
      if case .shuffleAnswer(let sample) = message { learn(sample, from: link, at: now) }
    case .broadcast(let message):
      carryOut(
        membership.broadcast.handle(.message(message, from: peer), at: now), membership, at: now)
      if case .gossip = message { return isCrowded(membership) }
    case .reconciliation(let message, let round):
      reconcile(message, round: round, on: link, membership, at: now)
    case .exchange(let message):
      carryOut(
        membership.exchange.handle(.message(message, from: peer), at: now), membership, at: now)
    case .transfer(let message):
      transfer(message, on: link, membership, at: now)
      if case .claims = message { return isCrowded(membership) }
    }
    return false
  }

  // MARK: Peers of a Datanet

  private func meet(_ link: PeerLink, _ membership: Membership, at now: Instant) {
    guard let peer = link.peer, !membership.isJoined(peer) else { return }
    let place = membership.peers.firstIndex { $0 > peer } ?? membership.peers.count
    membership.peers.insert(peer, at: place)
    membership.uncompared.append(
      (peer, now.advanced(byMilliseconds: NodeLimits.compareMilliseconds)))
    report(.shared(membership.datanet, with: peer))
    carryOut(membership.overlay.handle(.connected(peer), at: now), membership, at: now)
    if link.isDialler {
      let contact = PeerContact(
        identity: peer,
        addresses: [link.address]
          + link.listensAt.filter { $0 != link.address }.prefix(PeerContact.maximumAddresses - 1))
      carryOut(membership.overlay.handle(.met(contact), at: now), membership, at: now)
    }
    carryOut(membership.exchange.handle(.joined(peer), at: now), membership, at: now)
    if !membership.isKnown {
      send(.transfer(.find(membership.datanet.digest)), of: membership.datanet, on: link)
    } else if link.isDialler {
      beginRound(with: link, membership, at: now)
    }
  }

  func part(from peer: PublicKey, _ membership: Membership, at now: Instant) {
    guard let index = membership.peers.firstIndex(of: peer) else { return }
    membership.peers.remove(at: index)
    membership.uncompared.removeAll { $0.peer == peer }
    membership.soon.removeAll { $0.peer == peer }
    if let link = linkOf[peer] {
      link.chains.removeAll { $0.datanet == membership.datanet }
      link.rounds[membership.datanet] = nil
    }
    carryOut(membership.overlay.handle(.disconnected(peer), at: now), membership, at: now)
    carryOut(membership.exchange.handle(.left(peer), at: now), membership, at: now)
  }

  func carryOut(_ effects: [OverlayEffect], _ membership: Membership, at now: Instant) {
    for effect in effects {
      switch effect {
      case .send(let message, let peer):
        send(.overlay(message), of: membership.datanet, to: peer)
      case .dial(let contact): dial(contact, for: membership, at: now)
      case .release(let peer): release(peer, at: now)
      case .neighbourUp(let peer):
        carryOut(membership.broadcast.handle(.neighbourUp(peer), at: now), membership, at: now)
      case .neighbourDown(let peer):
        carryOut(membership.broadcast.handle(.neighbourDown(peer), at: now), membership, at: now)
      }
    }
  }

  func tick(_ membership: Membership, at now: Instant) {
    if now >= membership.overlay.deadline {
      carryOut(membership.overlay.handle(.tick, at: now), membership, at: now)
    }
    if let due = membership.broadcast.deadline, now >= due {
      carryOut(membership.broadcast.handle(.tick, at: now), membership, at: now)
    }
    if now >= membership.exchange.deadline {
      carryOut(membership.exchange.handle(.tick, at: now), membership, at: now)
      lookAtStandstill(membership)
    }
    tickContributions(membership, at: now)
    tickRounds(membership, at: now)
  }
}
