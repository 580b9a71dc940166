// Which blocks need not be written again, asked by several threads at once.
// Specs/Store.md, "Writing".

internal import Cryptography

/// What a writing session has written, and what the index holds.
///
/// Safe to share: everything is touched only under `condition`, the connection included.
final class HeldBlocks: @unchecked Sendable {
  /// A filter is made for indexes up to this many blocks; beyond, each question goes to SQLite.
  private static let mostFiltered = 16 << 20
  /// Questions before the filter pays for its making.
  private static let questionsBeforeFilter = 512

  private let condition = Condition()
  private let home: Home
  /// Asked by whichever thread holds the lock; its own, so that no other thread can meet it.
  private var database: Database?
  private var index: BlockIndex?
  private var filter: DigestFilter?
  private var questions = 0
  /// Written by this session and not in the index yet.
  private var pending: Set<Digest> = []

  /// `index` is given only where all happens on one thread.
  init(home: Home, index: BlockIndex?) {
    self.home = home
    self.index = index
  }

  /// Notes a block as about to be written. False when it is held for good, or noted already:
  /// then the caller does not write it.
  func claim(_ digest: Digest) throws -> Bool {
    condition.lock()
    defer { condition.unlock() }
    return try claimed(digest)
  }

  /// `claim` for many blocks under one lock.
  func claim(_ digests: [Digest]) throws -> [Bool] {
    condition.lock()
    defer { condition.unlock() }
    return try digests.map { try claimed($0) }
  }

  /// Most are new, so they are noted first and taken back if they are not.
  private func claimed(_ digest: Digest) throws -> Bool {
    guard pending.insert(digest).inserted else { return false }
    var isNew = false
    defer { if !isNew { pending.remove(digest) } }
    isNew = try !isIndexed(digest)
    return isNew
  }

  func contains(_ digest: Digest) throws -> Bool {
    condition.lock()
    defer { condition.unlock() }
    return try pending.contains(digest) || isIndexed(digest)
  }

  /// Blocks that wait for the index.
  var pendingCount: Int {
    condition.lock()
    defer { condition.unlock() }
    return pending.count
  }

  /// The index has taken up everything pending.
  func forgetPending() {
    condition.lock()
    defer { condition.unlock() }
    if let database, filter != nil, pending.count > 0 {
      extendLifetime(database)
      for digest in pending { filter?.insert(digest) }
    }
    pending = []
  }

  private func isIndexed(_ digest: Digest) throws -> Bool {
    if index == nil {
      let database = try Database(.file(home.indexPath), access: .readOnly)
      self.database = database
      index = try BlockIndex(database)
    }
    guard let index else { return false }
    questions += 1
    if questions == Self.questionsBeforeFilter, database != nil { try makeFilter(index) }
    if let filter, !filter.mayContain(digest) { return false }
    return try index.isKept(digest)
  }

  private func makeFilter(_ index: BlockIndex) throws {
    let count = try index.totals().blocks
    guard count <= Self.mostFiltered else { return }
    var filter = DigestFilter(expecting: count + (1 << 17))
    try index.forEachDigest { filter.insert($0) }
    self.filter = filter
  }
}
