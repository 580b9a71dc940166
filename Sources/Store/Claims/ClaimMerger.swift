// One transaction's work on claims: chains first, then what follows. The rules are those of the
// pure merge, called from here (Specs/Merge.md); tests hold both to one state.

internal import Claims
internal import Content
internal import Cryptography

/// Lives for one transaction.
final class ClaimMerger {
  let store: ClaimStore
  let database: Database
  private let insertClaim: Statement
  private var next: Int

  /// Chains changed in this transaction, to be written at its end.
  private var changedChains: Set<ChainKey> = []
  /// Datanets changed in this transaction, by id.
  var changedNets: [Int: NetRow] = [:]
  /// Entries to be written, and entries to be judged again, at the end.
  var newEntries: [NewEntry] = []
  var doubtful: [Int: Set<EntryID>] = [:]
  /// Datanets whose grants or revocations have changed.
  var changedRules: Set<Int> = []

  /// Kinds that the merge reads whole.
  static let ruleKinds: Set<String> = ["grant", "revoke", "note", "milestone", "run"]

  init(_ store: ClaimStore) throws {
    self.store = store
    database = store.database
    insertClaim = try database.statement(
      "INSERT INTO claim (seq, chain, height, mark, bytes) VALUES (?, ?, ?, ?, ?)")
    next = try database.integer("SELECT next FROM claim_sequence") ?? 1
  }

  var lastSequence: Int { next - 1 }

  func takeSequence() -> Int {
    defer { next += 1 }
    return next
  }

  // MARK: Rows, changed here and written at the end

  func net(_ datanet: CID) throws -> NetRow? {
    guard let row = try store.net(datanet) else { return nil }
    return changedNets[row.id] ?? row
  }

  func change(_ net: NetRow) {
    changedNets[net.id] = net
    store.nets[net.genesis.cid] = net
  }

  func change(_ chain: ChainRow, _ key: ChainKey) {
    store.chains[key] = chain
    changedChains.insert(key)
  }

  private func chainOrNew(_ key: ChainKey) throws -> ChainRow {
    if let known = try store.chain(key) { return known }
    try database.run(
      "INSERT INTO chain (net, author, count) VALUES (?, ?, 0)", key.net, key.author.bytes)
    return ChainRow(
      id: database.lastInsertedRow, author: key.author, count: 0, head: nil, fork: nil,
      waiting: 0, live: 0, newest: 0)
  }

  // MARK: Claims

  func join(_ genesis: Claim) throws {
    guard genesis.isGenesis, case .genesis(let policy) = genesis.content else {
      throw ClaimStoreError.notGenesis(genesis.cid)
    }
    if try store.net(genesis.cid) != nil { return }
    try database.run(
      "INSERT INTO net (genesis, genesis_bytes) VALUES (?, ?)", genesis.digest, genesis.bytes)
    change(
      NetRow(
        id: database.lastInsertedRow, origin: NetOrigin(genesis, policy),
        totals: DatanetState.Totals(), mentions: 0))
    _ = try insert(genesis)
  }

  func insert(_ claim: Claim) throws -> Ledger.Insertion {
    guard let net = try net(claim.datanet) else { return .foreign }
    let key = ChainKey(net: net.id, author: claim.author)
    let chain = try chainOrNew(key)
    // The usual case needs no look at other claims: nothing waits and it continues the head.
    if chain.fork == nil, chain.waiting == 0, claim.height == chain.count,
      claim.previous == chain.head
    {
      try append(claim, key, chain, net)
      return .counted(1)
    }
    return try judge(claim, key, chain, net)
  }

  private func append(
    _ claim: Claim, _ key: ChainKey, _ chain: ChainRow, _ net: NetRow
  ) throws {
    var (chain, net) = (chain, net)
    let seq = takeSequence()
    try insertClaim.bind(1, seq)
    try insertClaim.bind(2, chain.id)
    try insertClaim.bind(3, claim.height)
    try insertClaim.bind(4, claim.digest.mark)
    try insertClaim.bind(5, claim.bytes)
    try insertClaim.run()
    chain.count += 1
    chain.head = claim.digest
    chain.newest = seq
    change(chain, key)
    net.totals.claims += 1
    net.totals.claimBytes += claim.bytes.count
    change(net)
    try derive(claim, seq, key, net)
  }

  /// The unusual cases, by the rule that memory and database share.
  private func judge(
    _ claim: Claim, _ key: ChainKey, _ chain: ChainRow, _ net: NetRow
  ) throws -> Ledger.Insertion {
    if try isHeldBesides(claim, chain) { return .duplicate }
    let rule = ChainRule(
      count: chain.count, fork: chain.fork, isFounder: claim.author == net.genesis.author)
    switch try rule.step(claim, witness: { try self.witness(chain, $0) }) {
    case .append:
      try append(claim, key, chain, net)
      return .counted(1 + (try release(key)))
    case .duplicate: return .duplicate
    case .wait: return try wait(claim, key, chain)
    case .fork(let proof, let height):
      try cut(key, at: height, proof)
      return .forked
    case .beyondFork: return .beyondFork
    }
  }

