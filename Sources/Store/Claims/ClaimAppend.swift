// Signing our own claims: the only way, so that no height is ever signed twice.
// Specs/ClaimStore.md, "Own claims".

public import Claims
public import Content
public import Cryptography

extension ClaimStore {
  /// Heads that a new claim of ours names at most: few, so that claims stay small.
  static let mostSeen = 8

  /// Founds a Datanet.
  public func found(
    _ genesis: Genesis, by identity: Identity, timeMilliseconds: Int
  ) throws -> Claim {
    let claim = try Claim.signed(
      .genesis(genesis), at: .genesis, timeMilliseconds: timeMilliseconds, by: identity)
    try join(claim)
    return claim
  }

  /// Signs `content` at the next height of our chain and keeps it.
  ///
  /// Height and head are read, and the claim is written, under the lock for writing, which all
  /// processes share; the transaction is on the disk before this returns. So whatever is published
  /// afterwards, no second claim will be signed at this height.
  public func append(
    _ content: ClaimContent, to datanet: CID, by identity: Identity, timeMilliseconds: Int
  ) throws -> Claim {
    try append([content], to: datanet, by: identity, timeMilliseconds: timeMilliseconds)[0]
  }

  /// The same for several claims in one transaction.
  public func append(
    _ contents: [ClaimContent], to datanet: CID, by identity: Identity, timeMilliseconds: Int
  ) throws -> [Claim] {
    try writing { merger in
      let key = ChainKey(net: try known(datanet).id, author: identity.publicKey)
      var seen = try tips(key)
      return try contents.map { content in
        let chain = try chain(key)
        if let fork = chain?.fork { throw ClaimStoreError.ownChainForked(height: fork) }
        guard chain?.waiting ?? 0 == 0 else {
          throw ClaimStoreError.ownChainIncomplete(known: chain?.count ?? 0)
        }
        let claim = try Claim.signed(
          content,
          at: .init(net: datanet, height: chain?.count ?? 0, previous: chain?.head),
          seen: seen, timeMilliseconds: timeMilliseconds, by: identity)
        seen = []
        let insertion = try merger.insert(claim)
        precondition(insertion == .counted(1), "our own next claim continues our chain")
        return claim
      }
    }
  }

  /// The newest claims of others since our last one that no other of them has seen, newest first.
  private func tips(_ own: ChainKey) throws -> [CID] {
    let since = try chain(own)?.newest ?? 0
    let claims = try database.all(
      """
      SELECT claim.bytes FROM chain JOIN claim ON claim.seq = chain.newest
      WHERE chain.net = ? AND chain.newest > ? AND chain.author <> ?
      ORDER BY chain.newest DESC LIMIT \(Self.mostSeen)
      """, own.net, since, own.author.bytes
    ) { try Claim(stored: $0.bytes(0)) }
    let known = Set(claims.flatMap(\.seen))
    return claims.map(\.cid).filter { !known.contains($0) }
  }
}
