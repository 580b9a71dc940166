// Runs and what is said about them, as the database has kept it. Specs/ClaimStore.md; the rules:
// Specs/Merge.md, "Runs".

public import Claims
public import Content
internal import Cryptography

extension ClaimStore {
  /// The runs of a Datanet by author and height, with all that follows about them.
  public func runs(of datanet: CID) throws -> [RunBook.Entry] {
    try reading { try runs(known(datanet)).runs }
  }

  /// One run, by its claim.
  public func run(_ claim: CID) throws -> RunBook.Entry? {
    try reading {
      guard claim.codec == .dagCBOR, let held = try held(claim.digest)?.claim,
        let net = try net(held.datanet), let signed = RunBook.Signed(held)
      else { return nil }
      return try runs([signed], net).runs.first
    }
  }

  /// What a milestone contains of one kind, each entry as it is now and with the standing that it
  /// had then, in the order of arrival here. Nil when it is no milestone that counts.
  public func entries(
    at milestone: CID, kind: EntryKind
  ) throws -> [(entry: DatanetState.Entry, standing: Standing)]? {
    try reading {
      guard let held = try held(milestone.digest)?.claim, let net = try net(held.datanet),
        let view = try view(held.digest, net, try milestones(net))
      else { return nil }
      return try entries(net, kind, nil).compactMap { entry in
        try view.standing(of: entry.facts, mentions: mentions(of: entry.id, net))
          .map { (entry, $0) }
      }
    }
  }

  // MARK: Inside one view

  func runs(_ net: NetRow) throws -> RunBook {
    let signed = try database.all(
      """
      SELECT claim.bytes FROM chain JOIN rule ON rule.chain = chain.id AND rule.kind = 'run'
      JOIN claim ON claim.seq = rule.seq WHERE chain.net = ?
      """, net.id
    ) { RunBook.Signed(try Claim(stored: $0.bytes(0))) }
    return try runs(signed.compactMap { $0 }, net)
  }

  private func runs(_ signed: [RunBook.Signed], _ net: NetRow) throws -> RunBook {
    if signed.isEmpty { return RunBook([]) }
    let roles = try roles(net)
    let order = try milestones(net)
    let retracted = try entries(net, .contribution, .retracted).map { entry in
      RetractedEntry(id: entry.id, facts: entry.facts, mentions: try mentions(of: entry.id, net))
    }
    return RunBook(
      try signed.map { run in
        RunBook.Entry(
          run, sayings: try sayings(about: run.claim, net), roles: roles,
          view: try view(run.run.milestone.digest, net, order), retracted: retracted)
      })
  }

  private func view(
    _ milestone: Digest, _ net: NetRow, _ order: MilestoneOrder
  ) throws -> MilestoneView? {
    guard order.extent(of: milestone) != nil else { return nil }
    let founder = net.genesis.author
    func acts(_ author: PublicKey) throws -> [RoleBook.Act] {
      try ["grant", "revoke"].flatMap { kind in
        try rules(net, kind, by: author).flatMap { RoleBook.Act.all(in: $0) }
      }
    }
    var all = try acts(founder)
    // Everyone who ever was made curator: who is none any more may have been one then.
    let curators = Set(
      all.compactMap { act in
        if case .grant(let grant) = act.change, grant.role == .curator {
          grant.subject
        } else {
          nil
        }
      })
    for curator in curators.sorted() where curator != founder { all += try acts(curator) }
    return MilestoneView(
      milestone, in: order, founder: founder, policy: net.policy, acts: all)
  }

  /// What claims say about a run: what they mention of it is in the index of mentions.
  private func sayings(about run: Digest, _ net: NetRow) throws -> [RunSaying] {
    let claims = try database.all(
      """
      SELECT DISTINCT claim.seq, claim.bytes FROM mention
      JOIN claim ON claim.seq = mention.seq JOIN chain ON chain.id = claim.chain
      WHERE mention.target = ? AND mention.item = 0 AND chain.net = ?
        AND mention.matter IN (0, \(Mention.Matter.verdictCode), \(Mention.Matter.sharesCode))
      """, run, net.id
    ) { try Claim(stored: $0.bytes(1)) }
    return claims.flatMap { RunSaying.all(in: $0) }.filter { $0.run == run }.map(\.saying)
  }
}
