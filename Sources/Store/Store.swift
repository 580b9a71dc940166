// The store of one home: its database and its blocks. Specs/Store.md.

internal import Glibc

/// What commands and the peer open. One thread uses it; several processes may have the same
/// home open at the same time.
public final class Store {
  public let home: Home
  /// Claims and what follows from them. Every commit is on the disk before it returns.
  public let database: Database
  public let claims: ClaimStore
  /// What is wanted of other peers.
  public let peers: PeerSettings
  public let blocks: BlockStore

  private init(home: Home, access: Database.Access) throws {
    self.home = home
    database = try Database(.file(home.databasePath), access: access)
    claims = try ClaimStore(database)
    peers = try PeerSettings(database)
    blocks = try BlockStore(home: home, access: access)
  }

  /// Makes a store in a home that has none.
  public static func make(_ home: Home) throws -> Store {
    if home.exists { throw StoreError.storeExists(home.path) }
    try home.makeDirectories()
    return try Store(home: home, access: .readWrite)
  }

  /// Opens the store of a home.
  public static func open(_ home: Home, access: Database.Access = .readWrite) throws -> Store {
    if !home.exists { throw StoreError.noStore(home.path) }
    if access == .readWrite {
      if !home.isWritable { throw DiskError(operation: "write to", path: home.path, code: errno) }
      try home.makeDirectories()
    }
    do {
      return try Store(home: home, access: access)
    } catch let error as DatabaseError where error.code == DatabaseError.readOnlyCode {
      // An older program wrote it: its tables are brought forward once, then it is read.
      _ = try Store(home: home, access: .readWrite)
      return try Store(home: home, access: access)
    }
  }
}
