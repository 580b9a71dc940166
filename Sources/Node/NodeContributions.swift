// Which contributions are fetched and offered, and their way from a claim to the last chunk
// (Specs/Node.md, "Contributions").

internal import Claims
internal import Content
internal import Cryptography
internal import PeerProtocol
internal import Store

extension Node {
  // MARK: What counts

  /// Looks at what new claims say about contributions.
  func review(_ fresh: [Claim], _ membership: Membership, at now: Instant) {
    // A pinned run, what it needs, and who may contribute arrive in any order.
    var isLarge = pins(of: membership).contains { isRunOrUnknown($0) }
    for claim in fresh {
      let content = claim.content
      switch content {
      case .contribution(let items), .yardstick(let items), .base(let items):
        for (item, publication) in items.enumerated() {
          if publication.replaces != nil { isLarge = true }
          let id = EntryID(claim: claim.digest, item: item)
          let entry = storing("read an entry") { try claims.entry(id) } ?? nil
          guard let entry else { continue }
          note(entry, membership)
        }
      case .run(let run): note(run, claim, membership)
      case .verdict(let verdicts): note(verdicts, claim, membership)
      case .retraction, .review, .grant, .revoke: isLarge = true
      default: break
      }
    }
    if isLarge {
      // Reading all entries costs time that grows with them.
      let wait = UInt64(membership.contributions.uses.count / 50)
      let due = now.advanced(byMilliseconds: wait)
      membership.contributions.reviewDue = min(membership.contributions.reviewDue ?? due, due)
    }
    if let due = membership.contributions.reviewDue, due <= now {
      reviewContributions(membership, at: now)
    }
    advance(membership, at: now)
  }

  private func use(_ standing: Standing) -> ContributionBook.Use? {
    switch standing {
    case .live, .unapproved: .wanted
    case .replaced: .kept
    case .retracted, .unauthorised, .unlicensed, .rejected: nil
    }
  }

  private func isFetched(_ entry: DatanetState.Entry, _ membership: Membership) -> Bool {
    isFetched(entry.id.cid, membership)
  }

  private func isFetched(_ claim: CID, _ membership: Membership) -> Bool {
    switch membership.mode {
    case .all: true
    case .claims, .none: false
    case .pinned: pins(of: membership).contains { $0.claim == nil || $0.claim == claim }
    }
  }

  /// A run's evidence travels like a contribution, from those who may contribute.
  private func note(_ run: PublishedRun, _ claim: Claim, _ membership: Membership) {
    guard storing("read roles", { try holds([.contributor], claim, membership) }) == true else {
      return
    }
    want(run.manifests, isFetched: isFetched(claim.cid, membership), membership)
  }

  /// And so do fraud proofs, which whoever may contribute or verify has published.
  private func note(_ verdicts: [Verdict], _ claim: Claim, _ membership: Membership) {
    let proofs = verdicts.filter { $0.result == .refuted }.compactMap(\.proof)
    guard !proofs.isEmpty,
      storing("read roles", { try holds([.contributor, .verifier], claim, membership) }) == true
    else { return }
    want(proofs, isFetched: membership.mode == .all, membership)
  }

  private func holds(
    _ roles: [Role], _ claim: Claim, _ membership: Membership
  ) throws -> Bool {
    let book = try claims.roles(in: membership.datanet)
    return roles.contains { book.holds($0, claim.author, at: claim.height) }
  }

  private func want(_ manifests: [CID], isFetched: Bool, _ membership: Membership) {
    for manifest in manifests where manifest.codec == .dagCBOR {
      let old = membership.contributions.uses.updateValue(.wanted, forKey: manifest.digest)
      guard old != .wanted, isFetched,
        membership.contributions.plan(manifest.digest)?.isWanted != true,
        !membership.contributions.queue.contains(manifest)
      else { continue }
      membership.contributions.queue.append(manifest)
    }
  }

  private func note(_ entry: DatanetState.Entry, _ membership: Membership) {
    guard let use = use(entry.standing) else { return }
    let manifest = entry.publication.manifest
    guard manifest.codec == .dagCBOR else { return }
    noteAuthor(entry, membership)
    let old = membership.contributions.uses[manifest.digest]
    if old != .wanted { membership.contributions.uses[manifest.digest] = use }
    guard use == .wanted, isFetched(entry, membership), old != .wanted,
      membership.contributions.plan(manifest.digest)?.isWanted != true,
      !membership.contributions.queue.contains(manifest)
    else { return }
    membership.contributions.queue.append(manifest)
  }

