// Writing and reading what is remembered about peers. Specs/Running.md, "Memory".

internal import Content
public import Cryptography

extension PeerSettings {
  /// Addresses kept; the ones that failed most go first.
  public static let mostKnownPeers = 8192
  /// Bans kept; the ones that were over first go first.
  public static let mostBans = 4096

  /// Everything that is known, tried addresses first, in a fixed order.
  public func knownPeers() throws -> [KnownPeer] {
    guard isPresent else { return [] }
    return try database.all(
      """
      SELECT identity, address, net, is_tried, failures, answered, due, is_given FROM known_peer
      ORDER BY is_tried DESC, identity, address, net
      """
    ) { row -> KnownPeer? in
      guard let identity = PublicKey(bytes: row.bytes(0)) else { return nil }
      return KnownPeer(
        identity: identity, address: row.text(1),
        datanet: row.digest(2).map { CID(codec: .dagCBOR, digest: $0) },
        isTried: row.integer(3) != 0, failures: row.integer(4),
        answeredMilliseconds: row.optionalInteger(5), dueMilliseconds: row.integer(6),
        isGiven: row.integer(7) != 0)
    }.compactMap { $0 }
  }

  /// Writes what is now known about these addresses. One that a person gave stays given.
  public func remember(_ peers: [KnownPeer]) throws {
    try database.transaction {
      for peer in peers {
        try database.run(
          """
          INSERT INTO known_peer
            (identity, address, net, is_tried, failures, answered, due, is_given)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (identity, address, net) DO UPDATE SET
            is_tried = excluded.is_tried, failures = excluded.failures,
            answered = excluded.answered, due = excluded.due,
            is_given = max(is_given, excluded.is_given)
          """, peer.identity.bytes, peer.address, peer.datanet?.digest.bytes ?? [], peer.isTried,
          peer.failures, peer.answeredMilliseconds, peer.dueMilliseconds, peer.isGiven)
      }
      try database.run(
        """
        DELETE FROM known_peer WHERE (identity, address, net) IN (
          SELECT identity, address, net FROM known_peer
          ORDER BY is_given DESC, is_tried DESC, failures, answered DESC LIMIT -1 OFFSET ?)
        """, Self.mostKnownPeers)
    }
  }

  /// Forgets addresses that are of no use any more.
  public func forget(_ peers: [KnownPeer]) throws {
    try database.transaction {
      for peer in peers {
        try database.run(
          "DELETE FROM known_peer WHERE identity = ? AND address = ? AND net = ?",
          peer.identity.bytes, peer.address, peer.datanet?.digest.bytes ?? [])
      }
    }
  }

  /// All bans, also those that are over, by identity.
  public func bans() throws -> [Ban] {
    guard isPresent else { return [] }
    return try database.all("SELECT identity, until, times, reason FROM ban ORDER BY identity") {
      row -> Ban? in
      guard let identity = PublicKey(bytes: row.bytes(0)) else { return nil }
      return Ban(
        identity: identity, untilMilliseconds: row.integer(1), times: row.integer(2),
        reason: row.text(3))
    }.compactMap { $0 }
  }

  public func ban(_ ban: Ban) throws {
    try database.transaction {
      try database.run(
        "INSERT OR REPLACE INTO ban (identity, until, times, reason) VALUES (?, ?, ?, ?)",
        ban.identity.bytes, ban.untilMilliseconds, ban.times, ban.reason)
      try database.run(
        """
        DELETE FROM ban WHERE identity IN (
          SELECT identity FROM ban ORDER BY until DESC LIMIT -1 OFFSET ?)
        """, Self.mostBans)
    }
  }

  /// A person forgives. False when there was no ban.
  @discardableResult
  public func unban(_ identity: PublicKey) throws -> Bool {
    try database.run("DELETE FROM ban WHERE identity = ?", identity.bytes) > 0
  }
}
