// Claims on their way in: checked beside the node, merged in one transaction, passed on
// (Specs/Node.md, "Claims").

internal import Claims
internal import Content
internal import Cryptography
internal import PeerProtocol
internal import Store

/// Claims of one Datanet whose signatures are being checked.
struct ClaimWork {
  let token: WorkToken
  let datanet: CID
  let arrived: [ArrivedClaim]
}

/// A claim that counts now, the links it came over as gossip, and who sent it.
typealias FreshClaim = (claim: Claim, hops: UInt8?, from: PublicKey?)

extension Node {
  func carryOut(_ effects: [BroadcastEffect], _ membership: Membership, at now: Instant) {
    for effect in effects {
      switch effect {
      case .send(let message, let peer):
        send(.broadcast(message), of: membership.datanet, to: peer)
      case .check(let payload, _, let hops, let peer):
        add(ArrivedClaim(bytes: payload, from: peer, hops: hops), to: membership)
      case .fetch(let digest, let hops, let peer):
        let cid = CID(codec: .dagCBOR, digest: digest)
        let claim = storing("read a claim") { try claims.claim(cid) } ?? nil
        guard let claim, claim.datanet == membership.datanet else { continue }
        send(
          .broadcast(.gossip(payload: claim.bytes, hops: hops)), of: membership.datanet, to: peer)
      }
    }
  }

  // MARK: Intake

  /// Whether a peer's next claims should wait until those that are here are checked.
  func isCrowded(_ membership: Membership) -> Bool {
    membership.claimsWaiting * 2 > NodeLimits.claimsWaiting
      || membership.claimBytesWaiting * 2 > NodeLimits.claimBytesWaiting
  }

  func add(_ claim: ArrivedClaim, to membership: Membership) {
    guard membership.claimsWaiting < NodeLimits.claimsWaiting,
      membership.claimBytesWaiting + claim.bytes.count <= NodeLimits.claimBytesWaiting
    else { return }
    membership.intake.append(claim)
    membership.intakeBytes += claim.bytes.count
  }

  /// Starts the next piece of checking; one is under way at a time, so that claims of one author
  /// stay in order.
  func checkClaims(at now: Instant) {
    guard claimWork == nil,
      let membership = memberships.first(where: { !$0.intake.isEmpty })
    else { return }
    let arrived = Array(membership.intake.prefix(NodeLimits.claimsAtOnce))
    membership.intake.removeFirst(arrived.count)
    for claim in arrived { membership.intakeBytes -= claim.bytes.count }
    let token = nextToken()
    claimWork = ClaimWork(token: token, datanet: membership.datanet, arrived: arrived)
    effects.append(.work(token, Work(kind: .claims(arrived.map(\.bytes)))))
  }

  func checked(_ work: ClaimWork, _ result: WorkResult, at now: Instant) {
    claimWork = nil
    guard let membership = membership(work.datanet), case .claims(let read) = result else { return }
    var sound: [(claim: Claim, arrived: ArrivedClaim)] = []
    for (claim, arrived) in zip(read, work.arrived) {
      if let claim {
        if claim.datanet == membership.datanet { sound.append((claim, arrived)) }
      } else if let peer = arrived.from, let link = linkOf[peer] {
        punish(link, "sent a claim that is none or whose signature is false", at: now)
      }
    }
    membership.checked += sound
    for item in sound { membership.checkedBytes += item.arrived.bytes.count }
    if membership.checked.count >= NodeLimits.claimsMerged || now >= nextMerge {
      mergeChecked(at: now)
    } else if !membership.checked.isEmpty {
      mergeDue = nextMerge
    }
    grantClaims()
  }