  private func noteAuthor(_ entry: DatanetState.Entry, _ membership: Membership) {
    let manifest = entry.publication.manifest
    guard membership.mode != .claims,
      membership.contributions.author.updateValue(entry.author, forKey: manifest.digest) == nil
    else { return }
    var newest = membership.contributions.newest[entry.author] ?? []
    newest.append(manifest)
    if newest.count > ContributionBook.newestKept { newest.removeFirst() }
    membership.contributions.newest[entry.author] = newest
  }

  /// Looks at all entries: after settings, roles, retractions or reviews have changed.
  func reviewContributions(_ membership: Membership, at now: Instant) {
    membership.contributions.reviewDue = nil
    guard membership.isKnown,
      let entries = storing("read entries", { try claims.entries(of: membership.datanet) })
    else { return }
    let complete = storing("read what is complete") { try blocks.complete() } ?? []
    var uses: [Digest: ContributionBook.Use] = [:]
    var wanted: [CID] = []
    var listed: Set<Digest> = []
    let needs = needsOfPinnedRuns(membership)
    var pinnedWhole: Set<Digest> = []
    for entry in entries {
      let manifest = entry.publication.manifest
      guard let use = use(entry.standing), manifest.codec == .dagCBOR else { continue }
      noteAuthor(entry, membership)
      if uses[manifest.digest] != .wanted { uses[manifest.digest] = use }
      let isNeeded = needs.contains(entry.id)
      if isNeeded { pinnedWhole.insert(manifest.digest) }
      if isNeeded || use == .wanted && isFetched(entry, membership),
        listed.insert(manifest.digest).inserted
      {
        wanted.append(manifest)
      }
    }
    let runs = storing("read runs", { try claims.runs(of: membership.datanet) }) ?? []
    let roles = storing("read roles", { try claims.roles(in: membership.datanet) })
    for run in runs where !run.isWithdrawn {
      guard roles?.holds(.contributor, run.author, at: run.height) == true else { continue }
      for manifest in run.run.manifests where manifest.codec == .dagCBOR {
        uses[manifest.digest] = .wanted
        guard isFetched(run.cid, membership) else { continue }
        pinnedWhole.insert(manifest.digest)
        if listed.insert(manifest.digest).inserted { wanted.append(manifest) }
      }
      for proof in run.checks.proofs where proof.proof.codec == .dagCBOR {
        let mayProve = proof.accusers.contains { accuser in
          [Role.contributor, .verifier].contains {
            roles?.holds($0, accuser, at: Claim.maximumHeight - 1) == true
          }
        }
        guard mayProve else { continue }
        uses[proof.proof.digest] = .wanted
        if membership.mode == .all, listed.insert(proof.proof.digest).inserted {
          wanted.append(proof.proof)
        }
      }
    }
    membership.contributions.pinnedWhole = membership.mode == .pinned ? pinnedWhole : []
    let gone = membership.contributions.uses.keys.filter { uses[$0] == nil }.sorted()
    membership.contributions.uses = uses
    for digest in gone { drop(digest, membership, at: now) }
    for plan in membership.contributions.plans {
      let isWanted = listed.contains(plan.manifest.digest)
      if plan.isWanted, !isWanted { end(plan, membership, at: now) }
    }
    // What is known to be here wholly is looked at when somebody seeks it.
    membership.contributions.queue = wanted.filter { manifest in
      !complete.contains(manifest.digest)
        && membership.contributions.plan(manifest.digest)?.isWanted != true
        && !membership.contributions.broken.contains { $0.manifest == manifest }
    }
    // With pins other parts of what is in hand may be wanted.
    if membership.mode == .pinned {
      for plan in membership.contributions.plans where plan.isWanted && plan.chunks != nil {
        follow(plan, membership, at: now)
      }
    }
    advance(membership, at: now)
  }

  /// It was retracted, or rejected: nothing of it is offered, and its space is freed by and by.
  private func drop(_ contribution: Digest, _ membership: Membership, at now: Instant) {
    let manifest = CID(codec: .dagCBOR, digest: contribution)
    if let plan = membership.contributions.plan(contribution) { end(plan, membership, at: now) }
    report(.dropped(membership.datanet, manifest: manifest))
    guard storing("look for a block", { try blocks.has(manifest) }) == true else { return }
    collectDue = now.advanced(byMilliseconds: NodeLimits.collectMilliseconds)
  }

