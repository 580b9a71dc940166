// Where each block lies: the tables of `blocks.sqlite`. They can be made again from the packs,
// except for what lies in place. Specs/Store.md, "Index".

internal import Cryptography

/// A block's place in a pack.
struct BlockPlace: Hashable, Sendable {
  let pack: UInt32
  let offset: Int
  let entry: PackEntry

  /// Where the stored bytes are.
  var range: Range<Int> { offset..<offset + entry.stored }
}

/// The index's statements on one connection.
final class BlockIndex {
  static let schema = Schema(
    part: "blocks",
    steps: [
      """
      -- One row for each pack file. `indexed`: groups before this place are in `blocks`.
      -- `sweeping` 1: a collection is about to rewrite it, so nothing new may rely on it;
      -- 2: its blocks are elsewhere, the file is about to go.
      CREATE TABLE packs (
        pack INTEGER PRIMARY KEY, indexed INTEGER NOT NULL, blocks INTEGER NOT NULL,
        bytes INTEGER NOT NULL, sweeping INTEGER NOT NULL DEFAULT 0);
      -- `length` is NULL when it equals `stored`, `form` is 0 for plain bytes.
      CREATE TABLE blocks (
        digest BLOB PRIMARY KEY, pack INTEGER NOT NULL, offset INTEGER NOT NULL,
        stored INTEGER NOT NULL, length INTEGER, form INTEGER NOT NULL) WITHOUT ROWID;
      -- Files that are seeded where they lie, as they were when they were read.
      CREATE TABLE in_place_files (
        file INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, size INTEGER NOT NULL,
        modified INTEGER NOT NULL, device INTEGER NOT NULL, inode INTEGER NOT NULL,
        changed INTEGER NOT NULL DEFAULT 0);
      CREATE TABLE in_place_blocks (
        digest BLOB NOT NULL, file INTEGER NOT NULL REFERENCES in_place_files ON DELETE CASCADE,
        offset INTEGER NOT NULL, length INTEGER NOT NULL,
        PRIMARY KEY (digest, file, offset)) WITHOUT ROWID;
      CREATE INDEX in_place_by_file ON in_place_blocks (file, offset);
      -- What a person keeps although no claim needs it.
      CREATE TABLE pins (digest BLOB PRIMARY KEY) WITHOUT ROWID;
      CREATE TABLE epochs (epoch INTEGER NOT NULL);
      INSERT INTO epochs VALUES (0);
      """,
      """
      -- Manifests of contributions of which every block is here, so that nobody has to look for a
      -- million blocks one by one. As soon as any block goes nothing is known of any of them.
      CREATE TABLE complete (digest BLOB PRIMARY KEY) WITHOUT ROWID;
      CREATE TRIGGER block_gone AFTER DELETE ON blocks
        WHEN EXISTS (SELECT 1 FROM complete) BEGIN DELETE FROM complete; END;
      CREATE TRIGGER piece_gone AFTER DELETE ON in_place_blocks
        WHEN EXISTS (SELECT 1 FROM complete) BEGIN DELETE FROM complete; END;
      CREATE TRIGGER file_changed AFTER UPDATE OF changed ON in_place_files
        WHEN EXISTS (SELECT 1 FROM complete) BEGIN DELETE FROM complete; END;
      """,
    ])

  let database: Database

  init(_ database: Database) throws {
    self.database = database
    try database.migrate(Self.schema)
  }

  // MARK: Blocks

  /// The place of a block; nil when no pack holds it.
  func place(of digest: Digest) throws(DatabaseError) -> BlockPlace? {
    let statement = try database.statement(
      "SELECT pack, offset, stored, length, form FROM blocks WHERE digest = ?")
    try statement.bind(1, digest)
    defer { statement.reset() }
    return try statement.step() ? Self.place(statement, digest: digest, from: 0) : nil
  }

  private static func place(_ row: Statement, digest: Digest, from column: Int) -> BlockPlace? {
    guard let pack = UInt32(exactly: row.integer(column)),
      let form = Form(rawValue: UInt8(truncatingIfNeeded: row.integer(column + 4)))
    else { return nil }
    let stored = row.integer(column + 2)
    let entry = PackEntry(
      digest: digest, form: form, stored: stored, length: row.optionalInteger(column + 3) ?? stored)
    return BlockPlace(pack: pack, offset: row.integer(column + 1), entry: entry)
  }

  /// Whether a pack holds the block for good: one that is being swept may lose it.
  func isKept(_ digest: Digest) throws(DatabaseError) -> Bool {
    let statement = try database.statement(
      "SELECT 1 FROM blocks JOIN packs USING (pack) WHERE digest = ? AND sweeping = 0")
    try statement.bind(1, digest)
    defer { statement.reset() }
    return try statement.step()
  }

  /// Every digest that packs hold, in order.
  func forEachDigest(_ body: (Digest) throws -> Void) throws {
    try database.rows("SELECT digest FROM blocks ORDER BY digest") { row in
      if let digest = row.digest(0) { try body(digest) }
    }
  }

