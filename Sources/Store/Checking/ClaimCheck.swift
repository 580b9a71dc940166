// Holds the kept claims to their signatures, their chains and the frontier.
// Specs/Store.md, "Check".

internal import Claims
internal import Content
internal import Cryptography

extension ClaimStore {
  /// Claims that one thread checks at a time.
  private static let claimsPerBatch = 1000

  /// What is wrong with a Datanet's claims; empty when every claim is signed by its author,
  /// continues its chain, and the frontier says where each chain ends.
  ///
  /// Signatures are checked on all processors. Memory grows with the authors, not the claims.
  func defects(of datanet: CID, threads: Int? = nil) throws -> [String] {
    let work = OrderedWork<[Claim], [Claim?]>(
      threads: threads ?? max(1, Worker.processors - 1), mostWaiting: 4
    ) { claims in claims.map { try? Claim(verifying: $0.bytes) } }
    defer { work.close() }
    var defects: [String] = []
    var chains: [PublicKey: (count: Int, head: Digest?)] = [:]
    func take(_ claims: [Claim?]) {
      for claim in claims {
        guard let claim else {
          defects.append("a claim's signature is wrong")
          continue
        }
        let chain = chains[claim.author] ?? (0, nil)
        if claim.height != chain.count || claim.previous != chain.head {
          defects.append(
            "claim \(claim.cid) at height \(claim.height) does not continue its chain of "
              + "\(chain.count)")
        }
        chains[claim.author] = (claim.height + 1, claim.digest)
      }
    }
    var place = 0
    while true {
      let arrivals = try arrivals(after: place, in: datanet, limit: Self.claimsPerBatch)
      place = arrivals.next
      if arrivals.claims.isEmpty { break }
      work.submit(arrivals.claims)
      while let claims = try work.nextReady() { take(claims) }
      if arrivals.claims.count < Self.claimsPerBatch { break }
    }
    while let claims = try work.next() { take(claims) }
    for entry in try frontier(of: datanet).entries {
      let chain = chains.removeValue(forKey: entry.author) ?? (0, nil)
      if chain.count != entry.count || chain.head != entry.head {
        defects.append(
          "the frontier has \(entry.count) claims of \(entry.author), \(chain.count) are here")
      }
    }
    for author in chains.keys.sorted() {
      defects.append("the frontier lacks \(author), whose claims are here")
    }
    return defects.isEmpty ? try derivedDefects(of: datanet) : defects
  }
}