  private func end(_ plan: ContributionPlan, _ membership: Membership, at now: Instant) {
    membership.contributions.plans.removeAll { $0 === plan }
    carryOut(
      membership.exchange.handle(.forget(plan.manifest.digest), at: now), membership, at: now)
  }

  // MARK: Beginning

  /// Takes contributions in hand, a bounded number at a time.
  func advance(_ membership: Membership, at now: Instant) {
    var looked = 0
    while membership.contributions.fetching < NodeLimits.activeContributions,
      !membership.contributions.queue.isEmpty, looked < NodeLimits.lookedAtOnce
    {
      looked += 1
      let manifest = membership.contributions.queue.removeFirst()
      let plan =
        membership.contributions.plan(manifest.digest)
        ?? ContributionPlan(
          manifest, isWanted: true)
      plan.isWanted = true
      plan.isComplete = false
      if membership.contributions.plan(manifest.digest) == nil {
        membership.contributions.plans.append(plan)
      }
      if plan.chunks == nil {
        carryOut(membership.exchange.handle(.seek(manifest.digest), at: now), membership, at: now)
      }
      go(on: plan, membership, at: now)
    }
    membership.contributions.advanceDue =
      membership.contributions.queue.isEmpty
        || membership.contributions.fetching >= NodeLimits.activeContributions
      ? nil : now.advanced(byMilliseconds: 1)
  }

  /// A peer seeks a contribution: what is here of it is offered.
  func sought(_ contribution: Digest, _ membership: Membership, at now: Instant) {
    guard membership.contributions.uses[contribution] != nil,
      membership.contributions.plan(contribution) == nil,
      membership.contributions.plans.count < NodeLimits.contributionsInHand
    else { return }
    let manifest = CID(codec: .dagCBOR, digest: contribution)
    guard storing("look for a block", { try blocks.has(manifest) }) == true else { return }
    let plan = ContributionPlan(manifest, isWanted: false)
    membership.contributions.plans.append(plan)
    go(on: plan, membership, at: now)
  }

  private func source(_ plan: ContributionPlan) -> (CID) -> [UInt8]? {
    { cid in plan.block(cid) ?? self.storing("read a block") { try self.blocks.get(cid) } ?? nil }
  }

  private func go(on plan: ContributionPlan, _ membership: Membership, at now: Instant) {
    if plan.nodes.isEmpty, !plan.descend(from: plan.manifest, source(plan)) {
      return fail(plan, "its manifest is not one", membership, at: now)
    }
    askNodes(plan, membership, at: now)
  }

  private func askNodes(_ plan: ContributionPlan, _ membership: Membership, at now: Instant) {
    let contribution = plan.manifest.digest
    if plan.isManifestWhole {
      return follow(plan, membership, at: now)
    }
    if !plan.nodes.isEmpty {
      carryOut(membership.exchange.handle(.knows(contribution), at: now), membership, at: now)
    }
    // What is only offered is offered as it is.
    guard plan.isWanted else {
      plan.isComplete = true
      return
    }
    while plan.asked.count < NodeLimits.needsAtOnce, let cid = plan.waiting.popLast() {
      plan.asked.append(cid)
      carryOut(
        membership.exchange.handle(
          .need(cid.digest, byteCount: NodeLimits.nodeBytes, of: contribution), at: now),
        membership, at: now)
    }
  }

  /// A block of a manifest came, is what it should be, and is written.
  func addNode(
    _ block: ArrivedBlock, _ plan: ContributionPlan, _ membership: Membership, at now: Instant
  ) {
    guard let cid = plan.asked.first(where: { $0.digest == block.cid.digest }) else { return }
    carryOut(membership.exchange.handle(.stored(cid.digest), at: now), membership, at: now)
    guard let bytes = block.plain, plan.add(bytes, as: cid, source(plan)) else {
      return fail(plan, "a block of its manifest is not one", membership, at: now)
    }
    askNodes(plan, membership, at: now)
  }

  private func fail(
    _ plan: ContributionPlan, _ reason: String, _ membership: Membership, at now: Instant
  ) {
    if membership.contributions.broken.count < ContributionBook.brokenKept {
      membership.contributions.broken.append((plan.manifest, reason))
    }
    report(.trouble("contribution \(plan.manifest): \(reason)"))
    end(plan, membership, at: now)
    membership.contributions.advanceDue = now
  }

  // MARK: Chunks

