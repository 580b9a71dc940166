// The index of what lies in place: files with their stamps, blocks with their offsets.
// Specs/Store.md, "In place".

internal import Cryptography

extension BlockStore {
  /// The files in place, each with whether it differs by size, time or place from what was added.
  public func filesInPlace() throws -> [(path: String, isChanged: Bool)] {
    try index.inPlaceFiles().map { file in
      (file.path, file.isChanged || FileStamp(path: file.path) != file.stamp)
    }
  }
}

extension BlockIndex {
  /// An unchanged place of a block in a file, or in the given one; nil when there is none.
  func piece(of digest: Digest, file: Int? = nil) throws(DatabaseError) -> InPlacePiece? {
    let statement = try database.statement(
      """
      SELECT file, path, size, modified, device, inode, offset, length
      FROM in_place_blocks JOIN in_place_files USING (file)
      WHERE digest = ?1 AND changed = 0 AND (?2 IS NULL OR file = ?2) LIMIT 1
      """)
    try statement.bind(1, digest)
    try statement.bind(2, file.sqlValue)
    defer { statement.reset() }
    guard try statement.step() else { return nil }
    return InPlacePiece(
      file: statement.integer(0), path: statement.text(1),
      stamp: FileStamp(
        size: statement.integer(2), modified: statement.integer(3), device: statement.integer(4),
        inode: statement.integer(5)), offset: statement.integer(6), length: statement.integer(7))
  }

  /// The file that held a block before it changed.
  func changedPath(of digest: Digest) throws(DatabaseError) -> String? {
    let statement = try database.statement(
      """
      SELECT path FROM in_place_blocks JOIN in_place_files USING (file)
      WHERE digest = ?1 AND changed = 1 LIMIT 1
      """)
    try statement.bind(1, digest)
    defer { statement.reset() }
    return try statement.step() ? statement.text(0) : nil
  }

  /// A file in place and how it was.
  struct InPlaceFile: Hashable, Sendable {
    let file: Int
    let path: String
    let stamp: FileStamp
    let isChanged: Bool
  }

  func inPlaceFiles() throws -> [InPlaceFile] {
    try database.all(
      "SELECT file, path, size, modified, device, inode, changed FROM in_place_files ORDER BY path"
    ) {
      InPlaceFile(
        file: $0.integer(0), path: $0.text(1),
        stamp: FileStamp(
          size: $0.integer(2), modified: $0.integer(3), device: $0.integer(4),
          inode: $0.integer(5)), isChanged: $0.integer(6) != 0)
    }
  }

  /// Enters a file anew; what was known about its path is forgotten.
  func enterFile(_ path: String, stamp: FileStamp) throws(DatabaseError) -> Int {
    try database.run("DELETE FROM in_place_files WHERE path = ?", path)
    try database.run(
      "INSERT INTO in_place_files (path, size, modified, device, inode) VALUES (?, ?, ?, ?, ?)",
      path, stamp.size, stamp.modified, stamp.device, stamp.inode)
    return database.lastInsertedRow
  }

  func enterPiece(_ digest: Digest, file: Int, offset: Int, length: Int) throws(DatabaseError) {
    let statement = try database.statement(
      "INSERT OR IGNORE INTO in_place_blocks (digest, file, offset, length) VALUES (?, ?, ?, ?)")
    try statement.bind(1, digest)
    try statement.bind(2, file)
    try statement.bind(3, offset)
    try statement.bind(4, length)
    try statement.run()
  }

  /// Notes that a file is not what it was: its blocks count as missing from here on.
  func noteChanged(file: Int) throws(DatabaseError) {
    try database.run("UPDATE in_place_files SET changed = 1 WHERE file = ?", file)
  }

  /// All pieces of a file, as they would lie in it with another stamp.
  func pieces(
    of file: InPlaceFile, stamp: FileStamp
  ) throws -> [(Digest, InPlacePiece)] {
    let pieces: [(Digest, InPlacePiece)?] = try database.all(
      "SELECT digest, offset, length FROM in_place_blocks WHERE file = ? ORDER BY offset",
      file.file
    ) { row in
      row.digest(0).map {
        (
          $0,
          InPlacePiece(
            file: file.file, path: file.path, stamp: stamp, offset: row.integer(1),
            length: row.integer(2))
        )
      }
    }
    return pieces.compactMap { $0 }
  }

  /// Notes that a file has its bytes again.
  func noteRestored(file: Int, stamp: FileStamp) throws(DatabaseError) {
    try database.run(
      """
      UPDATE in_place_files SET size = ?, modified = ?, device = ?, inode = ?, changed = 0
      WHERE file = ?
      """, stamp.size, stamp.modified, stamp.device, stamp.inode, file)
  }

  /// How many blocks lie in place, and their bytes.
  func inPlaceTotals() throws(DatabaseError) -> (files: Int, bytes: Int) {
    let statement = try database.statement(
      "SELECT count(*), total(size) FROM in_place_files WHERE changed = 0")
    defer { statement.reset() }
    guard try statement.step() else { return (0, 0) }
    return (statement.integer(0), statement.integer(1))
  }
}
