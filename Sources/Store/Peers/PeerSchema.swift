// The tables of what a person wants of other peers, and of what is remembered about them.
// Specs/Running.md, "Settings".

enum PeerSchema {
  static let schema = Schema(
    part: "peers",
    steps: [
      """
      -- What is done about a Datanet; one that is not named here is followed wholly. `key` makes it
      -- a private one.
      CREATE TABLE following (
        net BLOB PRIMARY KEY, mode INTEGER NOT NULL, key BLOB
      ) WITHOUT ROWID;
      -- What is kept of a Datanet that is followed for its pins: a contribution, a file, records.
      CREATE TABLE pin (
        id INTEGER PRIMARY KEY,
        net BLOB NOT NULL, claim BLOB NOT NULL, path TEXT NOT NULL,
        first INTEGER NOT NULL, past INTEGER NOT NULL,
        UNIQUE (net, claim, path, first, past)
      );
      -- Limits and the like, each by its name.
      CREATE TABLE preference (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
      -- Counts every change that a person makes to the tables above.
      CREATE TABLE preference_revision (number INTEGER NOT NULL);
      INSERT INTO preference_revision VALUES (0);
      -- Peers that were told of or met. `net` is empty, or the Datanet for which they were told.
      CREATE TABLE known_peer (
        identity BLOB NOT NULL, address TEXT NOT NULL, net BLOB NOT NULL,
        is_tried INTEGER NOT NULL, failures INTEGER NOT NULL,
        answered INTEGER, due INTEGER NOT NULL, is_given INTEGER NOT NULL,
        PRIMARY KEY (identity, address, net)
      ) WITHOUT ROWID;
      -- Who is not spoken with, until when, for the how manieth time, and why.
      CREATE TABLE ban (
        identity BLOB PRIMARY KEY, until INTEGER NOT NULL, times INTEGER NOT NULL,
        reason TEXT NOT NULL
      ) WITHOUT ROWID;
      """
    ])
}
