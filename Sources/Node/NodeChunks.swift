// Chunks that come: checked, written, put on the disk, entered in the index, announced
// (Specs/Node.md, "Storing").

internal import Content
internal import Cryptography
internal import PeerProtocol
internal import Store

extension Node {
  func carryOut(_ effects: [ExchangeEffect], _ membership: Membership, at now: Instant) {
    for effect in effects {
      switch effect {
      case .send(let message, let peer):
        send(.exchange(message), of: membership.datanet, to: peer)
      case .wishes: break  // Every link is looked at after every event.
      case .completed(let contribution): completed(contribution, membership, at: now)
      case .sought(let contribution, _): sought(contribution, membership, at: now)
      case .accuse(let peer, let accusation):
        guard let link = linkOf[peer] else { continue }
        let reason =
          switch accusation {
          case .corruptBlock(let digest):
            "sent something else as chunk \(CID(codec: .raw, digest: digest))"
          case .unasked: "sent chunks that nobody asked for"
          case .tooManyRequests: "asked for more chunks at once than anybody may"
          case .haveMap: "sent a have-map that is none"
          }
        punish(link, reason, at: now)
      }
    }
  }

  // MARK: In

  func receiveChunk(_ message: [UInt8], on link: PeerLink, at now: Instant) {
    guard let peer = link.peer, let session = link.session,
      let chunk = ChunkMessage(message)
    else { return punish(link, "sent a chunk message that is none", at: now) }
    guard let membership = taker(of: chunk.digest, from: peer) else {
      return session.consumed(message.count, on: .chunks)
    }
    let isNew = membership.exchange.wants(chunk.digest) && !intake.pending.contains(chunk.digest)
    let isOverQuota =
      settings.limits.quotaBytes.map {
        storedBytes + intake.bytes + intake.writtenBytes + chunk.byteCount > $0
      } ?? false
    if isNew, !isOverQuota, trouble == nil {
      var block = ArrivedBlock(
        cid: CID(codec: .raw, digest: chunk.digest), message: message,
        payload: ChunkMessage.headByteCount..<message.count, isPacked: chunk.form.isPacked,
        byteCount: chunk.byteCount)
      if chunk.form.isPieces {
        guard let patch = patch(for: chunk.digest, membership) else {
          return punish(link, "sent pieces that nobody asked for", at: now)
        }
        block.patch = patch
      }
      // What is received faster than it is written is written soon; only what that cannot keep up
      // with holds the sender back.
      let isGranted = intake.bytes < NodeLimits.grantedBytes
      if isGranted { session.consumed(message.count, on: .chunks) }
      wait(
        .init(block: block, from: peer, datanet: membership.datanet, isGranted: isGranted),
        isUrgent: membership.exchange.needs(chunk.digest), at: now)
    } else {
      session.consumed(message.count, on: .chunks)
    }
    carryOut(
      membership.exchange.handle(
        .arrived(chunk.digest, byteCount: message.count, from: peer), at: now),
      membership, at: now)
    if isNew, isOverQuota {
      refusedByQuota = true
      checkQuota(at: now)
      carryOut(membership.exchange.handle(.lost(chunk.digest), at: now), membership, at: now)
    }
  }

  /// The Datanet for which a chunk was asked of a peer, or else one that wants it, or else any.
  private func taker(of digest: Digest, from peer: PublicKey) -> Membership? {
    var wanting: Membership?
    var any: Membership?
    for membership in memberships where membership.isJoined(peer) {
      if membership.exchange.isAsked(digest, of: peer) { return membership }
      any = any ?? membership
      if wanting == nil, membership.exchange.wants(digest) { wanting = membership }
    }
    return wanting ?? any
  }

  private func wait(_ arrival: ChunkIntake.Arrival, isUrgent: Bool, at now: Instant) {
    intake.waiting.append(arrival)
    intake.pending.insert(arrival.block.cid.digest)
    intake.bytes += arrival.block.message.count
    intake.waitingBytes += arrival.block.message.count
    let due = isUrgent ? now : now.advanced(byMilliseconds: NodeLimits.storeMilliseconds)
    intake.storeDue = min(intake.storeDue ?? due, due)
  }

  /// Whether another piece of writing may begin.
  func canStore(at now: Instant) -> Bool {
    trouble == nil && !intake.waiting.isEmpty
      && intake.storing.count < NodeLimits.storesAtOnce
  }

  private func isSyncDue(at now: Instant) -> Bool {
    guard let due = intake.syncDue else { return false }
    return intake.unsyncedBytes >= NodeLimits.syncBytes || now >= due
      || intake.waiting.isEmpty && intake.storing.isEmpty && isAllHere
  }

