// What stops a node: quota, trouble, nobody who has it; and what it says of itself
// (Specs/Node.md, "Status").

internal import Content
internal import Cryptography
public import PeerProtocol
internal import Store

extension Node {
  func refreshStoredBytes() {
    guard let totals = storing("count blocks", { try blocks.totals() }) else { return }
    storedBytes = totals.bytes
    refusedByQuota = false
  }

  private var isQuotaReached: Bool {
    guard let quota = settings.limits.quotaBytes else { return false }
    return refusedByQuota || storedBytes + intake.bytes + intake.writtenBytes >= quota
  }

  /// Nothing is asked for while there is no room, or the disk fails.
  func checkQuota(at now: Instant) {
    if let until = troubleUntil, now >= until { (trouble, troubleUntil) = (nil, nil) }
    let isPaused = isQuotaReached || trouble != nil
    for membership in memberships where membership.exchange.isPaused != isPaused {
      membership.exchange.isPaused = isPaused
      lookAtStandstill(membership)
    }
  }

  func standstill(of membership: Membership) -> Standstill {
    guard membership.isKnown else {
      return membership.peers.isEmpty ? .noPeers : .unknownDatanet
    }
    let book = membership.contributions
    guard book.missing > 0 else { return .nothingMissing }
    if let trouble { return .diskTrouble(trouble) }
    if isQuotaReached, let quota = settings.limits.quotaBytes { return .quotaReached(bytes: quota) }
    switch membership.exchange.standstill {
    case .nothingMissing:
      if membership.peers.isEmpty { return .noPeers }
      if !intake.isIdle || book.advanceDue != nil { return .moving }
      guard let plan = book.plans.first(where: { !$0.isComplete }) else { return .moving }
      return .nobodyKnows(manifest: plan.manifest)
    case .moving: return .moving
    case .noPeers: return .noPeers
    case .nobodyHas(let count, let first):
      return .nobodyHas(chunks: count, first: CID(codec: .raw, digest: first))
    case .nobodyKnows(let contribution):
      return .nobodyKnows(manifest: CID(codec: .dagCBOR, digest: contribution))
    case .nobodyServes(let peers):
      return intake.isIdle ? .nobodyServes(peers: peers) : .moving
    }
  }

  /// Tells when the reason changes.
  func lookAtStandstill(_ membership: Membership) {
    let standstill = standstill(of: membership)
    guard standstill != membership.lastStandstill else { return }
    membership.lastStandstill = standstill
    switch standstill {
    case .moving: break
    case .nothingMissing:
      if membership.isKnown, membership.isAgreed {
        report(.inStep(membership.datanet))
      } else {
        // Looked at again when the next round ends.
        membership.lastStandstill = nil
      }
    default: report(.standstill(membership.datanet, standstill))
    }
  }

  // MARK: Space

  /// Frees the space of what was retracted.
  func collect(at now: Instant) {
    guard let due = collectDue, now >= due, collecting == nil else { return }
    // A collection passes over packs that are being written.
    guard intake.isIdle else {
      collectDue = now.advanced(byMilliseconds: NodeLimits.collectMilliseconds)
      return
    }
    collectDue = nil
    intake.intake = nil
    if let home {
      let token = nextToken()
      collecting = token
      effects.append(.work(token, Work(kind: .collect(home))))
    } else {
      storing("collect") {
        _ = try blocks.collect { try self.claims.roots() }
      }
      forgetPlaces()
      refreshStoredBytes()
    }
  }

  /// A collection moves blocks.
  private func forgetPlaces() {
    for membership in memberships {
      for plan in membership.contributions.plans { plan.located = nil }
    }
  }

  func collected(_ result: WorkResult) {
    collecting = nil
    forgetPlaces()
    if case .failed(let reason) = result { report(.trouble("collect: \(reason)")) }
    refreshStoredBytes()
  }

  // MARK: Status

  public func status(at now: Instant) -> NodeStatus {
    let peers = links.compactMap { link -> NodeStatus.Peer? in
      guard let peer = link.peer else { return nil }
      return NodeStatus.Peer(
        link: link.id, identity: peer, address: link.address, isDialled: link.isDialler,
        agent: link.agent, connectedMilliseconds: now.milliseconds(since: link.since),
        roundTripMilliseconds: link.session?.roundTripMilliseconds,
        datanets: memberships.filter { $0.isJoined(peer) }.map(\.datanet),
        bytesReceived: link.bytesReceived, bytesSent: link.bytesSent,
        rateDown: link.meterDown.bytesPerSecond(at: now),
        rateUp: link.meterUp.bytesPerSecond(at: now), compresses: link.form.isPacking)
    }
    let datanets = memberships.map { membership in
      NodeStatus.Datanet(
        datanet: membership.datanet, mode: membership.mode,
        isPrivate: membership.secret.key != nil, isKnown: membership.isKnown,
        peers: membership.peers.count, neighbours: membership.overlay.neighbours.count,
        authors: membership.index.authorCount,
        agreedMilliseconds: membership.agreedAt.map { now.milliseconds(since: $0) },
        uncompared: membership.uncompared.count,
        claimsWaiting: membership.claimsWaiting
          + (claimWork?.datanet == membership.datanet ? claimWork?.arrived.count ?? 0 : 0),
        missingContributions: membership.contributions.missing,
        missingChunks: membership.exchange.missing,
        missingBytes: membership.exchange.missingBytes, standstill: standstill(of: membership))
    }
    return NodeStatus(
      identity: identity.publicKey, addresses: addresses, peers: peers, datanets: datanets,
      unproven: links.count { !$0.isEstablished }, knownAddresses: table.entries.count,
      bans: bansHolding(at: now), bytesReceived: bytesReceived, bytesSent: bytesSent,
      bytesPerSecondDown: meterDown.bytesPerSecond(at: now),
      bytesPerSecondUp: meterUp.bytesPerSecond(at: now),
      unstoredBytes: intake.bytes + intake.writtenBytes, storedBytes: storedBytes,
      quotaBytes: settings.limits.quotaBytes)
  }
}
