// Holds what the database keeps of the state to what the claims say. Specs/ClaimStore.md, "Check".

internal import Claims
internal import Content
internal import Cryptography

extension ClaimStore {
  /// What is wrong with the entries and sums of a Datanet, at most `limit` lines. Memory grows with
  /// the authors, not the claims.
  func derivedDefects(of datanet: CID, limit: Int = 20) throws -> [String] {
    try reading {
      let net = try known(datanet)
      // What is in memory may share the fault that is looked for.
      books = [:]
      var defects: [String] = []
      var totals = DatanetState.Totals()
      var contributors: Set<Int> = []
      var mentions = 0
      try database.rows(
        """
        SELECT claim.seq, claim.chain, claim.mark, claim.bytes FROM claim
        JOIN chain ON chain.id = claim.chain WHERE chain.net = ? ORDER BY claim.seq
        """, net.id
      ) { row in
        let claim = try Claim(stored: row.bytes(3))
        let content = claim.content
        totals.claims += 1
        totals.claimBytes += claim.bytes.count
        mentions += Mention.all(in: claim, content).count
        if claim.digest.mark != Int64(row.integer(2)) {
          defects.append("claim \(claim.cid) is listed under another address")
        }
        for (item, publication) in content.publications.enumerated() {
          let id = EntryID(claim: claim.digest, item: item)
          guard let facts = EntryFacts(claim, item: item) else { continue }
          let standing = facts.standing(
            mentions: try self.mentions(of: id, net), roles: try roles(net), policy: net.policy
          ).standing
          let kept = try database.integer(
            "SELECT standing FROM entry WHERE id = ?",
            row.integer(0) * ClaimSchema.itemsPerClaim + item)
          if kept != standing.rawValue {
            defects.append("entry \(id) is \(standing) by the claims, kept as another")
          }
          guard standing == .live, facts.kind == .contribution else { continue }
          totals.contributions += 1
          totals.records &+= publication.records
          totals.bytes &+= publication.bytes
          contributors.insert(row.integer(1))
        }
      }
      totals.contributors = contributors.count
      if totals != net.totals {
        defects.append("the sums of \(datanet) are not those of its claims")
      }
      let kept = try database.integer(
        """
        SELECT count(*) FROM mention JOIN claim ON claim.seq = mention.seq
        JOIN chain ON chain.id = claim.chain WHERE chain.net = ?
        """, net.id)
      if mentions != net.mentions || mentions != kept {
        defects.append("opinions of \(datanet) are missing or too many")
      }
      return Array(defects.prefix(limit))
    }
  }
}
