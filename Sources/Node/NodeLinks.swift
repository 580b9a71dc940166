// The life of a connection: made, proven, used, ended (Specs/Node.md, "Links").

internal import Content
internal import Cryptography
internal import PeerProtocol
internal import Store

extension Node {
  private var configuration: SessionConfiguration {
    let proof = identity.sign(Hello.signedBytes(staticKey: staticKey.publicKey))
    let hello = Hello(
      version: 1, identity: identity.publicKey, proof: proof, features: 0,
      agent: String(settings.agent.prefix(64)),
      addresses: Array(addresses.prefix(SessionLimits.helloAddresses)))
    return SessionConfiguration(own: staticKey, hello: hello)
  }

  // MARK: Beginnings

  func accept(_ id: LinkID, from address: String, at now: Instant) {
    guard !isLeaving, hasRoomForStranger(at: address) else {
      report(.refused(address: address, reason: "too many strangers at once"))
      effects.append(.close(id))
      return
    }
    let link = PeerLink(id, address: address, wish: nil, at: now)
    link.session = Session(
      answering: configuration, keys: memberships.compactMap(\.secret.key), ephemeral: ephemeral(),
      at: now)
    insert(link)
  }

  private func hasRoomForStranger(at address: String) -> Bool {
    guard links.count < connectionLimit else { return false }
    let strangers = links.filter { !$0.isEstablished && !$0.isDialler }
    guard strangers.count < NodeLimits.unproven else { return false }
    guard let group = AddressGroup(address), group.bytes != [0] else { return true }
    return strangers.count { AddressGroup($0.address) == group } < NodeLimits.unprovenOfGroup
  }

  var connectionLimit: Int {
    max(2, settings.limits.connections ?? NodeLimits.connections)
  }

  func dial(_ wish: DialWish, at now: Instant) {
    dialled += 1
    let link = PeerLink(.dialled(dialled), address: wish.address, wish: wish, at: now)
    insert(link)
    effects.append(.dial(link.id, address: wish.address))
  }

  private func insert(_ link: PeerLink) {
    let place = links.firstIndex { $0.id > link.id } ?? links.count
    links.insert(link, at: place)
  }

  func dialSucceeded(_ id: LinkID, at now: Instant) {
    guard let link = find(id), let wish = link.wish, link.session == nil else { return }
    link.session = Session(
      dialling: configuration, expecting: wish.contact.identity, sharedKey: wish.key,
      ephemeral: ephemeral(), at: now)
  }

  func dialFailed(_ id: LinkID, _ reason: String, at now: Instant) {
    guard let link = find(id), let wish = link.wish else { return }
    links.removeAll { $0 === link }
    report(.refused(address: link.address, reason: reason))
    failed(wish, at: now)
  }

  // MARK: Bytes in

  func take(_ bytes: UnsafeRawBufferPointer, on id: LinkID, at now: Instant) {
    guard let link = find(id), let session = link.session else { return }
    link.bytesReceived += UInt64(bytes.count)
    link.meterDown.add(bytes.count, at: now)
    bytesReceived += UInt64(bytes.count)
    meterDown.add(bytes.count, at: now)
    download.take(bytes.count)
    unsafe handle(session.receive(bytes, at: now), on: link, at: now)
  }

  func handle(_ events: [SessionEvent], on link: PeerLink, at now: Instant) {
    for event in events {
      guard find(link.id) === link else { return }
      switch event {
      case .established(let hello): established(hello, on: link, at: now)
      case .message(let channel, let message): receive(message, channel, on: link, at: now)
      case .room: break
      case .ended(let end): sessionEnded(link, end, at: now)
      }
    }
  }

  func tick(_ link: PeerLink, at now: Instant) {
    guard let session = link.session else {
      if now.milliseconds(since: link.since) >= NodeLimits.dialTimeoutMilliseconds {
        effects.append(.close(link.id))
        dialFailed(link.id, "no answer", at: now)
      }
      return
    }
    if let due = session.deadline, now >= due {
      handle(session.tick(at: now), on: link, at: now)
    }
    if let due = link.stallDue, now >= due, session.isOpen || link.peer == nil {
      drop(link, session.leave(.slow), at: now)
    }
  }

  // MARK: Proven

