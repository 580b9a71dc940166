// The tables of claims and of what follows from them. Specs/ClaimStore.md.

/// Only `claim`, `waiting` and `proof` hold what cannot be computed; all else follows from them.
enum ClaimSchema {
  /// Entries of one claim have consecutive numbers: `claim.seq * itemsPerClaim + item`.
  static let itemsPerClaim = 4096

  static let schema = Schema(
    part: "claims",
    steps: [
      """
      -- One Datanet that this home knows, with sums over what counts (DatanetState.Totals).
      CREATE TABLE net (
        id INTEGER PRIMARY KEY,
        genesis BLOB NOT NULL UNIQUE,
        genesis_bytes BLOB NOT NULL,
        claims INTEGER NOT NULL DEFAULT 0, claim_bytes INTEGER NOT NULL DEFAULT 0,
        contributions INTEGER NOT NULL DEFAULT 0, records INTEGER NOT NULL DEFAULT 0,
        bytes INTEGER NOT NULL DEFAULT 0, contributors INTEGER NOT NULL DEFAULT 0,
        mentions INTEGER NOT NULL DEFAULT 0
      );
      -- One author's chain in one Datanet: how far it counts, its head, its fork, and how many of
      -- its contributions are live. `newest` is the seq of the head.
      CREATE TABLE chain (
        id INTEGER PRIMARY KEY,
        net INTEGER NOT NULL, author BLOB NOT NULL,
        count INTEGER NOT NULL, head BLOB, fork INTEGER,
        waiting INTEGER NOT NULL DEFAULT 0, live INTEGER NOT NULL DEFAULT 0,
        newest INTEGER NOT NULL DEFAULT 0,
        UNIQUE (net, author)
      );
      -- Claims that count, in the order of their arrival. `mark` is the order-keeping number of the
      -- first eight bytes of the digest: a quarter of the index that whole digests would need. Who
      -- looks one up hashes the bytes, so that equal marks deceive nobody.
      CREATE TABLE claim (
        seq INTEGER PRIMARY KEY,
        chain INTEGER NOT NULL, height INTEGER NOT NULL, mark INTEGER NOT NULL,
        bytes BLOB NOT NULL
      );
      CREATE UNIQUE INDEX claim_place ON claim (chain, height);
      CREATE INDEX claim_mark ON claim (mark);
      -- Claims that the merge reads whole, of founder and curators: grants, revocations, notes,
      -- milestones. By chain, so that those of strangers, who may sign any number, are never read.
      CREATE TABLE rule (
        chain INTEGER NOT NULL, kind TEXT NOT NULL, seq INTEGER NOT NULL,
        PRIMARY KEY (chain, kind, seq)
      ) WITHOUT ROWID;
      -- Contributions, yardsticks and bases: id is seq * 4096 + item.
      CREATE TABLE entry (
        id INTEGER PRIMARY KEY,
        kind INTEGER NOT NULL, standing INTEGER NOT NULL,
        records INTEGER NOT NULL, bytes INTEGER NOT NULL
      );
      -- What claims say about entries, which may not be here yet.
      CREATE TABLE mention (
        target BLOB NOT NULL, item INTEGER NOT NULL, seq INTEGER NOT NULL,
        place INTEGER NOT NULL, matter INTEGER NOT NULL,
        PRIMARY KEY (target, item, seq, place)
      ) WITHOUT ROWID;
      -- Claims whose predecessor is missing, or that witness a gap below a fork.
      CREATE TABLE waiting (
        id INTEGER PRIMARY KEY,
        chain INTEGER NOT NULL, height INTEGER NOT NULL, digest BLOB NOT NULL, bytes BLOB NOT NULL
      );
      CREATE INDEX waiting_place ON waiting (chain, height);
      -- Proofs of forks: two claims. `seq` is when it came, in the numbers of claims.
      CREATE TABLE proof (
        chain INTEGER PRIMARY KEY, seq INTEGER NOT NULL, first BLOB NOT NULL, second BLOB NOT NULL
      );
      CREATE INDEX proof_seq ON proof (seq);
      -- The next seq: numbers are never used twice, also when a fork removes the newest claims.
      CREATE TABLE claim_sequence (next INTEGER NOT NULL);
      INSERT INTO claim_sequence VALUES (1);
      """,
      """
      -- The version of the rules by which rows were derived from claims: a claim of a kind that an
      -- older program did not know is read again (ClaimRereading).
      CREATE TABLE claim_reading (version INTEGER NOT NULL);
      INSERT INTO claim_reading VALUES (1);
      """,
    ])
}
