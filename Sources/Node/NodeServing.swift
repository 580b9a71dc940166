// Chunks that others wish: found, read, sent (Specs/Node.md, "Serving").

internal import Content
internal import Cryptography
internal import PeerProtocol
internal import Store

extension Node {
  /// Which chunks are here.
  func held(
    _ plan: ContributionPlan, _ chunks: ContributionChunks, isWhole: Bool
  ) throws -> PlaceSet {
    var held = PlaceSet(limit: chunks.digests.count, full: isWhole)
    try blocks.reading {
      plan.located = try blocks.located(chunks.digests.count) { plan.places[$0].map { Int($0) } }
      if isWhole { return }
      if let located = plan.located, try !blocks.hasBlocksInPlace {
        for place in chunks.digests.indices where located.isLocated(place) { held.insert(place) }
        return
      }
      for (place, digest) in chunks.digests.enumerated()
      where try plan.located?.isLocated(place) == true
        || blocks.has(CID(codec: .raw, digest: digest))
      {
        held.insert(place)
      }
    }
    return held
  }

  /// Reads what a peer wished, as far as its session has room.
  func fillChunks(_ link: PeerLink, at now: Instant) {
    guard let session = link.session, session.isOpen, let peer = link.peer else { return }
    while let next = link.readyChunks.first, sendChunk(next.block, next.datanet, on: link, at: now)
    { link.readyChunks.removeFirst() }
    guard link.reading == nil, link.readyChunks.isEmpty,
      session.waiting(on: .chunks) < NodeLimits.readBytes
    else { return }
    for membership in memberships
    where membership.isJoined(peer) && membership.exchange.hasWishes(peer) {
      let (found, absent) = takeWishes(of: peer, membership)
      for digest in absent {
        carryOut(
          membership.exchange.handle(.served(digest, to: peer, byteCount: nil), at: now),
          membership, at: now)
      }
      guard !found.isEmpty else { continue }
      link.readingFor = membership.datanet
      link.blocksRead = found
      link.readingVersion = try? blocks.dataVersion()
      startReading(link, checks: checksReads || link.readingVersion == nil)
      return
    }
  }

  private func startReading(_ link: PeerLink, checks: Bool) {
    let token = nextToken()
    link.reading = token
    effects.append(
      .work(
        token,
        Work(kind: .read(link.blocksRead, packs: link.form.isPacking, checks: checks))))
  }

  /// The next blocks that a peer wished and may have, and where they are.
  private func takeWishes(
    of peer: PublicKey, _ membership: Membership
  ) -> (found: [BlockToRead], absent: [Digest]) {
    var found: [BlockToRead] = []
    var absent: [Digest] = []
    storing("look for blocks") {
      let version = try blocks.dataVersion()
      try blocks.reading {
        var bytes = 0
        while found.count < NodeLimits.readBlocks, bytes < NodeLimits.readBytes,
          let wish = membership.exchange.takeWish(of: peer)
        {
          if let location = try offered(wish.digest, membership, version),
            // Pieces that the block has not are the asker's fault, not the disk's.
            (wish.ranges?.last?.upperBound ?? 0) <= location.byteCount
          {
            found.append(BlockToRead(location: location, ranges: wish.ranges))
            bytes += location.byteCount
          } else {
            absent.append(wish.digest)
          }
        }
      }
    }
    return (found, absent)
  }

  /// Where a block lies that belongs to a contribution in hand.
  private func offered(
    _ digest: Digest, _ membership: Membership, _ version: Int
  ) throws -> BlockLocation? {
    let cid = CID(codec: .raw, digest: digest)
    for plan in membership.contributions.plans {
      if let place = plan.places[digest] {
        if let located = plan.located, located.version == version,
          let location = located.location(of: cid, number: Int(place))
        {
          return location
        }
      } else if !plan.nodes.contains(digest) {
        continue
      }
      return try blocks.location(of: cid)
    }
    return nil
  }

  func read(_ result: WorkResult, for link: PeerLink) {
    link.reading = nil
    guard case .read(let read) = result, let datanet = link.readingFor else { return }
    // Somebody wrote to the index meanwhile: a collection may have moved what was not hashed.
    if read.contains(where: { !$0.isChecked }),
      (try? blocks.dataVersion()) != link.readingVersion
    {
      return startReading(link, checks: true)
    }
    link.readyChunks += read.map { (datanet, $0) }
    link.blocksRead = []
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
    // Blocks of manifests come before the chunks, with pauses that say nothing about the link.
    if block.wasToBePacked == link.form.isPacking, cid.codec == .raw {
      link.form.note(
        plain: block.byteCount, sent: block.message.count, wasIdle: wasIdle, at: now)
    }
    carryOut(
      membership.exchange.handle(
        .served(cid.digest, to: peer, byteCount: block.message.count), at: now),
      membership, at: now)
    return true
  }
}