  private func established(_ hello: Hello, on link: PeerLink, at now: Instant) {
    guard let session = link.session, let binding = session.channelBinding else { return }
    let peer = hello.identity
    if let refusal = refusal(of: peer, on: link, at: now) {
      report(.refused(address: link.address, reason: refusal.text))
      return drop(link, session.leave(refusal.goodbye), at: now)
    }
    if let other = linkOf[peer] {
      // Both dialled at once, or one has lost the first connection without noticing. The newer of
      // two in one direction stays; of two directions the one that the smaller identity dialled.
      let smallerDials = identity.publicKey < peer
      let staysNew =
        other.isDialler == link.isDialler || link.isDialler == smallerDials
      let loser = staysNew ? other : link
      if let session = loser.session { drop(loser, session.leave(.duplicate), at: now) }
      guard staysNew else { return }
    }
    link.peer = peer
    link.agent = hello.agent
    link.listensAt = hello.addresses
    linkOf[peer] = link
    report(
      .connected(peer, address: link.address, isDialled: link.isDialler, agent: hello.agent))
    met(peer, on: link, at: now)
    var shared = SharedDatanets(
      own: memberships.map(\.secret), channelBinding: binding, isDialler: link.isDialler)
    var wishes: [SharingEffect] = []
    for membership in memberships { wishes += shared.ask(for: membership.secret) }
    link.shared = shared
    carryOut(wishes, on: link, at: now)
  }

  // MARK: Ends

  /// Ends a session from this side: what it still has to say is sent before the close.
  func drop(_ link: PeerLink, _ events: [SessionEvent], at now: Instant) {
    handle(events, on: link, at: now)
  }

  private func sessionEnded(_ link: PeerLink, _ end: SessionEnd, at now: Instant) {
    var bytes: [UInt8] = []
    _ = link.session?.takeOutput(limit: NodeLimits.sendBytes, into: &bytes)
    if !bytes.isEmpty { effects.append(.send(link.id, bytes)) }
    effects.append(.close(link.id))
    if link.peer != nil, end.isProvenFault {
      ban(link, "broke the session's rules: \(end)", at: now)
    }
    forget(link, "\(end)", at: now)
    if case .left = end { return }
    if end == .goodbye(.banned) { checksReads = true }
    if case .goodbye(let reason) = end, let wish = link.wish, reason != .duplicate {
      // Who sends us away wants to be left alone for a while.
      dialling.failed(
        wish.contact.identity, at: now,
        atLeast: reason == .banned ? NodeLimits.banMilliseconds : NodeLimits.dialTimeoutMilliseconds
      )
    }
    guard link.peer == nil, let wish = link.wish else { return }
    failed(wish, at: now)
  }

  func ended(_ id: LinkID, _ reason: String?, at now: Instant) {
    guard let link = find(id) else { return }
    if let session = link.session, session.isOpen || link.peer != nil {
      _ = session.closed()
    }
    let wasProven = link.isEstablished
    forget(link, reason ?? "the other side closed the connection", at: now)
    if !wasProven, let wish = link.wish { failed(wish, at: now) }
  }

  private func forget(_ link: PeerLink, _ reason: String, at now: Instant) {
    links.removeAll { $0 === link }
    guard let peer = link.peer else {
      return report(.refused(address: link.address, reason: reason))
    }
    if linkOf[peer] === link {
      linkOf[peer] = nil
      for membership in memberships { part(from: peer, membership, at: now) }
      report(.disconnected(peer, reason: reason))
    }
    nextDial = min(nextDial, now.advanced(byMilliseconds: NodeLimits.dialMilliseconds))
  }

  // MARK: Bytes out

  /// Gives the system the next bytes of a link, when it has taken the last ones.
  func pump(_ link: PeerLink, at now: Instant) {
    guard !link.isWriting, let session = link.session else { return }
    fillClaims(link, at: now)
    fillChunks(link, at: now)
    guard session.hasOutput else { return }
    let room = upload.available(at: now)
    guard room > 0 else { return }
    var bytes: [UInt8] = []
    let limit = min(link.sendBytes, room)
    let events = session.takeOutput(limit: limit, into: &bytes)
    guard !bytes.isEmpty else { return }
    upload.take(bytes.count)
    link.began(writingAt: now)
    link.bytesSent += UInt64(bytes.count)
    link.meterUp.add(bytes.count, at: now)
    bytesSent += UInt64(bytes.count)
    meterUp.add(bytes.count, at: now)
    effects.append(.send(link.id, bytes))
    handle(events, on: link, at: now)
  }

  /// Sends a message of a Datanet to a peer, if it is shared and there is room.
  @discardableResult
  func send(_ content: DatanetMessage.Content, of datanet: CID, to peer: PublicKey) -> Bool {
    guard let link = linkOf[peer] else { return false }
    return send(content, of: datanet, on: link)
  }

  @discardableResult
  func send(_ content: DatanetMessage.Content, of datanet: CID, on link: PeerLink) -> Bool {
    guard let handle = link.shared?.handle(of: datanet), let session = link.session else {
      return false
    }
    let message = DatanetMessage(handle: handle, content: content)
    let bytes = message.encoded
    guard bytes.count <= message.channel.maximumMessage else { return false }
    return session.send(bytes, on: message.channel)
  }
}
