// Tells a collection which sessions may still rely on blocks that it wants to remove.
// Specs/Store.md, "Collection".

internal import Glibc

/// Held by everyone who writes, and by everyone who reads a contribution. Two lock files take
/// turns: a collection starts a new epoch and then waits for the old epoch's file, so it waits
/// only for sessions that began before it.
final class Lease {
  private let lock: FileLock

  /// Nil for stores that only this process can see, and on a disk that cannot be written: there
  /// nothing is collected.
  init?(_ store: BlockStore) throws {
    guard store.files.disk is SystemDisk else { return nil }
    while true {
      let epoch = try Self.epoch(store)
      let lock: FileLock
      do {
        lock = try FileLock(Self.path(store.home, epoch), .shared)
      } catch {
        if store.isReadOnly, [.readOnly, .notPermitted, .missing].contains(error.kind) {
          return nil
        }
        throw error
      }
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

  private static func path(_ home: Home, _ epoch: Int) -> String {
    "\(home.locksPath)/sessions.\(epoch & 1)"
  }

  /// Waits until no session of an epoch is left; false when some are there after
  /// `patienceMilliseconds`.
  static func waitForEnd(
    of epoch: Int, _ store: BlockStore, patienceMilliseconds: Int
  ) throws(DiskError) -> Bool {
    guard store.files.disk is SystemDisk else { return true }
    var waited = 0
    while true {
      do {
        _ = try FileLock(path(store.home, epoch), .exclusive, wait: false)
        return true
      } catch {
        guard error.kind == .locked else { throw error }
      }
      if waited >= patienceMilliseconds { return false }
      usleep(10_000)
      waited += 10
    }
  }
}
