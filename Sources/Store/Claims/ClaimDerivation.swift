// What follows from the claims of one transaction: entries and their standing, sums, roles.
// Specs/ClaimStore.md; the rule for one entry is `EntryFacts.standing` of the pure merge.

internal import Claims
internal import Content
internal import Cryptography

extension ClaimMerger {
  /// Notes what a claim that counts now brings and says.
  func derive(_ claim: Claim, _ seq: Int, _ key: ChainKey, _ net: NetRow) throws {
    let content = claim.content
    if let kind = EntryKind(content) {
      for (item, publication) in content.publications.enumerated() {
        newEntries.append(
          NewEntry(
            id: seq * ClaimSchema.itemsPerClaim + item, chain: key,
            entry: EntryID(claim: claim.digest, item: item),
            facts: EntryFacts(
              kind: kind, author: claim.author, height: claim.height,
              license: publication.license),
            records: publication.records, bytes: publication.bytes))
      }
    }
    if Self.ruleKinds.contains(claim.kind) {
      try noteRule(claim, net)
      try database.run(
        "INSERT INTO rule (chain, kind, seq) VALUES (?, ?, ?)", try store.chain(key)?.id,
        claim.kind,
        seq)
    }
    let mentions = Mention.all(in: claim, content)
    guard !mentions.isEmpty else { return }
    let insert = try database.statement(
      "INSERT INTO mention (target, item, seq, place, matter) VALUES (?, ?, ?, ?, ?)")
    for (target, mention) in mentions {
      try insert.bind(1, target.claim)
      try insert.bind(2, target.item)
      try insert.bind(3, seq)
      try insert.bind(4, mention.item)
      try insert.bind(5, mention.matter.code)
      try insert.run()
      doubtful[net.id, default: []].insert(target)
    }
    var net = net
    net.mentions += mentions.count
    change(net)
  }

  /// Takes back what a claim that no longer counts brought and said.
  func underive(_ claim: Claim, _ seq: Int, _ key: ChainKey) throws {
    guard var net = try changedNets[key.net] ?? net(claim.datanet) else { return }
    let first = seq * ClaimSchema.itemsPerClaim
    for (item, _) in claim.content.publications.enumerated() {
      guard let row = try entryRow(first + item) else { continue }
      if row.counts { count(-1, row, key, &net) }
      try database.run("DELETE FROM entry WHERE id = ?", first + item)
    }
    for (target, mention) in Mention.all(in: claim) {
      net.mentions -= try database.run(
        "DELETE FROM mention WHERE target = ? AND item = ? AND seq = ? AND place = ?",
        target.claim, target.item, seq, mention.item)
      doubtful[net.id, default: []].insert(target)
    }
    if Self.ruleKinds.contains(claim.kind) {
      try noteRule(claim, net)
      try database.run(
        "DELETE FROM rule WHERE chain = ? AND kind = ? AND seq = ?", try store.chain(key)?.id,
        claim.kind, seq)
    }
    change(net)
  }

  /// The roles are to be read anew when founder or curators give or take some. They are read as
  /// they were, first, to see afterwards whose have changed.
  private func noteRule(_ claim: Claim, _ net: NetRow) throws {
    guard claim.kind == "grant" || claim.kind == "revoke" else { return }
    if try store.roles(net).curators.contains(claim.author) { changedRules.insert(net.id) }
  }

  /// Judges everything that has become doubtful in this transaction.
  func settle() throws {
    for id in changedRules.sorted() { try settleRules(id) }
    changedRules = []
    let insert = try database.statement(
      "INSERT INTO entry (id, kind, standing, records, bytes) VALUES (?, ?, ?, ?, ?)")
    for new in newEntries {
      guard var net = changedNets[new.chain.net] else { continue }
      let standing = try standing(new.entry, new.facts, net)
      try insert.bind(1, new.id)
      try insert.bind(2, new.facts.kind.rawValue)
      try insert.bind(3, standing.rawValue)
      try insert.bind(4, new.records)
      try insert.bind(5, new.bytes)
      try insert.run()
      if standing == .live, new.facts.kind == .contribution {
        count(
          1,
          EntryRow(kind: .contribution, standing: .live, records: new.records, bytes: new.bytes),
          new.chain, &net)
        change(net)
      }
    }
    newEntries = []
    let targets = doubtful
    doubtful = [:]
    for (id, entries) in targets {
      for entry in entries { try judgeAgain(entry, id) }
    }
  }

