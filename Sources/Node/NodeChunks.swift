// Chunks in both directions: checked, written, put on the disk, announced; read, sent
// (Specs/Node.md, "Storing", "Serving").

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
    let own = memberships.filter { $0.isJoined(peer) }
    guard
      let membership = own.first(where: { $0.exchange.isAsked(chunk.digest, of: peer) })
        ?? own.first(where: { $0.exchange.wants(chunk.digest) }) ?? own.first
    else { return session.consumed(message.count, on: .chunks) }
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
      intake.waiting.append(.init(block: block, from: peer, datanet: membership.datanet))
      intake.pending.insert(chunk.digest)
      intake.bytes += message.count
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

  /// Starts the next piece of writing or syncing; one of them is under way at a time.
  func storeChunks(at now: Instant) {
    guard intake.isAtRest, trouble == nil else { return }
    if !intake.waiting.isEmpty, intake.writtenBytes < NodeLimits.syncBytes {
      guard let appending = openIntake(at: now) else { return }
      var count = 0
      var bytes = 0
      while count < intake.waiting.count, count < NodeLimits.blocksAtOnce,
        bytes < NodeLimits.blockBytesAtOnce
      {
        bytes += intake.waiting[count].block.byteCount
        count += 1
      }
      let arrivals = Array(intake.waiting.prefix(count))
      intake.waiting.removeFirst(count)
      let token = nextToken()
      intake.storing = (token, arrivals)
      effects.append(.work(token, Work(kind: .store(appending, arrivals.map(\.block)))))
    } else if let due = intake.syncDue, let appending = intake.intake?.appending,
      now >= due || intake.writtenBytes >= NodeLimits.syncBytes || isAllWritten
    {
      let token = nextToken()
      intake.syncing = (token, intake.written)
      intake.written = []
      intake.syncDue = nil
      effects.append(.work(token, Work(kind: .sync(appending))))
    }
  }

  /// Everything that was asked for is here: nothing is gained by waiting for more.
  private var isAllWritten: Bool {
    intake.waiting.isEmpty
      && memberships.allSatisfy { $0.exchange.missing <= intake.written.count }
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
      intake.waiting.append(
        .init(block: block, from: identity.publicKey, datanet: membership.datanet))
      intake.pending.insert(digest)
    }
  }

  private func stored(
    _ arrivals: [ChunkIntake.Arrival], _ outcomes: [WorkResult.Outcome], at now: Instant
  ) {
    for (arrival, outcome) in zip(arrivals, outcomes) {
      intake.bytes -= arrival.block.message.count
      linkOf[arrival.from]?.session?.consumed(arrival.block.message.count, on: .chunks)
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
      guard let membership = membership(arrival.datanet) else { continue }
      for plan in membership.contributions.plans
      where plan.asked.contains(where: { $0.digest == digest }) {
        addNode(arrival.block, plan, membership, at: now)
      }
    }
    if !intake.written.isEmpty, intake.syncDue == nil {
      intake.syncDue = now.advanced(byMilliseconds: NodeLimits.syncMilliseconds)
    }
  }

  private func synced(_ written: [ChunkIntake.Written], at now: Instant) {
    guard storing("enter blocks in the index", { try intake.intake?.acknowledge() }) != nil else {
      return lost([], written, "the index of blocks cannot be written", at: now)
    }
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
    let unwritten = arrivals + intake.waiting
    for arrival in unwritten {
      linkOf[arrival.from]?.session?.consumed(arrival.block.message.count, on: .chunks)
    }
    let all =
      unwritten.map { ($0.block.cid.digest, $0.datanet) }
      + (written + intake.written).map { ($0.digest, $0.datanet) }
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

  // MARK: Out

  /// Reads what a peer wished, as far as its session has room.
  func fillChunks(_ link: PeerLink, at now: Instant) {
    guard let session = link.session, session.isOpen, let peer = link.peer else { return }
    while let next = link.readyChunks.first, sendChunk(next.block, next.datanet, on: link, at: now)
    { link.readyChunks.removeFirst() }
    guard link.reading == nil, link.readyChunks.isEmpty,
      session.waiting(on: .chunks) < NodeLimits.readBytes
    else { return }
    for membership in memberships where membership.isJoined(peer) {
      var locations: [BlockToRead] = []
      var absent: [Digest] = []
      storing("look for blocks") {
        try blocks.reading {
          var bytes = 0
          while locations.count < NodeLimits.readBlocks, bytes < NodeLimits.readBytes,
            let wish = membership.exchange.takeWish(of: peer)
          {
            let cid = CID(codec: .raw, digest: wish.digest)
            if membership.contributions.offers(wish.digest),
              let location = try blocks.location(of: cid),
              // Pieces that the block has not are the asker's fault, not the disk's.
              (wish.ranges?.last?.upperBound ?? 0) <= location.byteCount
            {
              locations.append(BlockToRead(location: location, ranges: wish.ranges))
              bytes += location.byteCount
            } else {
              absent.append(wish.digest)
            }
          }
        }
      }
      for digest in absent {
        carryOut(
          membership.exchange.handle(.served(digest, to: peer, byteCount: nil), at: now),
          membership, at: now)
      }
      guard !locations.isEmpty else { continue }
      let token = nextToken()
      link.reading = token
      link.readingFor = membership.datanet
      effects.append(.work(token, Work(kind: .read(locations, packs: link.form.isPacking))))
      return
    }
  }

  private func sendChunk(
    _ block: WorkResult.ReadBlock, _ datanet: CID, on link: PeerLink, at now: Instant
  ) -> Bool {
    guard let peer = link.peer, let session = link.session else { return true }
    guard let membership = membership(datanet) else { return true }
    let cid = block.block.location.cid
    if let reason = block.trouble {
      report(.trouble("block \(cid): \(reason)"))
      carryOut(
        membership.exchange.handle(.served(cid.digest, to: peer, byteCount: nil), at: now),
        membership, at: now)
      return true
    }
    let wasIdle = session.waiting(on: .chunks) == 0
    guard session.send(block.message, on: .chunks) else { return false }
    if block.wasToBePacked == link.form.isPacking {
      link.form.note(
        plain: block.byteCount, sent: block.message.count, wasIdle: wasIdle, at: now)
    }
    carryOut(
      membership.exchange.handle(
        .served(cid.digest, to: peer, byteCount: block.message.count), at: now),
      membership, at: now)
    return true
  }

  // MARK: Results

  func worked(_ token: WorkToken, _ result: WorkResult, at now: Instant) {
    if let work = claimWork, work.token == token { return checked(work, result, at: now) }
    if let (expected, arrivals) = intake.storing, expected == token {
      intake.storing = nil
      if case .stored(let outcomes) = result { return stored(arrivals, outcomes, at: now) }
      return lost(arrivals, [], Self.reason(result), at: now)
    }
    if let (expected, written) = intake.syncing, expected == token {
      intake.syncing = nil
      if case .synced = result { return synced(written, at: now) }
      return lost([], written, Self.reason(result), at: now)
    }
    if let link = links.first(where: { $0.reading == token }) {
      link.reading = nil
      guard case .read(let read) = result, let datanet = link.readingFor else { return }
      link.readyChunks += read.map { (datanet, $0) }
    }
    if token == collecting { collected(result) }
  }

  private static func reason(_ result: WorkResult) -> String {
    if case .failed(let reason) = result { return reason }
    return "a piece of work gave another result than was asked"
  }
}
