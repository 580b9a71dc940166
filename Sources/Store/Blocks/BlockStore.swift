// The blocks of a home: has, get, put. Specs/Store.md, "Blocks".

public import Content
public import Cryptography

/// All blocks of one home on one thread's connection. Other processes, and other objects in
/// this one, may have the same home open.
public final class BlockStore {
  let files: PackFiles
  let inPlace: InPlaceFiles
  let index: BlockIndex
  let home: Home
  public let isReadOnly: Bool
  /// Writers refuse blocks when packs would hold more than this; nil for no limit.
  public var quotaBytes: Int?

  /// Opens the blocks of a home, and takes up what a crashed writer left behind.
  public convenience init(home: Home, access: Database.Access = .readWrite) throws {
    let database = try Database(.file(home.indexPath), access: access, durability: .normal)
    try self.init(home: home, database: database, disk: SystemDisk())
  }

  package init(home: Home, database: Database, disk: any Disk) throws {
    self.home = home
    isReadOnly = database.access == .readOnly
    files = PackFiles(disk: disk, directory: home.packsPath)
    inPlace = InPlaceFiles()
    index = try BlockIndex(database)
    if isReadOnly {
      // After a power cut the index may lack what the packs hold: whoever may write mends it.
      if disk is SystemDisk, try hasUnindexed() { _ = try? BlockStore(home: home) }
    } else {
      try recover()
    }
  }

  // MARK: Reading

  /// Changes whenever another connection has written to the index: cheap to ask.
  public func dataVersion() throws -> Int { try index.database.dataVersion() }

  /// Whether the block is here, as far as the index knows.
  public func has(_ cid: CID) throws -> Bool { try location(of: cid) != nil }

  /// Asks many questions on one view of the index: each alone would lock its file anew.
  public func reading<Result>(_ body: () throws -> Result) throws -> Result {
    try index.database.reading(body)
  }

  /// Where a block can be read; nil when it is not here. Reading may be done on any thread.
  public func location(of cid: CID) throws -> BlockLocation? {
    if let place = try index.place(of: cid.digest) {
      return BlockLocation(cid: cid, byteCount: place.entry.length, place: .pack(files, place))
    }
    if let piece = try index.piece(of: cid.digest) {
      return BlockLocation(cid: cid, byteCount: piece.length, place: .inPlace(inPlace, piece))
    }
    return nil
  }

  /// A block's bytes, checked; nil when it is not here. When one copy is damaged or its file
  /// has changed, another is looked for before that is told.
  public func get(_ cid: CID) throws -> [UInt8]? {
    guard let location = try self.location(of: cid) else { return nil }
    do {
      return try location.read()
    } catch {
      if let other = try another(of: cid, than: location, after: error) { return other }
      throw error
    }
  }

  /// A block that must be here.
  public func block(_ cid: CID) throws -> [UInt8] {
    guard let bytes = try get(cid) else { throw try absence(of: cid) }
    return bytes
  }

  /// Why a block is not here: a file that held it in place has changed, or it never was.
  func absence(of cid: CID) throws -> StoreError {
    try index.changedPath(of: cid.digest).map { .changedInPlace(path: $0) } ?? .missing(cid)
  }

  /// The block from another place than the one that failed.
  private func another(
    of cid: CID, than location: BlockLocation, after error: any Error
  ) throws -> [UInt8]? {
    try noteChangedFiles()
    switch location.place {
    case .pack(_, let place):
      // A collection may have moved it since the index was asked.
      if let moved = try index.place(of: cid.digest), moved != place {
        return try BlockLocation(
          cid: cid, byteCount: moved.entry.length, place: .pack(files, moved)
        )
        .read()
      }
      guard let piece = try index.piece(of: cid.digest) else { return nil }
      return try? inPlace.read(piece, cid: cid)
    case .inPlace:
      guard !isReadOnly, let next = try self.location(of: cid) else { return nil }
      return try next.read()
    }
  }

  /// Writes down which files in place were found changed, so that their blocks count as missing.
  func noteChangedFiles() throws {
    let changed = inPlace.takeChanged()
    if isReadOnly || changed.isEmpty { return }
    try index.database.transaction {
      for file in changed { try index.noteChanged(file: file) }
    }
  }

  /// Blocks in packs and the bytes they take; files in place and their bytes.
  public struct Totals: Equatable, Sendable {
    public let blocks: Int
    public let bytes: Int
    public let inPlaceFiles: Int
    public let inPlaceBytes: Int
  }

  public func totals() throws -> Totals {
    let packed = try index.totals()
    let inPlace = try index.inPlaceTotals()
    return Totals(
      blocks: packed.blocks, bytes: packed.bytes, inPlaceFiles: inPlace.files,
      inPlaceBytes: inPlace.bytes)
  }

  /// Digests of blocks in packs whose CID, as text, may begin with a prefix; see `candidates`.
  public func digests(from first: Digest, through last: Digest, limit: Int) throws -> [Digest] {
    try index.database.all(
      "SELECT digest FROM blocks WHERE digest BETWEEN ? AND ? ORDER BY digest LIMIT ?", first, last,
      limit
    ) { $0.digest(0) }
    .compactMap { $0 }
  }

  // MARK: Writing

  /// Stores a block and gives its address. When this returns, the block survives a power cut.
  @discardableResult
  public func put(_ bytes: [UInt8], codec: CID.Codec = .raw) throws -> CID {
    let writer = try writer()
    let cid = try writer.put(bytes, codec: codec)
    try writer.commit()
    return cid
  }

  /// A writer for many blocks; they are acknowledged by its `commit`.
  public func writer() throws -> BlockWriter { try BlockWriter(self) }

  // MARK: Whole contributions

  /// Manifests of contributions of which every block was found here, and none has gone since.
  public func complete() throws -> Set<Digest> {
    Set(
      try index.database.all("SELECT digest FROM complete ORDER BY digest") { $0.digest(0) }
        .compactMap { $0 })
  }

  public func isComplete(_ manifest: CID) throws -> Bool {
    try index.database.integer("SELECT 1 FROM complete WHERE digest = ?", manifest.digest) == 1
  }

  /// Every block of a contribution is here. It is forgotten when any block goes.
  public func noteComplete(_ manifest: CID) throws {
    try index.database.run(
      "INSERT OR IGNORE INTO complete (digest) VALUES (?)", manifest.digest)
  }

  // MARK: Pins

  /// Keeps a block although no claim needs it; `gc` follows its links when it is dag-cbor.
  public func pin(_ cid: CID) throws {
    try index.database.setDurability(.full)
    defer { _ = try? index.database.setDurability(.normal) }
    try index.database.run("INSERT OR IGNORE INTO pins (digest) VALUES (?)", cid)
  }

  public func unpin(_ cid: CID) throws {
    try index.database.run("DELETE FROM pins WHERE digest = ?", cid)
  }

  public func pins() throws -> [CID] {
    try index.database.all("SELECT digest FROM pins ORDER BY digest") { $0.cid(0) }.compactMap {
      $0
    }
  }
}
