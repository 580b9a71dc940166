// The state of a Datanet as the database has kept it. Specs/ClaimStore.md.

public import Claims
public import Content
public import Cryptography

extension ClaimStore {
  /// What `status` shows.
  public struct Status: Sendable {
    public let genesis: Claim
    public let policy: Genesis
    public let totals: DatanetState.Totals
    /// Authors of whom something counts.
    public let authors: Int
    /// Authors who told two stories.
    public let forks: Int
    /// Claims that wait for a predecessor.
    public let waiting: Int
    public let digest: Digest
  }

  public func status(of datanet: CID) throws -> Status {
    try reading {
      let net = try known(datanet)
      let frontier = try frontier(net)
      let waiting = try database.integer(
        "SELECT sum(waiting) FROM chain WHERE net = ?", net.id)
      return Status(
        genesis: net.genesis, policy: net.policy, totals: net.totals,
        authors: frontier.entries.count { $0.count > 0 },
        forks: frontier.entries.count { $0.fork != nil }, waiting: waiting ?? 0,
        digest: frontier.digest)
    }
  }

  public func frontier(of datanet: CID) throws -> Frontier {
    try reading { try frontier(known(datanet)) }
  }

  /// What is known of one author's chain; nil when that is nothing.
  public func entry(of author: PublicKey, in datanet: CID) throws -> Frontier.Entry? {
    try reading {
      guard let row = try chain(ChainKey(net: known(datanet).id, author: author)) else {
        return nil
      }
      return Frontier.Entry(author: author, count: row.count, head: row.head, fork: row.fork)
    }
  }

  public func roles(in datanet: CID) throws -> RoleBook {
    try reading { try roles(known(datanet)) }
  }

  public func notes(of datanet: CID) throws -> NoteBook {
    try reading { try notes(known(datanet)) }
  }

  public func milestones(of datanet: CID) throws -> MilestoneOrder {
    try reading { try milestones(known(datanet)) }
  }

  /// The entries of a Datanet in the order of their arrival; of one standing, or all.
  public func entries(
    of datanet: CID, kind: EntryKind? = nil, standing: Standing? = nil
  ) throws -> [DatanetState.Entry] {
    try reading { try entries(known(datanet), kind, standing) }
  }

  public func entry(_ id: EntryID) throws -> DatanetState.Entry? {
    try reading {
      guard let (seq, claim) = try held(id.claim), let net = try net(claim.datanet) else {
        return nil
      }
      let standing = try database.integer(
        "SELECT standing FROM entry WHERE id = ?", seq * ClaimSchema.itemsPerClaim + id.item)
      guard let standing = standing.flatMap({ Standing(rawValue: $0) }) else { return nil }
      return try entry(claim, id.item, standing, net)
    }
  }

  /// Everything at once, as the pure merge gives it: for small Datanets and for tests.
  public func state(of datanet: CID) throws -> DatanetState {
    try reading {
      let net = try known(datanet)
      return DatanetState(
        genesis: net.genesis, policy: net.policy, frontier: try frontier(net),
        roles: try roles(net),
        entries: try entries(net, nil, nil).sorted {
          ($0.author, $0.height, $0.id.item) < ($1.author, $1.height, $1.id.item)
        }, notes: try notes(net), milestones: try milestones(net),
        runs: try runs(net), totals: net.totals)
    }
  }

  // MARK: Inside one view

  func known(_ datanet: CID) throws -> NetRow {
    guard let net = try net(datanet) else { throw ClaimStoreError.unknownDatanet(datanet) }
    return net
  }

  private func frontier(_ net: NetRow) throws -> Frontier {
    let rows = try database.all(
      "SELECT \(Self.chainColumns) FROM chain WHERE net = ? ORDER BY author", net.id,
      body: Self.chainRow)
    return Frontier(
      datanet: net.genesis.cid,
      entries: rows.compactMap { $0 }.map { row in
        Frontier.Entry(author: row.author, count: row.count, head: row.head, fork: row.fork)
      })
  }

  private func notes(_ net: NetRow) throws -> NoteBook {
    let roles = try roles(net)
    let notes = try rules(net, "note").compactMap { claim -> NoteBook.Signed? in
      guard case .note(let note) = claim.content,
        roles.holds(.curator, claim.author, at: claim.height)
      else { return nil }
      return NoteBook.Signed(
        author: claim.author, height: claim.height, claim: claim.digest, note: note)
    }
    return NoteBook(founder: net.genesis.author, notes: notes)
  }

