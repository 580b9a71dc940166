// One connection to one SQLite file: opening, statements, transactions.
// Specs/Store.md, "Database".

internal import CSQLite
internal import Glibc

/// A connection, used by one thread at a time. Several connections, in this process or in
/// others, may be open on one file; writers take turns.
///
/// What a transaction has committed is on the disk when `durability` is `.full`.
@safe public final class Database {
  /// Statements kept prepared; beyond it the cache starts anew.
  static let mostCachedStatements = 256
  /// A writer waits for other writers up to this long.
  public static let patienceMilliseconds = 30_000

  /// The shared index of a log has 32 KiB; with less room than this a disk counts as full.
  static let roomForLog: UInt = 128 << 10

  public enum Place: Equatable, Sendable {
    case file(String)
    /// Lives with the connection; for the simulator.
    case memory
  }

  public enum Access: Sendable {
    /// Makes the file when there is none.
    case readWrite
    /// Changes nothing, and works on a read-only disk.
    case readOnly
  }

  public enum Durability: Sendable {
    /// A committed transaction survives a power cut.
    case full
    /// A committed transaction survives a crash of the process; after a power cut the newest
    /// may be missing, in order, and the file is sound.
    case normal
  }

  public let path: String
  public let access: Access
  /// Outlives the connection that uses it.
  private let vfs: DiskVFS?
  /// Owned by this object, closed in `deinit`.
  private let handle: OpaquePointer
  private var cache: [String: Statement] = [:]
  /// 0 outside any transaction; nested ones are savepoints.
  private var depth = 0

  public convenience init(
    _ place: Place, access: Access = .readWrite, durability: Durability = .full
  ) throws(DatabaseError) {
    try self.init(place, access: access, durability: durability, vfs: nil)
  }