  /// Puts what was checked on the disk, all in one go: each merge waits for the disk, and a burst of
  /// claims that came one by one would keep this thread from everything else. Nothing of it is known,
  /// offered or passed on before.
  func mergeChecked(at now: Instant) {
    mergeDue = nil
    for membership in memberships where !membership.checked.isEmpty {
      let sound = membership.checked
      (membership.checked, membership.checkedBytes) = ([], 0)
      merge(sound, membership, at: now)
      if nextMerge.advanced(byMilliseconds: NodeLimits.quickMergeMilliseconds) <= now {
        quickMerges = NodeLimits.quickMerges
      }
      let isQuick = quickMerges > 0
      if isQuick { quickMerges -= 1 }
      nextMerge = isQuick ? now : now.advanced(byMilliseconds: NodeLimits.mergeMilliseconds)
    }
    grantClaims()
  }

  /// Whose claims were dealt with may send more.
  private func grantClaims() {
    guard memberships.allSatisfy({ !isCrowded($0) }) else { return }
    for link in links where link.owedClaimBytes > 0 {
      link.session?.consumed(link.owedClaimBytes, on: .claims)
      link.owedClaimBytes = 0
    }
  }

  private func merge(
    _ arrived: [(claim: Claim, arrived: ArrivedClaim)], _ membership: Membership, at now: Instant
  ) {
    var arrived = arrived
    if !membership.isKnown {
      guard let genesis = arrived.first(where: { $0.claim.cid == membership.datanet })?.claim else {
        return
      }
      guard storing("join a Datanet", { try claims.join(genesis) }) != nil else { return }
      readFrontier(of: membership)
      report(.joined(membership.datanet))
      pass([(genesis, nil, nil)], membership, at: now)
      // What else is known of it is asked of whoever sent it, and then of the others.
      for peer in membership.peers { schedule(peer, membership, at: now) }
      let teller = arrived.first { $0.claim.cid == membership.datanet }?.arrived.from
      if let link = teller.flatMap({ linkOf[$0] }) { beginRound(with: link, membership, at: now) }
    }
    if let wall = wall(at: now) {
      let isPresent = { (claim: Claim) in
        claim.timeMilliseconds - wall <= NodeLimits.futureMilliseconds
      }
      let room = max(0, NodeLimits.futureClaims - membership.future.count)
      membership.future += arrived.filter { !isPresent($0.claim) }.prefix(room).map(\.arrived)
      arrived.removeAll { !isPresent($0.claim) }
    }
    guard !arrived.isEmpty,
      let merged = storing("merge claims", { try claims.merge(arrived.map(\.claim)) })
    else { return }
    // Another process may have written in between; then all are read like those of `changed`.
    let isAlone = merged.before == membership.sequence
    var origins: [Digest: ArrivedClaim] = [:]
    var fresh: [FreshClaim] = []
    for (insertion, item) in zip(merged.insertions, arrived) {
      let (claim, origin) = (item.claim, item.arrived)
      switch insertion {
      case .counted(let count):
        fresh.append((claim, origin.hops, origin.from))
        origins[claim.digest] = origin
        if count > 1 {
          let heights = claim.height + 1..<claim.height + count
          let released = storing("read claims") {
            try claims.claims(of: claim.author, in: membership.datanet, heights: heights)
          }
          fresh += (released ?? []).map { ($0, origin.hops, origin.from) }
        }
      case .forked:
        fresh += forked(by: claim, membership, origin)
      case .waiting, .refused: ask(for: claim, membership, origin)
      case .duplicate, .beyondFork:
        carryOut(membership.broadcast.handle(.known(claim.digest), at: now), membership, at: now)
      case .foreign: break
      }
    }
    guard isAlone else { return readArrivals(membership, origins: origins, at: now) }
    for other in memberships where other.sequence == merged.before {
      other.sequence = merged.after
    }
    pass(fresh, membership, at: now)
  }

  /// A claim that proved a fork: both claims of the proof are passed on. Who sent the one may not
  /// have the other.
  private func forked(
    by claim: Claim, _ membership: Membership, _ origin: ArrivedClaim
  ) -> [FreshClaim] {
    let author = claim.author
    let proof = storing("read a fork's proof") {
      try claims.fork(of: author, in: membership.datanet)
    }
    guard let proof = proof ?? nil else { return [] }
    report(.fork(membership.datanet, author: author, height: proof.height))
    return [proof.first, proof.second].map {
      ($0, origin.hops ?? 0, $0.cid == claim.cid ? origin.from : nil)
    }
  }

