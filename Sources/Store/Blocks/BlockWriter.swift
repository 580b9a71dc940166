// Stores many blocks with few syncs: append on any thread, acknowledge by `commit`.
// Specs/Store.md, "Writing".

public import Content
public import Cryptography
internal import Synchronization

/// One writing session. Blocks that are held already are not written again.
///
/// Small blocks gather in memory until a group is worth writing. `commit` syncs the packs and
/// then enters the blocks in the index; what it has returned for survives a power cut.
public final class BlockWriter {
  /// Gathered blocks are written as a group when they have this many bytes.
  static let groupBytes = 4 << 20
  /// Blocks in one group at most.
  static let groupBlocks = 1024

  private let store: BlockStore
  let packs: PackWriter
  private let lease: WriterLease?
  /// Gathered and not written yet.
  private var gathered: [(entry: PackEntry, bytes: [UInt8])] = []
  private var gatheredBytes = 0
  /// Written or gathered, and not in the index yet.
  private var pending: Set<Digest> = []
  /// Blocks and bytes that this session has added.
  public private(set) var newBlocks = 0
  public private(set) var newBytes = 0

  init(_ store: BlockStore) throws {
    self.store = store
    packs = PackWriter(store.files)
    lease = try WriterLease(store)
    try adoptPack()
  }

  /// Goes on in the last pack that has room and that nobody else writes.
  private func adoptPack() throws {
    let candidates = try store.index.packs().reversed().prefix(8)
    for pack in candidates where pack.indexed < PackFormat.fullBytes && !pack.isSweeping {
      guard let file = try store.files.locked(pack.number) else { continue }
      let end = try store.recover(pack.number, file)
      guard end >= PackFormat.headerBytes, end < PackFormat.fullBytes,
        try store.index.pack(pack.number)?.isSweeping == false
      else { continue }
      packs.adopt(pack.number, file, end: end)
      return
    }
  }

  /// Hashes a block and stores it unless it is held.
  @discardableResult
  public func put(_ bytes: [UInt8], codec: CID.Codec = .raw) throws -> CID {
    guard bytes.count <= PackFormat.largestBlock else { throw StoreError.tooLarge(bytes.count) }
    let cid = CID(of: bytes, codec: codec)
    try put(trusted: cid, bytes)
    return cid
  }

  /// Stores a block whose address the caller has checked; false when it is held already.
  @discardableResult
  public func put(trusted cid: CID, _ bytes: [UInt8]) throws -> Bool {
    guard bytes.count <= PackFormat.largestBlock else { throw StoreError.tooLarge(bytes.count) }
    guard try !isHeld(cid.digest) else { return false }
    let entry = PackEntry(
      digest: cid.digest, form: .plain, stored: bytes.count, length: bytes.count)
    pending.insert(cid.digest)
    gathered.append((entry, bytes))
    gatheredBytes += bytes.count
    newBlocks += 1
    newBytes += bytes.count
    if gatheredBytes >= Self.groupBytes || gathered.count >= Self.groupBlocks {
      try writeGathered()
    }
    return true
  }

  /// Whether the block is held for good, or by this session.
  public func isHeld(_ digest: Digest) throws -> Bool {
    if pending.contains(digest) { return true }
    return try store.index.isKept(digest)
  }

  private func writeGathered() throws {
    if gathered.isEmpty { return }
    // One copy into one piece of memory: a group of small blocks is one write.
    var payload: [UInt8] = []
    payload.reserveCapacity(gatheredBytes)
    for block in gathered { payload += block.bytes }
    let entries = gathered.map(\.entry)
    _ = unsafe try payload.span.bytes.withUnsafeBytes { unsafe try packs.append(entries, [$0]) }
    gathered = []
    gatheredBytes = 0
  }

  /// Acknowledges everything put so far.
  public func commit() throws {
    try writeGathered()
    try packs.sync()
    try enterSynced()
  }

  /// Enters in the index what `packs.sync` has made durable.
  func enterSynced() throws {
    for synced in packs.takeSynced() {
      try store.index.enter(synced.places, pack: synced.pack, indexed: synced.end)
    }
    pending = []
  }
}