  /// Every place in packs, in the order of digests.
  func forEachPlace(_ body: (BlockPlace) throws -> Void) throws {
    try database.rows("SELECT digest, pack, offset, stored, length, form FROM blocks") { row in
      if let digest = row.digest(0), let place = Self.place(row, digest: digest, from: 1) {
        try body(place)
      }
    }
  }

  /// Every place in one pack, in the order of its bytes.
  func places(in pack: UInt32) throws -> [BlockPlace] {
    try database.all(
      "SELECT digest, pack, offset, stored, length, form FROM blocks WHERE pack = ?", Int(pack)
    ) { row -> BlockPlace? in
      row.digest(0).flatMap { Self.place(row, digest: $0, from: 1) }
    }
    .compactMap { $0 }.sorted { $0.offset < $1.offset }
  }

  /// Enters blocks, at best in the order of their digests: neighbours share pages of the index.
  /// A block that is held already gets the new place only when its old pack is being swept.
  /// Gives the number and bytes of blocks that are new.
  func insert(_ places: [BlockPlace]) throws -> (blocks: Int, bytes: Int) {
    let statement = try database.statement(
      """
      INSERT INTO blocks (digest, pack, offset, stored, length, form) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (digest) DO UPDATE SET pack = excluded.pack, offset = excluded.offset,
        stored = excluded.stored, length = excluded.length, form = excluded.form
      WHERE pack IN (SELECT pack FROM packs WHERE sweeping <> 0)
      """)
    var blocks = 0
    var bytes = 0
    for place in places {
      try statement.bind(1, place.entry.digest)
      try statement.bind(2, Int(place.pack))
      try statement.bind(3, place.offset)
      try statement.bind(4, place.entry.stored)
      try statement.bind(
        5, place.entry.length == place.entry.stored ? .null : .integer(Int64(place.entry.length)))
      try statement.bind(6, Int(place.entry.form.rawValue))
      try statement.run()
      if database.changedRows > 0 {
        blocks += 1
        bytes += place.entry.stored
      }
    }
    return (blocks, bytes)
  }

  // MARK: Packs

  /// A pack's row.
  struct Pack: Hashable, Sendable {
    let number: UInt32
    let indexed: Int
    let blocks: Int
    let bytes: Int
    let isSweeping: Bool
    /// Its blocks are elsewhere; the file only waits to be removed.
    let isSwept: Bool
  }

  func packs() throws -> [Pack] {
    try database.all("SELECT pack, indexed, blocks, bytes, sweeping FROM packs ORDER BY pack") {
      Pack(
        number: UInt32(truncatingIfNeeded: $0.integer(0)), indexed: $0.integer(1),
        blocks: $0.integer(2), bytes: $0.integer(3), isSweeping: $0.integer(4) != 0,
        isSwept: $0.integer(4) == 2)
    }
  }

  func pack(_ number: UInt32) throws -> Pack? {
    try database.first(
      "SELECT pack, indexed, blocks, bytes, sweeping FROM packs WHERE pack = ?", Int(number)
    ) {
      Pack(
        number: number, indexed: $0.integer(1), blocks: $0.integer(2), bytes: $0.integer(3),
        isSweeping: $0.integer(4) != 0, isSwept: $0.integer(4) == 2)
    }
  }

  /// Enters a pack's new blocks and notes how far it is indexed, in one transaction.
  @discardableResult
  func enter(_ places: [BlockPlace], pack: UInt32, indexed: Int) throws -> (blocks: Int, bytes: Int)
  {
    // Those that are in order already are found to be at the cost of looking.
    let sorted = places.sorted { $0.entry.digest < $1.entry.digest }
    return try database.transaction {
      try database.run(
        "INSERT OR IGNORE INTO packs (pack, indexed, blocks, bytes) VALUES (?, 0, 0, 0)", Int(pack))
      let (blocks, bytes) = try insert(sorted)
      try database.run(
        """
        UPDATE packs SET indexed = max(indexed, ?), blocks = blocks + ?, bytes = bytes + ?
        WHERE pack = ?
        """, indexed, blocks, bytes, Int(pack))
      return (blocks, bytes)
    }
  }

  /// Forgets packs whose file is gone.
  func forget(pack: UInt32) throws {
    try database.transaction {
      try database.run("DELETE FROM blocks WHERE pack = ?", Int(pack))
      try database.run("DELETE FROM packs WHERE pack = ?", Int(pack))
    }
  }

  /// How many blocks packs hold, and how many bytes they take there.
  func totals() throws(DatabaseError) -> (blocks: Int, bytes: Int) {
    let statement = try database.statement("SELECT total(blocks), total(bytes) FROM packs")
    defer { statement.reset() }
    guard try statement.step() else { return (0, 0) }
    return (statement.integer(0), statement.integer(1))
  }
}
