// Removes blocks that nothing needs, beside readers and writers of other processes.
// Specs/Store.md, "Collection".

public import Content
internal import Cryptography
internal import Glibc

/// One collection. Packs that are mostly garbage are rewritten without it; the old file goes
/// only after the index, on the disk, points at the new one.
final class Collector {
  private let blocks: BlockStore
  private let options: CollectOptions
  private let roots: () throws -> [CID]
  private var marks = Marks()
  private var report = CollectionReport()
  /// Packs that nobody else can write while this lives, in the order of their numbers.
  private var locked: [(number: UInt32, file: any DiskFile)] = []

  init(_ blocks: BlockStore, options: CollectOptions, roots: @escaping () throws -> [CID]) {
    self.blocks = blocks
    self.options = options
    self.roots = roots
  }

  private var index: BlockIndex { blocks.index }

  func collect() throws -> CollectionReport {
    // Nobody can write a disk that this process cannot, as far as it can see.
    let isLooking = options.dryRun && blocks.isReadOnly
    let lock = isLooking ? nil : try blocks.lockCollection()
    defer { extendLifetime(lock) }
    if !isLooking { try index.database.run("UPDATE packs SET sweeping = 0 WHERE sweeping = 1") }
    // Locked before the roots are read: what somebody is still writing is in packs that cannot
    // be locked, and what they have finished is reached from the roots.
    try lockPacks()
    try mark()
    let chosen = try choose()
    report.inPlaceFiles = try unneededFiles().count
    if options.dryRun { return report }
    try dropUnneededFiles()
    if chosen.isEmpty { return report }
    try sweep(chosen)
    return report
  }

  private func lockPacks() throws {
    for number in try blocks.files.numbers() {
      if blocks.isReadOnly {
        locked.append((number, try blocks.files.reader(number)))
        continue
      }
      guard let file = try blocks.files.locked(number) else {
        report.busyPacks += 1
        continue
      }
      try blocks.recover(number, file)
      if file.isLinked() { locked.append((number, file)) }
    }
  }

  private func mark() throws {
    try marks.reach(try roots() + blocks.pins(), in: blocks)
  }

  /// A pack to rewrite, and what it keeps.
  private struct Chosen {
    let number: UInt32
    let file: any DiskFile
    var gain: Int
  }

  private func choose() throws -> [Chosen] {
    var chosen: [Chosen] = []
    for (number, file) in locked {
      let size = try file.size()
      var kept = 0
      for place in try index.places(in: number) {
        if marks.contains(place.entry.digest) {
          report.keptBlocks += 1
          kept += place.entry.stored
        } else {
          report.garbageBlocks += 1
          report.garbageBytes += place.entry.stored
        }
      }
      let payload = try PackScan.payloadBytes(file, pack: number)
      let gain = payload - kept
      guard gain > 0, Double(gain) >= options.leastGarbage * Double(payload) else { continue }
      chosen.append(Chosen(number: number, file: file, gain: kept == 0 ? size : gain))
      report.freedBytes += kept == 0 ? size : gain
    }
    report.packs = chosen.count
    return chosen
  }

  private func sweep(_ chosen: [Chosen]) throws {
    try index.database.setDurability(.full)
    defer { _ = try? index.database.setDurability(.normal) }
    let epoch = try Lease.epoch(blocks)
    // From here on no new session takes a block in these packs for held.
    try index.database.transaction {
      for pack in chosen {
        try index.database.run("UPDATE packs SET sweeping = 1 WHERE pack = ?", Int(pack.number))
      }
      try index.database.run("UPDATE epochs SET epoch = ?", epoch + 1)
    }
    defer { _ = try? index.database.run("UPDATE packs SET sweeping = 0 WHERE sweeping = 1") }
    guard
      try Lease.waitForEnd(
        of: epoch, blocks, patienceMilliseconds: options.patienceMilliseconds)
    else {
      report.isHeldBack = true
      report.freedBytes = 0
      report.packs = 0
      return
    }
    // What older sessions have published meanwhile may need blocks that looked like garbage.
    try mark()
    report.freedBytes = 0
    report.packs = 0
    for pack in chosen { try rewrite(pack) }
  }