  /// On another file system: the simulator's, or a test's.
  package init(
    _ place: Place, access: Access = .readWrite, durability: Durability = .full, vfs: DiskVFS?
  ) throws(DatabaseError) {
    self.vfs = vfs
    let path =
      switch place {
      case .file(let path): path
      case .memory: ":memory:"
      }
    self.path = path
    self.access = access
    let name = access == .readOnly && Self.needsNoLog(path) ? Self.unchanging(path) : path
    var handle: OpaquePointer?
    let flags =
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | (name == path ? 0 : SQLITE_OPEN_URI)
      | (access == .readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
    let code = unsafe sqlite3_open_v2(name, &handle, flags, vfs?.name)
    guard code == SQLITE_OK, let handle = unsafe handle else {
      let message = unsafe String(
        cString: handle == nil ? sqlite3_errstr(code) : sqlite3_errmsg(handle))
      unsafe sqlite3_close_v2(handle)
      throw DatabaseError(code: code, message: message, statement: nil, path: path)
    }
    unsafe self.handle = handle
    unsafe sqlite3_busy_timeout(handle, Int32(Self.patienceMilliseconds))
    if access == .readWrite {
      // A page of 8 KiB halves the depth of the large indexes; 4 KiB is SQLite's default.
      try execute("PRAGMA page_size = 8192")
      // Another file system has no shared memory for the log, so the connection is alone.
      if vfs != nil { try execute("PRAGMA locking_mode = EXCLUSIVE") }
      if place != .memory {
        try waiting { () throws(DatabaseError) in try execute("PRAGMA journal_mode = WAL") }
      }
      try execute("PRAGMA foreign_keys = ON")
    }
    try setDurability(durability)
    try execute("PRAGMA temp_store = MEMORY")
  }

  /// In a directory where nothing can be written, or on a full disk, SQLite cannot make the files
  /// beside a log, and needs none when there is no log: nobody is writing, and all is in the file.
  private static func needsNoLog(_ path: String) -> Bool {
    guard path.hasPrefix("/"), let slash = path.lastIndex(of: "/") else { return false }
    let directory = String(path[..<slash]) + "/"
    return unsafe Glibc.access("\(path)-wal", F_OK) != 0
      && (Glibc.access(directory, W_OK) != 0 || isFull(directory))
  }

  /// Whether the disk has no room left for what SQLite keeps beside a file.
  static func isFull(_ directory: String) -> Bool {
    var status = statvfs()
    guard unsafe statvfs(directory, &status) == 0 else { return false }
    return status.f_bavail * UInt(status.f_frsize) < roomForLog
  }

  /// The file's name for SQLite, with the promise that it does not change.
  private static func unchanging(_ path: String) -> String {
    var name = "file:"
    for byte in path.utf8 {
      let isPlain = 0x21...0x7E ~= byte && ![0x23, 0x25, 0x3F].contains(byte)
      let code = String(byte, radix: 16)
      name += isPlain ? String(Unicode.Scalar(byte)) : byte < 16 ? "%0\(code)" : "%\(code)"
    }
    return name + "?immutable=1"
  }

  deinit {
    cache = [:]
    unsafe sqlite3_close_v2(handle)
  }

  /// Changes what the following transactions promise.
  public func setDurability(_ durability: Durability) throws(DatabaseError) {
    try execute(durability == .full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL")
  }

  // MARK: Statements

  /// A prepared statement from the cache. Keep it while a loop runs; it belongs to this thread.
  public func statement(_ sql: String) throws(DatabaseError) -> Statement {
    if let known = cache[sql], !known.inUse { return known }
    let made = try unsafe Statement(sql, connection: handle, path: path)
    if cache.count >= Self.mostCachedStatements { cache = [:] }
    cache[sql] = made
    return made
  }

  /// Runs a script of several statements without parameters or results.
  public func execute(_ script: String) throws(DatabaseError) {
    guard unsafe sqlite3_exec(handle, script, nil, nil, nil) == SQLITE_OK else {
      throw unsafe DatabaseError(
        code: sqlite3_extended_errcode(handle), message: String(cString: sqlite3_errmsg(handle)),
        statement: script, path: path)
    }
  }

  /// Runs one statement to its end and gives the number of rows it changed.
  @discardableResult
  public func run(_ sql: String, _ values: any Bindable...) throws(DatabaseError) -> Int {
    let statement = try statement(sql)
    try statement.bind(values)
    try statement.run()
    statement.clear()
    return changedRows
  }

  /// Shows every row to `body`, in the statement's order.
  public func rows(
    _ sql: String, _ values: any Bindable..., body: (Statement) throws -> Void
  ) throws {
    let statement = try statement(sql)
    try statement.bind(values)
    defer { statement.clear() }
    while try statement.step() { try body(statement) }
  }

  /// Every row, turned into a value.
  public func all<Element>(
    _ sql: String, _ values: any Bindable..., body: (Statement) throws -> Element
  ) throws -> [Element] {
    let statement = try statement(sql)
    try statement.bind(values)
    defer { statement.clear() }
    var elements: [Element] = []
    while try statement.step() { elements.append(try body(statement)) }
    return elements
  }

  /// The first row, turned into a value; nil when there is none.
  public func first<Element>(
    _ sql: String, _ values: any Bindable..., body: (Statement) throws -> Element
  ) throws -> Element? {
    let statement = try statement(sql)
    try statement.bind(values)
    defer { statement.clear() }
    return try statement.step() ? try body(statement) : nil
  }

  /// The first column of the first row as a number; nil when there is no row or it is NULL.
  public func integer(_ sql: String, _ values: any Bindable...) throws(DatabaseError) -> Int? {
    let statement = try statement(sql)
    try statement.bind(values)
    defer { statement.clear() }
    return try statement.step() ? statement.optionalInteger(0) : nil
  }

  public var lastInsertedRow: Int { unsafe Int(sqlite3_last_insert_rowid(handle)) }

  /// Rows that the last INSERT, UPDATE or DELETE changed.
  var changedRows: Int { unsafe Int(sqlite3_changes64(handle)) }

  /// Changes whenever another connection has committed to this file: cheap to ask every 100 ms.
  public func dataVersion() throws(DatabaseError) -> Int {
    try integer("PRAGMA data_version") ?? 0
  }

  // MARK: Transactions

  /// Runs `body` as one transaction that may write; all of it happens or nothing.
  ///
  /// The lock for writing is taken at the start, waiting up to `patienceMilliseconds` for other
  /// writers, so that nothing inside can fail for being busy. Inside another transaction it is a
  /// savepoint: its failure undoes only its own changes.
  @discardableResult
  public func transaction<Result>(_ body: () throws -> Result) throws -> Result {
    try scope(begin: "BEGIN IMMEDIATE", body)
  }

  /// Runs `body` on one unchanging view of the database. It must not write.
  @discardableResult
  public func reading<Result>(_ body: () throws -> Result) throws -> Result {
    try scope(begin: "BEGIN", body)
  }

  private func scope<Result>(begin: String, _ body: () throws -> Result) throws -> Result {
    let name = "nested\(depth)"
    if depth == 0 {
      try waiting { () throws(DatabaseError) in try self.run(begin) }
    } else {
      try run("SAVEPOINT \(name)")
    }
    depth += 1
    let result: Result
    do {
      result = try body()
    } catch {
      depth -= 1
      undo(name)
      throw error
    }
    depth -= 1
    do {
      try run(depth == 0 ? "COMMIT" : "RELEASE \(name)")
    } catch {
      undo(name)
      throw error
    }
    return result
  }

  /// Rolls back. A full disk makes SQLite roll back by itself; then there is nothing left to do,
  /// and the first error is the one worth telling.
  private func undo(_ name: String) {
    if depth == 0 {
      if unsafe sqlite3_get_autocommit(handle) == 0 { _ = try? run("ROLLBACK") }
    } else {
      _ = try? execute("ROLLBACK TO \(name); RELEASE \(name)")
    }
  }

  /// Repeats what fails for being busy: some cases (recovery of the log by another process, a
  /// change of the journal's mode) return at once instead of waiting.
  private func waiting(_ body: () throws(DatabaseError) -> Void) throws(DatabaseError) {
    var waitedMilliseconds = 0
    while true {
      do {
        return try body()
      } catch {
        guard error.kind == .busy, waitedMilliseconds < Self.patienceMilliseconds else {
          throw error
        }
      }
      let pause = min(1 + waitedMilliseconds / 4, 50)
      usleep(UInt32(pause * 1000))
      waitedMilliseconds += pause
    }
  }

  // MARK: Care

  /// Moves the log into the file. False when readers or writers kept some of it.
  @discardableResult
  public func checkpoint() throws(DatabaseError) -> Bool {
    let statement = try statement("PRAGMA wal_checkpoint(TRUNCATE)")
    defer { statement.clear() }
    return try statement.step() ? statement.integer(0) == 0 : false
  }

  /// What SQLite's own check finds wrong, at most `limit` lines; empty when all is well.
  public func defects(limit: Int = 20) throws -> [String] {
    try all("PRAGMA integrity_check(\(limit))") { $0.text(0) }.filter { $0 != "ok" }
  }

  /// Bytes of the file as SQLite counts them, without its log.
  public func fileBytes() throws(DatabaseError) -> Int {
    try (integer("PRAGMA page_count") ?? 0) * (integer("PRAGMA page_size") ?? 0)
  }

  /// Leaves the log as it is when the connection closes, as a crash does; for tests.
  func keepLogOnClose() { _ = unsafe shim_keep_log_on_close(handle) }
}