  /// Whether the claim waits already or is part of the chain's proof.
  private func isHeldBesides(_ claim: Claim, _ chain: ChainRow) throws -> Bool {
    if chain.waiting > 0 {
      let waits = try database.integer(
        "SELECT 1 FROM waiting WHERE chain = ? AND height = ? AND digest = ?", chain.id,
        claim.height, claim.digest)
      if waits != nil { return true }
    }
    guard chain.fork != nil, let proof = try store.proof(chain.id) else { return false }
    return proof.first == claim || proof.second == claim
  }

  /// A held claim that says what stands at `height`.
  private func witness(_ chain: ChainRow, _ height: Int) throws -> Claim? {
    if height < chain.count { return try store.claim(chain.id, height) }
    if chain.waiting > 0 {
      let waiting = try database.first(
        "SELECT bytes FROM waiting WHERE chain = ? AND height BETWEEN ? AND ? ORDER BY height",
        chain.id, height, height + 1
      ) { try Claim(stored: $0.bytes(0)) }
      if let waiting { return waiting }
    }
    guard chain.fork != nil, let proof = try store.proof(chain.id) else { return nil }
    let both = [proof.first, proof.second]
    return both.first { $0.height == height } ?? both.first { $0.height == height + 1 }
  }

  private func wait(
    _ claim: Claim, _ key: ChainKey, _ chain: ChainRow
  ) throws -> Ledger.Insertion {
    var chain = chain
    let all = try database.integer("SELECT count(*) FROM waiting") ?? 0
    guard chain.waiting < ClaimStore.mostWaitingOfOne, all < ClaimStore.mostWaiting,
      claim.bytes.count <= ClaimStore.largestWaiting
    else { return .refused }
    try database.run(
      "INSERT INTO waiting (chain, height, digest, bytes) VALUES (?, ?, ?, ?)", chain.id,
      claim.height, claim.digest, claim.bytes)
    chain.waiting += 1
    change(chain, key)
    return .waiting
  }

  /// Moves waiting claims that continue the chain behind it, and says how many.
  private func release(_ key: ChainKey) throws -> Int {
    var released = 0
    while var chain = store.chains[key], chain.waiting > 0, chain.count < chain.fork ?? .max {
      let found = try database.first(
        "SELECT id, bytes FROM waiting WHERE chain = ? AND height = ?", chain.id, chain.count
      ) { (id: $0.integer(0), claim: try Claim(stored: $0.bytes(1))) }
      guard let found, let net = try net(found.claim.datanet) else { break }
      try database.run("DELETE FROM waiting WHERE id = ?", found.id)
      chain.waiting -= 1
      try append(found.claim, key, chain, net)
      released += 1
    }
    return released
  }

  /// The author told two stories: nothing counts from `height` on.
  private func cut(_ key: ChainKey, at height: Int, _ proof: ForkProof) throws {
    // What came in this transaction is written first, so that it can be taken back.
    try settle()
    guard var chain = try store.chain(key) else { return }
    let gone = try database.all(
      "SELECT seq, bytes FROM claim WHERE chain = ? AND height >= ? ORDER BY height", chain.id,
      height
    ) { (seq: $0.integer(0), claim: try Claim(stored: $0.bytes(1))) }
    for (seq, claim) in gone { try takeBack(claim, seq, key) }
    chain = store.chains[key] ?? chain
    if let first = gone.first {
      chain.count = height
      chain.head = first.claim.previous
      chain.newest =
        try database.integer(
          "SELECT seq FROM claim WHERE chain = ? AND height = ?", chain.id, height - 1) ?? 0
    }
    try database.run("DELETE FROM waiting WHERE chain = ? AND height > ?", chain.id, height)
    chain.waiting =
      try database.integer("SELECT count(*) FROM waiting WHERE chain = ?", chain.id) ?? 0
    chain.fork = height
    change(chain, key)
    try database.run(
      "INSERT OR REPLACE INTO proof (chain, seq, first, second) VALUES (?, ?, ?, ?)", chain.id,
      takeSequence(), proof.first.bytes, proof.second.bytes)
  }

  private func takeBack(_ claim: Claim, _ seq: Int, _ key: ChainKey) throws {
    try underive(claim, seq, key)
    try database.run("DELETE FROM claim WHERE seq = ?", seq)
    guard var net = try changedNets[key.net] ?? net(claim.datanet) else { return }
    net.totals.claims -= 1
    net.totals.claimBytes -= claim.bytes.count
    change(net)
  }

  // MARK: The end

  /// Judges entries, then writes rows that have changed.
  func finish() throws {
    try settle()
    let update = try database.statement(
      """
      UPDATE chain SET count = ?, head = ?, fork = ?, waiting = ?, live = ?, newest = ?
      WHERE id = ?
      """)
    for key in changedChains {
      guard let row = store.chains[key] else { continue }
      try update.run(
        row.count, row.head, row.fork, row.waiting, row.live, row.newest, row.id)
    }
    for (id, row) in changedNets {
      try database.run(
        """
        UPDATE net SET claims = ?, claim_bytes = ?, contributions = ?, records = ?, bytes = ?,
          contributors = ?, mentions = ? WHERE id = ?
        """, row.totals.claims, row.totals.claimBytes, row.totals.contributions,
        row.totals.records, row.totals.bytes, row.totals.contributors, row.mentions, id)
    }
    try database.run("UPDATE claim_sequence SET next = ?", next)
    changedChains = []
    changedNets = [:]
  }
}