  /// Reads the roles anew; whoever's have changed is looked at again, and a curator's opinions too.
  private func settleRules(_ id: Int) throws {
    guard let net = try knownNet(id) else { return }
    let old = store.books[id]?.holdings ?? []
    store.books[id] = nil
    let holders = Set(try store.roles(net).holdings).symmetricDifference(Set(old))
    for author in Set(holders.map(\.author)) {
      let mentions = holders.contains { $0.author == author && $0.role == .curator }
      try doubt(author, net, mentions: mentions)
    }
  }

  private func knownNet(_ id: Int) throws -> NetRow? {
    if let changed = changedNets[id] { return changed }
    let genesis = try database.first("SELECT genesis FROM net WHERE id = ?", id) { $0.digest(0) }
    guard let digest = genesis ?? nil else { return nil }
    return try net(CID(codec: .dagCBOR, digest: digest))
  }

  /// Every entry of an author is doubtful, and with `mentions` every entry they speak of.
  private func doubt(_ author: PublicKey, _ net: NetRow, mentions: Bool) throws {
    guard let chain = try store.chain(ChainKey(net: net.id, author: author)) else { return }
    try database.rows("SELECT bytes FROM claim WHERE chain = ?", chain.id) { row in
      let claim = try Claim(stored: row.bytes(0))
      let content = claim.content
      for item in content.publications.indices {
        doubtful[net.id, default: []].insert(EntryID(claim: claim.digest, item: item))
      }
      guard mentions else { return }
      for (target, _) in Mention.all(in: claim, content) {
        doubtful[net.id, default: []].insert(target)
      }
    }
  }

  // MARK: One entry

  struct EntryRow {
    let kind: EntryKind
    let standing: Standing
    let records: Int
    let bytes: Int

    var counts: Bool { kind == .contribution && standing == .live }
  }

  private func entryRow(_ id: Int) throws -> EntryRow? {
    try database.first(
      "SELECT kind, standing, records, bytes FROM entry WHERE id = ?", id
    ) { row -> EntryRow? in
      guard let kind = EntryKind(rawValue: row.integer(0)),
        let standing = Standing(rawValue: row.integer(1))
      else { return nil }
      return EntryRow(
        kind: kind, standing: standing, records: row.integer(2), bytes: row.integer(3))
    } ?? nil
  }

  /// Adds an entry's part to the sums, or with −1 takes it away.
  private func count(_ sign: Int, _ row: EntryRow, _ key: ChainKey, _ net: inout NetRow) {
    net.totals.contributions += sign
    net.totals.records &+= sign * row.records
    net.totals.bytes &+= sign * row.bytes
    guard var chain = store.chains[key] else { return }
    if chain.live == 0, sign > 0 { net.totals.contributors += 1 }
    chain.live += sign
    if chain.live == 0, sign < 0 { net.totals.contributors -= 1 }
    change(chain, key)
  }

  private func standing(_ entry: EntryID, _ facts: EntryFacts, _ net: NetRow) throws -> Standing {
    let mentions = net.mentions == 0 ? [] : try store.mentions(of: entry, net)
    return facts.standing(mentions: mentions, roles: try store.roles(net), policy: net.policy)
      .standing
  }

  private func judgeAgain(_ entry: EntryID, _ id: Int) throws {
    guard var net = try knownNet(id), let held = try store.held(entry.claim),
      held.claim.datanet == net.genesis.cid, let facts = EntryFacts(held.claim, item: entry.item)
    else { return }
    let key = ChainKey(net: id, author: held.claim.author)
    _ = try store.chain(key)
    let place = held.seq * ClaimSchema.itemsPerClaim + entry.item
    guard let row = try entryRow(place) else { return }
    let standing = try standing(entry, facts, net)
    guard standing != row.standing else { return }
    if row.counts { count(-1, row, key, &net) }
    let changed = EntryRow(
      kind: row.kind, standing: standing, records: row.records, bytes: row.bytes)
    if changed.counts { count(1, changed, key, &net) }
    change(net)
    try database.run("UPDATE entry SET standing = ? WHERE id = ?", standing.rawValue, place)
  }
}