  /// Starts the next pieces of writing, and beside them a sync of what is written.
  func storeChunks(at now: Instant) {
    while canStore(at: now), isWorthStoring(at: now), let appending = openIntake(at: now) {
      var count = 0
      var bytes = 0
      while count < intake.waiting.count, count < NodeLimits.blocksAtOnce,
        bytes + intake.waiting[count].storedBytes <= NodeLimits.blockBytesAtOnce || count == 0
      {
        bytes += intake.waiting[count].storedBytes
        intake.waitingBytes -= intake.waiting[count].block.message.count
        count += 1
      }
      let arrivals = Array(intake.waiting.prefix(count))
      intake.waiting.removeFirst(count)
      if intake.waiting.isEmpty { intake.storeDue = nil }
      let token = nextToken()
      intake.storing.append((token, arrivals))
      effects.append(.work(token, Work(kind: .store(appending, arrivals.map(\.block)))))
    }
    guard intake.syncing == nil, trouble == nil, isSyncDue(at: now),
      let appending = intake.intake?.appending
    else { return }
    let token = nextToken()
    intake.syncing = (token, intake.written)
    intake.syncBegan = now
    intake.written = []
    intake.unsyncedBytes = 0
    intake.syncDue = nil
    effects.append(.work(token, Work(kind: .sync(appending))))
  }

  private func isWorthStoring(at now: Instant) -> Bool {
    intake.waitingBytes >= NodeLimits.blockBytesAtOnce
      || intake.waiting.count >= NodeLimits.blocksAtOnce
      || intake.storeDue.map { now >= $0 } ?? true || isAllHere
  }

  /// Everything that was asked for is here: nothing is gained by waiting for more.
  private var isAllHere: Bool {
    let here = intake.pending.count
    return memberships.allSatisfy { $0.exchange.missing <= here }
  }

  private func openIntake(at now: Instant) -> BlockIntake.Appending? {
    if let open = intake.intake { return open.appending }
    guard let fresh = storing("write blocks", { try BlockIntake(blocks) }) else {
      troubled("blocks cannot be written", at: now)
      return nil
    }
    intake.intake = fresh
    return fresh.appending
  }

  private func patch(for digest: Digest, _ membership: Membership) -> HeldPatch? {
    for plan in membership.contributions.plans {
      guard let patch = plan.patches[digest] else { continue }
      let bases = storing("look for blocks") {
        try blocks.reading {
          try patch.bases.compactMap { cid in
            try blocks.location(of: cid).map { (cid: cid, location: $0) }
          }
        }
      }
      return HeldPatch(patch: patch, bases: bases ?? [])
    }
    return nil
  }

  /// Chunks of which everything is here, in other chunks, are put together without asking.
  func rebuild(_ plan: ContributionPlan, _ membership: Membership, at now: Instant) {
    guard let chunks = plan.chunks else { return }
    for digest in chunks.digests {
      guard let patch = plan.patches[digest], patch.newByteCount == 0,
        membership.exchange.wants(digest), !intake.pending.contains(digest),
        let held = self.patch(for: digest, membership)
      else { continue }
      let block = ArrivedBlock(
        cid: patch.chunk.cid, message: [], payload: 0..<0, isPacked: false, byteCount: 0,
        patch: held)
      wait(
        .init(
          block: block, from: identity.publicKey, datanet: membership.datanet, isGranted: true),
        isUrgent: false, at: now)
    }
  }

  private func stored(
    _ arrivals: [ChunkIntake.Arrival], _ outcomes: [WorkResult.Outcome], at now: Instant
  ) {
    grant(arrivals)
    for (arrival, outcome) in zip(arrivals, outcomes) {
      intake.bytes -= arrival.block.message.count
      let digest = arrival.block.cid.digest
      guard outcome == .sound else {
        intake.pending.remove(digest)
        if let membership = membership(arrival.datanet) {
          carryOut(
            membership.exchange.handle(
              outcome == .corrupt ? .corrupt(digest, from: arrival.from) : .unbuilt(digest),
              at: now), membership, at: now)
        }
        continue
      }
      intake.written.append(
        .init(digest: digest, datanet: arrival.datanet, byteCount: arrival.storedBytes))
      intake.writtenBytes += arrival.storedBytes
      intake.unsyncedBytes += arrival.storedBytes
      guard let membership = membership(arrival.datanet) else { continue }
      for plan in membership.contributions.plans
      where plan.asked.contains(where: { $0.digest == digest }) {
        addNode(arrival.block, plan, membership, at: now)
      }
    }
    if !intake.written.isEmpty, intake.syncDue == nil {
      intake.syncDue = now.advanced(byMilliseconds: intake.syncSpan)
    }
  }

