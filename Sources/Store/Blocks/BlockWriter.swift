// Stores many blocks with few syncs: append, then acknowledge by `commit`.
// Specs/Store.md, "Writing".

public import Content
internal import Cryptography

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
  var index: BlockIndex { store.index }
  let packs: PackWriter
  let held: HeldBlocks
  /// While this lives, a collection removes nothing that this session may rely on.
  let lease: Lease?
  /// Gathered and not written yet.
  private var gathered: [(entry: PackEntry, bytes: [UInt8])] = []
  private var gatheredBytes = 0
  /// Blocks and bytes that this session has gathered itself; a parallel store counts its own.
  public private(set) var newBlocks = 0
  public private(set) var newBytes = 0

  /// What packs held when the session began.
  private let heldBytes: Int

  /// With `isParallel`, `held` and `packs` may be used by several threads at once.
  init(_ store: BlockStore, isParallel: Bool = false) throws {
    self.store = store
    packs = PackWriter(store.files)
    heldBytes = try store.index.totals().bytes
    held = HeldBlocks(home: store.home, index: isParallel ? nil : store.index)
    lease = try Lease(store)
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
    guard bytes.count <= Block.maximumByteCount else { throw StoreError.tooLarge(bytes.count) }
    let cid = CID(of: bytes, codec: codec)
    try put(Block(trusted: cid, bytes: bytes))
    return cid
  }

  /// Stores a block whose address has been checked; false when it is held already.
  @discardableResult
  public func put(_ block: Block) throws -> Bool {
    let bytes = block.bytes
    guard bytes.count <= Block.maximumByteCount else { throw StoreError.tooLarge(bytes.count) }
    if let quota = store.quotaBytes, heldBytes + newBytes + bytes.count > quota {
      if try held.contains(block.cid.digest) { return false }
      throw StoreError.quota(bytes: quota, needed: bytes.count)
    }
    guard try held.claim(block.cid.digest) else { return false }
    let entry = PackEntry(
      digest: block.cid.digest, form: .plain, stored: bytes.count, length: bytes.count)
    gathered.append((entry, bytes))
    gatheredBytes += bytes.count
    newBlocks += 1
    newBytes += bytes.count
    if gatheredBytes >= Self.groupBytes || gathered.count >= Self.groupBlocks {
      try writeGathered()
    }
    return true
  }

  func writeGathered() throws {
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

  /// Bytes that a commit would make durable.
  var uncommittedBytes: Int { packs.unsyncedBytes + gatheredBytes }

  /// Acknowledges everything put so far.
  public func commit() throws {
    try writeGathered()
    try packs.sync()
    try enterSynced()
    held.forgetPending()
  }

  /// Enters what is on the disk in the index. More may be appended meanwhile.
  func enterSynced() throws {
    for synced in packs.takeSynced() {
      try store.index.enter(synced.places, pack: synced.pack, indexed: synced.end)
    }
  }
}
