// Tells a collection which writers may still rely on blocks that it wants to remove.
// Specs/Store.md, "Collection".

/// Held by every writing session. Two lock files take turns: a collection starts a new epoch and
/// then waits for the old epoch's file, so it waits only for sessions that began before it.
final class WriterLease {
  private let lock: FileLock

  /// Nil for stores without a directory of locks (the simulator's).
  init?(_ store: BlockStore) throws {
    guard store.files.disk is SystemDisk else { return nil }
    while true {
      let epoch = try Self.epoch(store)
      let lock = try FileLock(Self.path(store.home, epoch), .shared)
      // Had a collection started the next epoch in between, it would not wait for this session.
      if try Self.epoch(store) == epoch {
        self.lock = lock
        return
      }
    }
  }

  static func epoch(_ store: BlockStore) throws(DatabaseError) -> Int {
    try store.index.database.integer("SELECT epoch FROM epochs") ?? 0
  }

  static func path(_ home: Home, _ epoch: Int) -> String {
    "\(home.locksPath)/writers.\(epoch & 1)"
  }
}
