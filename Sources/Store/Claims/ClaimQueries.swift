// Asking for claims and for what follows from them. Specs/ClaimStore.md.

public import Claims
public import Content
public import Cryptography

extension ClaimStore {
  /// Claims of one author that may wait for a predecessor.
  static let mostWaitingOfOne = 256
  /// Claims that may wait, of all authors and Datanets.
  static let mostWaiting = 4096
  /// A larger claim does not wait; it is asked for again when its turn comes.
  static let largestWaiting = 16 << 10

  // MARK: Claims

  /// A claim that counts, by its address.
  public func claim(_ cid: CID) throws -> Claim? {
    try reading { cid.codec == .dagCBOR ? try held(cid.digest)?.claim : nil }
  }

  /// An author's claims at the given heights, as far as they count.
  public func claims(
    of author: PublicKey, in datanet: CID, heights: Range<Int>
  ) throws -> [Claim] {
    try reading {
      guard let net = try net(datanet),
        let chain = try chain(ChainKey(net: net.id, author: author))
      else { return [] }
      return try database.all(
        "SELECT bytes FROM claim WHERE chain = ? AND height >= ? AND height < ? ORDER BY height",
        chain.id, heights.lowerBound, heights.upperBound
      ) { try Claim(stored: $0.bytes(0)) }
    }
  }

  /// One step of reading everything in the order of arrival.
  public struct Arrivals: Sendable {
    public let claims: [Claim]
    /// Two claims each, of authors who told two stories.
    public let proofs: [ForkProof]
    /// Where to go on.
    public let next: Int
  }

  /// What came after `sequence` (0: everything), at most `limit` claims. What was removed by a fork
  /// leaves gaps. All Datanets, or one.
  public func arrivals(
    after sequence: Int, in datanet: CID? = nil, limit: Int = 1000
  ) throws -> Arrivals {
    try reading {
      let id = try datanet.map { cid in
        guard let net = try net(cid) else { throw ClaimStoreError.unknownDatanet(cid) }
        return net.id
      }
      var next = sequence
      let claims = try database.all(
        """
        SELECT claim.seq, claim.bytes FROM claim JOIN chain ON chain.id = claim.chain
        WHERE claim.seq > ? AND (? IS NULL OR chain.net = ?) ORDER BY claim.seq LIMIT ?
        """, sequence, id, id, limit
      ) { row in
        next = row.integer(0)
        return try Claim(stored: row.bytes(1))
      }
      let end =
        claims.count < limit
        ? try database.integer("SELECT next - 1 FROM claim_sequence") ?? next : next
      let proofs = try database.all(
        """
        SELECT proof.first, proof.second FROM proof JOIN chain ON chain.id = proof.chain
        WHERE proof.seq > ? AND proof.seq <= ? AND (? IS NULL OR chain.net = ?) ORDER BY proof.seq
        """, sequence, end, id, id
      ) { ForkProof(try Claim(stored: $0.bytes(0)), try Claim(stored: $0.bytes(1))) }
      return Arrivals(claims: claims, proofs: proofs.compactMap { $0 }, next: end)
    }
  }

  /// The newest claims of a Datanet, newest first.
  public func newest(in datanet: CID, limit: Int) throws -> [Claim] {
    try reading {
      guard let net = try net(datanet) else { throw ClaimStoreError.unknownDatanet(datanet) }
      return try database.all(
        """
        SELECT claim.bytes FROM claim JOIN chain ON chain.id = claim.chain
        WHERE chain.net = ? ORDER BY claim.seq DESC LIMIT ?
        """, net.id, limit
      ) { try Claim(stored: $0.bytes(0)) }
    }
  }

  /// Claims whose address begins with `text`, at most `limit` of them.
  public func addresses(beginningWith text: String, limit: Int = 20) throws -> [CID] {
    guard let range = CIDPrefix.marks(text) else { return [] }
    return try reading {
      try database.all(
        "SELECT bytes FROM claim WHERE mark BETWEEN ? AND ? ORDER BY mark LIMIT ?",
        range.lowerBound, range.upperBound, limit
      ) { CID(of: $0.bytes(0), codec: .dagCBOR) }.filter { $0.description.hasPrefix(text) }
    }
  }

  /// The proof that an author told two stories.
  public func fork(of author: PublicKey, in datanet: CID) throws -> ForkProof? {
    try reading {
      guard let net = try net(datanet),
        let chain = try chain(ChainKey(net: net.id, author: author))
      else { return nil }
      return try proof(chain.id)
    }
  }

  /// What a peer who has `count` claims of an author lacks: the proof of a fork, if there is one,
  /// and the counting claims behind, at most `limit` of them, from one below on when `overlaps`
  /// says that the peer's newest differs from ours (Specs/Merge.md, "For reconciliation").
  public func offer(
    of author: PublicKey, in datanet: CID, behind count: Int, overlaps: Bool = false,
    limit: Int = 1000
  ) throws -> [Claim] {
    let start = max(0, overlaps ? count - 1 : count)
    let proof = try fork(of: author, in: datanet)
    let claims = try claims(of: author, in: datanet, heights: start..<(start + max(0, limit)))
    return (proof.map { [$0.first, $0.second] } ?? []) + claims
  }

  /// Claims of a Datanet that wait for a predecessor.
  public func waiting(in datanet: CID) throws -> [Claim] {
    try reading {
      guard let net = try net(datanet) else { return [] }
      return try database.all(
        """
        SELECT waiting.bytes FROM waiting JOIN chain ON chain.id = waiting.chain
        WHERE chain.net = ? ORDER BY waiting.id
        """, net.id
      ) { try Claim(stored: $0.bytes(0)) }
    }
  }

  // MARK: Rows

  func held(_ digest: Digest) throws -> (seq: Int, claim: Claim)? {
    let found = try database.all("SELECT seq, bytes FROM claim WHERE mark = ?", digest.mark) {
      (seq: $0.integer(0), bytes: $0.bytes(1))
    }
    for (seq, bytes) in found where SHA256.hash(bytes) == digest {
      return (seq, try Claim(stored: bytes))
    }
    return nil
  }

  func claim(_ chain: Int, _ height: Int) throws -> Claim? {
    try database.first("SELECT bytes FROM claim WHERE chain = ? AND height = ?", chain, height) {
      try Claim(stored: $0.bytes(0))
    }
  }

  func proof(_ chain: Int) throws -> ForkProof? {
    try database.first("SELECT first, second FROM proof WHERE chain = ?", chain) {
      ForkProof(try Claim(stored: $0.bytes(0)), try Claim(stored: $0.bytes(1)))
    } ?? nil
  }

  func mentions(of entry: EntryID, _ net: NetRow) throws -> [Mention] {
    try database.all(
      """
      SELECT chain.author, claim.height, mention.place, mention.matter FROM mention
      JOIN claim ON claim.seq = mention.seq JOIN chain ON chain.id = claim.chain
      WHERE mention.target = ? AND mention.item = ? AND chain.net = ?
      """, entry.claim, entry.item, net.id
    ) { row -> Mention? in
      guard let author = row.withBytes(0, { unsafe PublicKey(span: $0.bytes) }),
        let matter = Mention.Matter(code: row.integer(3))
      else { return nil }
      return Mention(
        author: author, height: row.integer(1), item: row.integer(2), matter: matter)
    }.compactMap { $0 }
  }
}
