// Claims on the disk, and the state that follows from them, kept up to date with every claim.
// Specs/ClaimStore.md; the rules: Specs/Merge.md.

public import Claims
public import Content
internal import Cryptography

/// What a home knows of its Datanets. Used by one thread; several processes may have the same home
/// open. Every change is one transaction: after it returns, its claims are on the disk.
public final class ClaimStore {
  let database: Database
  /// What was read from the database and is true until another connection writes.
  var nets: [CID: NetRow] = [:]
  var chains: [ChainKey: ChainRow] = [:]
  var books: [Int: RoleBook] = [:]
  private var version = -1

  /// More chains than this are not kept in memory.
  static let mostCachedChains = 100_000

  public init(_ database: Database) throws {
    self.database = database
    try database.migrate(ClaimSchema.schema)
    try readAgain()
  }

  // MARK: Transactions

  /// Runs `body` on one view of the database, with caches that are true in it.
  func reading<Result>(_ body: () throws -> Result) throws -> Result {
    try database.reading {
      try refresh()
      return try body()
    }
  }

  /// Runs `body` as one transaction that may write.
  func writing<Result>(_ body: (ClaimMerger) throws -> Result) throws -> Result {
    do {
      return try database.transaction {
        try refresh()
        let merger = try ClaimMerger(self)
        let result = try body(merger)
        try merger.finish()
        return result
      }
    } catch {
      forget()
      throw error
    }
  }

  private func refresh() throws {
    let now = try database.dataVersion()
    if now != version || chains.count > Self.mostCachedChains { forget() }
    version = now
  }

  private func forget() {
    nets = [:]
    chains = [:]
    books = [:]
    version = -1
  }

  // MARK: Datanets

  /// Makes a Datanet known by its genesis claim; one that is known already stays as it is.
  public func join(_ genesis: Claim) throws {
    try writing { merger in try merger.join(genesis) }
  }

  /// The Datanets that this home knows, in the order in which they became known.
  public func datanets() throws -> [CID] {
    try reading {
      try database.all("SELECT genesis FROM net ORDER BY id") { row in row.digest(0) }
        .compactMap { $0.map { CID(codec: .dagCBOR, digest: $0) } }
    }
  }

  public func genesis(of datanet: CID) throws -> Claim? {
    try reading { try net(datanet)?.genesis }
  }

  // MARK: Claims in

  /// Takes claims whose signatures have been checked, in any order, in one transaction, and says
  /// what became of each.
  public func insert(_ claims: [Claim]) throws -> [Ledger.Insertion] {
    try writing { merger in try claims.map { try merger.insert($0) } }
  }

  /// What became of each claim, and the numbers of the newest arrivals before and after: between
  /// the two nobody else has written.
  public struct Merged: Sendable {
    public let insertions: [Ledger.Insertion]
    public let before: Int
    public let after: Int
  }

  /// `insert` for a running peer, which has to know whether it has seen everything that came.
  public func merge(_ claims: [Claim]) throws -> Merged {
    try writing { merger in
      let before = merger.lastSequence
      let insertions = try claims.map { try merger.insert($0) }
      return Merged(insertions: insertions, before: before, after: merger.lastSequence)
    }
  }

  /// The number of the newest arrival of all Datanets.
  public func sequence() throws -> Int {
    try reading { try database.integer("SELECT next - 1 FROM claim_sequence") ?? 0 }
  }

  // MARK: Rows

  func net(_ datanet: CID) throws -> NetRow? {
    if let known = nets[datanet] { return known }
    let row = try database.first(
      """
      SELECT id, genesis_bytes, claims, claim_bytes, contributions, records, bytes, contributors,
        mentions FROM net WHERE genesis = ?
      """, datanet.digest
    ) { row -> NetRow? in
      let genesis = try Claim(stored: row.bytes(1))
      guard case .genesis(let policy) = genesis.content else { return nil }
      var totals = DatanetState.Totals()
      totals.claims = row.integer(2)
      totals.claimBytes = row.integer(3)
      totals.contributions = row.integer(4)
      totals.records = row.integer(5)
      totals.bytes = row.integer(6)
      totals.contributors = row.integer(7)
      return NetRow(
        id: row.integer(0), origin: NetOrigin(genesis, policy), totals: totals,
        mentions: row.integer(8))
    }
    guard let row = row ?? nil else { return nil }
    nets[datanet] = row
    return row
  }

  func chain(_ key: ChainKey) throws -> ChainRow? {
    if let known = chains[key] { return known }
    let row = try database.first(
      "SELECT \(Self.chainColumns) FROM chain WHERE net = ? AND author = ?", key.net,
      key.author.bytes, body: Self.chainRow)
    guard let row = row ?? nil else { return nil }
    chains[key] = row
    return row
  }

  static let chainColumns = "id, author, count, head, fork, waiting, live, newest"

  static func chainRow(_ row: Statement) -> ChainRow? {
    guard let author = row.withBytes(1, { unsafe PublicKey(span: $0.bytes) }) else { return nil }
    return ChainRow(
      id: row.integer(0), author: author, count: row.integer(2),
      head: row.isNull(3) ? nil : row.digest(3), fork: row.optionalInteger(4),
      waiting: row.integer(5), live: row.integer(6), newest: row.integer(7))
  }

  /// The roles of a Datanet, read once: the founder's grants and revocations say who is curator,
  /// theirs say the rest.
  func roles(_ net: NetRow) throws -> RoleBook {
    if let known = books[net.id] { return known }
    let founder = net.genesis.author
    func acts(_ author: PublicKey) throws -> [RoleBook.Act] {
      try ["grant", "revoke"].flatMap { kind in
        try rules(net, kind, by: author).flatMap { RoleBook.Act.all(in: $0) }
      }
    }
    var all = try acts(founder)
    let first = RoleBook(founder: founder, policy: net.policy, acts: all)
    for curator in first.curators where curator != founder { all += try acts(curator) }
    let book = RoleBook(founder: founder, policy: net.policy, acts: all)
    books[net.id] = book
    return book
  }

  /// The counting claims of a kind by founder and curators, of any of their heights.
  func rules(_ net: NetRow, _ kind: String) throws -> [Claim] {
    try roles(net).curators.flatMap { try rules(net, kind, by: $0) }
  }

  func rules(_ net: NetRow, _ kind: String, by author: PublicKey) throws -> [Claim] {
    guard let chain = try chain(ChainKey(net: net.id, author: author)) else { return [] }
    return try database.all(
      """
      SELECT claim.bytes FROM rule JOIN claim ON claim.seq = rule.seq
      WHERE rule.chain = ? AND rule.kind = ?
      """, chain.id, kind
    ) { try Claim(stored: $0.bytes(0)) }
  }
}
