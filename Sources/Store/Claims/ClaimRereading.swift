// Claims that an older program kept without understanding them, read again. Specs/ClaimStore.md,
// "Newer kinds".

internal import Claims
internal import Content
internal import Cryptography

extension ClaimStore {
  /// The version of the rules by which rows are derived from claims. 2: runs, shares and verdicts.
  static let readingVersion = 2
  private static let newKinds = ["run", "attribution", "verdict"]

  /// Derives what the claims of kinds that are new since the database was written say.
  func readAgain() throws {
    guard database.access == .readWrite, try isReadByOlderRules() else { return }
    try writing { merger in
      // Another process may have been faster.
      guard try isReadByOlderRules() else { return }
      for kind in Self.newKinds {
        // The field as every claim of the kind has it: 'kind', its name and its text.
        let pattern = Value.text("kind").encoded() + Value.text(kind).encoded()
        let places = try database.all(
          "SELECT seq FROM claim WHERE instr(bytes, ?) > 0 ORDER BY seq", pattern
        ) { $0.integer(0) }
        for seq in places { try readAgain(seq, kind, merger) }
      }
      try database.run("UPDATE claim_reading SET version = ?", Self.readingVersion)
    }
  }

  private func isReadByOlderRules() throws -> Bool {
    try database.integer("SELECT version FROM claim_reading") ?? 0 < Self.readingVersion
  }

  private func readAgain(_ seq: Int, _ kind: String, _ merger: ClaimMerger) throws {
    let bytes = try database.first("SELECT bytes FROM claim WHERE seq = ?", seq) { $0.bytes(0) }
    guard let claim = try bytes.map({ try Claim(stored: $0) }), claim.kind == kind,
      let net = try merger.net(claim.datanet)
    else { return }
    try merger.derive(claim, seq, ChainKey(net: net.id, author: claim.author), net)
  }
}