  /// The manifest is whole: its chunks are fetched and offered.
  private func follow(_ plan: ContributionPlan, _ membership: Membership, at now: Instant) {
    do {
      let read: BlockSource = { cid in
        if let bytes = plan.block(cid) { return bytes }
        return try self.blocks.block(cid)
      }
      let manifest: Manifest?
      if plan.chunks == nil {
        manifest = try plan.list(read)
      } else {
        let root = try read(plan.manifest)
        manifest =
          ProofChunks(root) == nil
          ? try Manifest(decoding: Block(trusted: plan.manifest, bytes: root)) : nil
      }
      guard let chunks = plan.chunks else { return }
      let isWhole = try blocks.isComplete(plan.manifest)
      let held = try held(plan, chunks, isWhole: isWhole)
      let wanted =
        try manifest.map { try wantedPlaces(plan, $0, chunks, read, membership) }
        ?? PlaceSet(limit: chunks.digests.count, full: plan.isWanted)
      if plan.isWanted, held.count < chunks.digests.count {
        report(
          .fetching(
            membership.datanet, manifest: plan.manifest, chunks: chunks.digests.count - held.count,
            bytes: chunks.byteCounts.reduce(0) { $0 + Int($1) }))
      }
      plan.isComplete = !plan.isWanted
      plan.wantsAll = wanted.count == chunks.digests.count
      let pieces =
        try manifest.map { try patch(plan, $0, read, held, wanted, membership) } ?? [:]
      carryOut(
        membership.exchange.handle(
          .follow(chunks, held: held, wanted: wanted, pieces: pieces), at: now),
        membership, at: now)
      rebuild(plan, membership, at: now)
    } catch {
      fail(plan, "\(error)", membership, at: now)
    }
  }

  /// Everything wanted of a contribution is here.
  func completed(_ contribution: Digest, _ membership: Membership, at now: Instant) {
    guard let plan = membership.contributions.plan(contribution), plan.isWanted else { return }
    let wasComplete = plan.isComplete
    plan.isComplete = true
    plan.isToSettle = true
    settle(plan)
    if !wasComplete {
      report(.complete(membership.datanet, manifest: plan.manifest))
    }
    membership.contributions.advanceDue = now
    lookAtStandstill(membership)
  }

  /// Once the index has the whole manifest too, its bytes are let go, and when nothing of it was left
  /// out, the next start need not look for its blocks.
  func settle(_ plan: ContributionPlan) {
    guard plan.isToSettle, plan.nodes.isDisjoint(with: intake.pending) else { return }
    plan.isToSettle = false
    plan.releaseBytes()
    guard plan.wantsAll else { return }
    storing("note what is complete") { try blocks.noteComplete(plan.manifest) }
  }

  /// Lets go of what is complete and sought by nobody; goes on with what waits.
  func tickContributions(_ membership: Membership, at now: Instant) {
    if let due = membership.contributions.reviewDue, now >= due {
      reviewContributions(membership, at: now)
    }
    if let due = membership.contributions.advanceDue, now >= due {
      advance(membership, at: now)
      lookAtStandstill(membership)
    }
    if membership.contributions.plans.count > NodeLimits.activeContributions {
      for plan in membership.contributions.plans
      where plan.isComplete && !membership.exchange.isSought(plan.manifest.digest) {
        end(plan, membership, at: now)
      }
    }
  }

  /// Another process may have added blocks that are wanted, or offered.
  func blocksChanged(at now: Instant) {
    guard let version = storing("look at the index of blocks", { try blocks.dataVersion() }),
      version != blocksVersion
    else { return }
    blocksVersion = version
    refreshStoredBytes()
    for membership in memberships {
      let missing = membership.exchange.missingDigests
      let here = storing("look for blocks") {
        try blocks.reading {
          try missing.filter {
            try !intake.pending.contains($0) && blocks.has(CID(codec: .raw, digest: $0))
          }
        }
      }
      for digest in here ?? [] {
        carryOut(membership.exchange.handle(.stored(digest), at: now), membership, at: now)
      }
      // Manifests may be here now, too.
      for plan in membership.contributions.plans where plan.chunks == nil {
        for cid in plan.asked where storing("look for a block", { try blocks.has(cid) }) == true {
          carryOut(membership.exchange.handle(.stored(cid.digest), at: now), membership, at: now)
          guard plan.descend(from: cid, source(plan)) else {
            fail(plan, "a block of its manifest is not one", membership, at: now)
            break
          }
        }
        if plan.isManifestWhole { askNodes(plan, membership, at: now) }
      }
    }
  }
}