  /// Lets senders go on, each told once.
  private func grant(_ arrivals: [ChunkIntake.Arrival]) {
    var rest = arrivals.filter { !$0.isGranted }[...]
    while let peer = rest.first?.from {
      let part = rest.prefix { $0.from == peer }
      rest = rest.dropFirst(part.count)
      let session = linkOf[peer]?.session
      for arrival in part { session?.consumed(arrival.block.message.count, on: .chunks) }
    }
  }

  private func synced(_ written: [ChunkIntake.Written], at now: Instant) {
    // A slow disk has other things to do meanwhile, and is asked less often.
    intake.syncSpan = min(
      max(NodeLimits.syncMilliseconds, 2 * now.milliseconds(since: intake.syncBegan)),
      NodeLimits.longestSyncMilliseconds)
    guard let places = intake.intake?.takeSynced() else { return }
    intake.entering.append((places, written))
  }

  /// Enters what is on the disk in the index, some at a time: everything else goes on in between.
  func enterChunks(at now: Instant) {
    guard var first = intake.entering.first else { return }
    let isLast = storing("enter blocks in the index") {
      try intake.intake?.enter(&first.places, atMost: NodeLimits.enteredAtOnce)
    }
    guard let isLast else {
      return lost([], [], "the index of blocks cannot be written", at: now)
    }
    guard isLast == true else {
      intake.entering[0].places = first.places
      return
    }
    intake.entering.removeFirst()
    acknowledge(first.blocks, at: now)
  }

  private func acknowledge(_ written: [ChunkIntake.Written], at now: Instant) {
    for block in written {
      let digest = block.digest
      intake.pending.remove(digest)
      intake.writtenBytes -= block.byteCount
      storedBytes += block.byteCount
      // Several Datanets may wait for the same chunk.
      for membership in memberships where membership.exchange.wants(digest) {
        carryOut(membership.exchange.handle(.stored(digest), at: now), membership, at: now)
      }
    }
    for membership in memberships {
      for plan in membership.contributions.plans where plan.isToSettle { settle(plan) }
    }
    if intake.isIdle, intake.waiting.isEmpty { intake.intake = nil }
    checkQuota(at: now)
  }

  /// The machine could not store blocks: they are asked for again once its trouble is gone.
  private func lost(
    _ arrivals: [ChunkIntake.Arrival], _ written: [ChunkIntake.Written], _ reason: String,
    at now: Instant
  ) {
    let unwritten = arrivals + intake.storing.flatMap(\.arrivals) + intake.waiting
    grant(unwritten)
    let gone = written + intake.written + intake.entering.flatMap(\.blocks)
    let all =
      unwritten.map { ($0.block.cid.digest, $0.datanet) } + gone.map { ($0.digest, $0.datanet) }
    intake = ChunkIntake()
    troubled(reason, at: now)
    for (digest, datanet) in all {
      guard let membership = membership(datanet) else { continue }
      carryOut(membership.exchange.handle(.lost(digest), at: now), membership, at: now)
    }
  }

  private func troubled(_ reason: String, at now: Instant) {
    trouble = reason
    troubleUntil = now.advanced(byMilliseconds: NodeLimits.troubleMilliseconds)
    report(.trouble(reason))
    checkQuota(at: now)
  }

  // MARK: Results

  func worked(_ token: WorkToken, _ result: WorkResult, at now: Instant) {
    if let work = claimWork, work.token == token { return checked(work, result, at: now) }
    if let index = intake.storing.firstIndex(where: { $0.token == token }) {
      let (_, arrivals) = intake.storing.remove(at: index)
      if case .stored(let outcomes) = result { return stored(arrivals, outcomes, at: now) }
      return lost(arrivals, [], Self.reason(result), at: now)
    }
    if let (expected, written) = intake.syncing, expected == token {
      intake.syncing = nil
      if case .synced = result { return synced(written, at: now) }
      return lost([], written, Self.reason(result), at: now)
    }
    if let link = links.first(where: { $0.reading == token }) { read(result, for: link) }
    if token == collecting { collected(result) }
  }

  private static func reason(_ result: WorkResult) -> String {
    if case .failed(let reason) = result { return reason }
    return "a piece of work gave another result than was asked"
  }
}