  func milestones(_ net: NetRow) throws -> MilestoneOrder {
    let roles = try roles(net)
    let signed = try rules(net, "milestone").compactMap { claim -> MilestoneOrder.Signed? in
      guard case .milestone(let milestone) = claim.content else { return nil }
      return MilestoneOrder.Signed(
        author: claim.author, height: claim.height, claim: claim.digest, milestone: milestone,
        counts: roles.holds(.curator, claim.author, at: claim.height))
    }
    var failure: (any Error)?
    let order = MilestoneOrder(
      signed,
      stands: { author, height, head in
        do { return try stands(net, author, height, head) } catch {
          failure = error
          return false
        }
      })
    if let failure { throw failure }
    return order
  }

  /// Whether an author's claim at a height counts and has this digest.
  private func stands(
    _ net: NetRow, _ author: PublicKey, _ height: Int, _ head: Digest
  ) throws -> Bool {
    guard let chain = try chain(ChainKey(net: net.id, author: author)), height < chain.count
    else { return false }
    if height == chain.count - 1 { return chain.head == head }
    // The claim above names it: no need to hash.
    return try claim(chain.id, height + 1)?.previous == head
  }

  func entries(
    _ net: NetRow, _ kind: EntryKind?, _ standing: Standing?
  ) throws -> [DatanetState.Entry] {
    try database.all(
      """
      SELECT entry.id, entry.standing, claim.bytes FROM entry
      JOIN claim ON claim.seq = entry.id / \(ClaimSchema.itemsPerClaim)
      JOIN chain ON chain.id = claim.chain
      WHERE chain.net = ? AND (? IS NULL OR entry.kind = ?) AND (? IS NULL OR entry.standing = ?)
      ORDER BY entry.id
      """, net.id, kind?.rawValue, kind?.rawValue, standing?.rawValue, standing?.rawValue
    ) { row in
      guard let standing = Standing(rawValue: row.integer(1)) else { return nil }
      return try entry(
        Claim(stored: row.bytes(2)), row.integer(0) % ClaimSchema.itemsPerClaim, standing, net)
    }.compactMap { $0 }
  }

  private func entry(
    _ claim: Claim, _ item: Int, _ standing: Standing, _ net: NetRow
  ) throws -> DatanetState.Entry? {
    let content = claim.content
    let id = EntryID(claim: claim.digest, item: item)
    guard let facts = EntryFacts(claim, item: item) else { return nil }
    let mentions = net.mentions == 0 ? [] : try mentions(of: id, net)
    let tally = facts.standing(
      mentions: mentions, roles: try roles(net), policy: net.policy
    ).tally
    return DatanetState.Entry(
      id: id, kind: facts.kind, author: claim.author, height: claim.height,
      timeMilliseconds: claim.timeMilliseconds, publication: content.publications[item],
      standing: standing, tally: tally)
  }
}

// MARK: For new claims

extension ClaimStore {
  /// What a new milestone by `author` has to say: how far every other author's chain reaches beyond
  /// the author's earlier milestones, as far as those stand.
  public func newReaches(by author: PublicKey, in datanet: CID) throws -> [Milestone.Reach] {
    try reading {
      let net = try known(datanet)
      var reached: [PublicKey: Int] = [:]
      for claim in try rules(net, "milestone", by: author) {
        guard case .milestone(let milestone) = claim.content else { continue }
        for reach in milestone.reaches
        where try reach.count > reached[reach.author] ?? 0
          && stands(net, reach.author, reach.count - 1, reach.head)
        {
          reached[reach.author] = reach.count
        }
      }
      return try frontier(net).entries.compactMap { entry in
        guard entry.author != author, let head = entry.head,
          entry.count > reached[entry.author] ?? 0
        else { return nil }
        return Milestone.Reach(author: entry.author, count: entry.count, head: head)
      }
    }
  }

  /// The revocations of a role by founder and curators, which a grant may lift.
  public func revocations(
    of role: Role, from subject: PublicKey, in datanet: CID
  ) throws -> [CID] {
    try reading {
      try rules(known(datanet), "revoke").filter { claim in
        guard case .revoke(let items) = claim.content else { return false }
        return items.contains { $0.subject == subject && $0.role == role }
      }.map(\.cid).sorted()
    }
  }
}