  /// A claim came before its predecessor: the sender has what lies between.
  private func ask(for claim: Claim, _ membership: Membership, _ origin: ArrivedClaim) {
    guard let peer = origin.from else { return }
    let entry = storing("read a chain") {
      try claims.entry(of: claim.author, in: membership.datanet)
    }
    let count = entry.flatMap { $0?.count } ?? 0
    guard count < claim.height else { return }
    let end = min(claim.height, count + ClaimTransfer.maximumHeights)
    send(
      .transfer(.want(claim.author, heights: count..<end)), of: membership.datanet, to: peer)
  }

  // MARK: What is new

  /// Takes claims that count now, and were not known here, into the index, and tells others.
  func pass(
    _ fresh: [FreshClaim], _ membership: Membership,
    at now: Instant
  ) {
    guard !fresh.isEmpty else { return }
    membership.lastClaim = now
    var authors: [PublicKey] = []
    for item in fresh where authors.last != item.claim.author { authors.append(item.claim.author) }
    for author in Set(authors).sorted() {
      let entry = storing("read a chain") {
        try claims.entry(of: author, in: membership.datanet)
      }
      if let entry = entry ?? nil { membership.note(entry) }
    }
    let isFew = fresh.count <= NodeLimits.gossipAtOnce
    for (claim, hops, from) in fresh {
      if isFew || hops != nil {
        carryOut(
          membership.broadcast.handle(
            .accepted(claim.digest, payload: claim.bytes, hops: hops ?? 0, from: from), at: now),
          membership, at: now)
        report(.claim(membership.datanet, .init(claim), from: from))
      } else {
        carryOut(membership.broadcast.handle(.known(claim.digest), at: now), membership, at: now)
      }
    }
    if !isFew {
      report(.claims(membership.datanet, count: fresh.count, from: fresh.first?.from))
      // Many at once reach others by rounds.
      let source = fresh.first?.from
      for peer in membership.peers where peer != source { schedule(peer, membership, at: now) }
    }
    review(fresh.map(\.claim), membership, at: now)
  }

  // MARK: The home

  /// Another process wrote to the home.
  func homeChanged(at now: Instant) {
    let known = storing("read the Datanets") { try claims.datanets() } ?? []
    if known.contains(where: { cid in
      membership(cid) == nil && !settings.followings.contains { $0.datanet == cid }
    }) {
      apply(settings, at: now)
    }
    for membership in memberships {
      if membership.isKnown {
        readArrivals(membership, at: now)
      } else {
        readFrontier(of: membership)
        if membership.isKnown { reviewContributions(membership, at: now) }
      }
    }
    blocksChanged(at: now)
  }

  /// Reads what the store has and the index has not; `origins` says of some how they came.
  private func readArrivals(
    _ membership: Membership, origins: [Digest: ArrivedClaim] = [:], at now: Instant
  ) {
    while true {
      let step = storing("read new claims") {
        try claims.arrivals(after: membership.sequence, in: membership.datanet, limit: 1_000)
      }
      guard let step, step.next > membership.sequence else { return }
      membership.sequence = step.next
      let arrived = step.proofs.flatMap { [$0.first, $0.second] } + step.claims
      let fresh = arrived.map { claim -> FreshClaim in
        let origin = origins[claim.digest]
        return (claim, origin?.hops, origin?.from)
      }
      pass(fresh, membership, at: now)
    }
  }

  /// Claims whose time has come are checked like new ones.
  func presentClaims(at now: Instant) {
    for membership in memberships where !membership.future.isEmpty {
      let waiting = membership.future
      membership.future = []
      for claim in waiting { add(claim, to: membership) }
    }
  }
}