  /// Moves what is needed to a new pack and removes the old one.
  private func rewrite(_ pack: Chosen) throws {
    let kept = try index.places(in: pack.number).filter { marks.contains($0.entry.digest) }
    let writer = PackWriter(blocks.files)
    var entries: [PackEntry] = []
    var payload: [UInt8] = []
    func write() throws {
      if entries.isEmpty { return }
      _ = unsafe try payload.span.bytes.withUnsafeBytes { unsafe try writer.append(entries, [$0]) }
      entries = []
      payload.removeAll(keepingCapacity: true)
    }
    for place in kept {
      guard let stored = try pack.file.bytes(at: place.offset, count: place.entry.stored),
        let block = place.entry.form.block(from: stored, length: place.entry.length),
        SHA256.hash(block) == place.entry.digest
      else {
        // Damage is for a check to repair; nothing is thrown away before.
        report.damagedPacks += 1
        return
      }
      entries.append(place.entry)
      payload += stored
      if payload.count >= BlockWriter.groupBytes || entries.count >= PackFormat.mostEntries {
        try write()
      }
    }
    try write()
    try writer.sync()
    let before = try pack.file.size()
    var after = 0
    let synced = writer.takeSynced()
    try index.database.transaction {
      for new in synced {
        try index.enter(new.places, pack: new.pack, indexed: new.end)
        after += new.end - PackFormat.headerBytes
      }
      try index.database.run("DELETE FROM blocks WHERE pack = ?", Int(pack.number))
      // The row stays until the file is gone, so that recovery does not take it up again.
      try index.database.run(
        "UPDATE packs SET sweeping = 2, blocks = 0, bytes = 0 WHERE pack = ?", Int(pack.number))
    }
    try blocks.removeSwept(pack.number)
    report.packs += 1
    // A pack whose blocks are all needed by now is framed anew, which may take some bytes more.
    report.freedBytes += max(0, before - after)
  }

  // MARK: In place

  private func unneededFiles() throws -> [Int] {
    try index.inPlaceFiles().map(\.file).filter { file in
      var isNeeded = false
      try index.database.rows("SELECT digest FROM in_place_blocks WHERE file = ?", file) { row in
        if let digest = row.digest(0), marks.contains(digest) { isNeeded = true }
      }
      return !isNeeded
    }
  }

  private func dropUnneededFiles() throws {
    let epoch = try Lease.epoch(blocks)
    let files = try unneededFiles()
    if files.isEmpty { return }
    // A session that is adding these very files would lose them.
    guard try Lease.waitForEnd(of: epoch, blocks, patienceMilliseconds: 0) else {
      report.inPlaceFiles = 0
      return
    }
    try mark()
    for file in try unneededFiles() {
      try index.database.run("DELETE FROM in_place_files WHERE file = ?", file)
    }
  }
}

extension PackScan {
  /// The bytes of all blocks in a pack, needed or not.
  static func payloadBytes(_ file: any DiskFile, pack: UInt32) throws(DiskError) -> Int {
    var scan = try PackScan(file, pack: pack)
    var bytes = 0
    repeat {
      while let group = try scan.next() { bytes += group.payloadBytes }
    } while try scan.skipToNextGroup()
    return bytes
  }
}

extension BlockStore {
  /// Frees the space of blocks that cannot be reached from `roots` and pins. `roots` is asked
  /// again after older sessions have ended, so it must read the claims each time.
  public func collect(
    options: CollectOptions = CollectOptions(), roots: @escaping () throws -> [CID]
  ) throws -> CollectionReport {
    try Collector(self, options: options, roots: roots).collect()
  }

  /// One collection or check at a time.
  func lockCollection() throws -> FileLock? {
    guard files.disk is SystemDisk else { return nil }
    // A child that somebody is starting has all files of its parent open until it becomes another
    // program, and with them the locks that were just given back.
    for _ in 0..<20 {
      do {
        return try FileLock("\(home.locksPath)/collection", .exclusive, wait: false)
      } catch {
        guard error.kind == .locked else { throw error }
        usleep(10_000)
      }
    }
    throw StoreError.collectionRunning
  }

  /// Removes the file of a pack whose blocks the index has elsewhere.
  func removeSwept(_ number: UInt32) throws {
    files.forget(number)
    do throws(DiskError) {
      try files.disk.remove(files.path(number))
    } catch {
      guard error.kind == .missing else { throw error }
    }
    try files.disk.syncDirectory(files.directory)
    try index.database.run("DELETE FROM packs WHERE pack = ?", Int(number))
  }
}
