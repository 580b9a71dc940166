// Reads all blocks, or a sample, and holds them to their addresses and to the index.
// Specs/Store.md, "Check".

internal import Content
internal import Cryptography

/// One check of a home's blocks. Hashing runs on all processors.
final class BlockCheck {
  private let blocks: BlockStore
  private let options: CheckOptions
  private let report: (CheckProgress) -> Bool
  private var progress = CheckProgress()
  private(set) var result = CheckReport()
  /// Places where something else lies than the block that should.
  private var damaged: Set<BlockPlace> = []
  /// Stretches of packs in which no group could be read.
  private var gaps: [(pack: UInt32, bytes: Range<Int>)] = []
  /// What the groups of each pack say that it holds.
  private var sums: [UInt32: PlaceSum] = [:]
  /// Blocks that the index has, as far as it could be read.
  private(set) var held = Marks()

  /// Workers beyond the processors: some wait for the disk while the others hash.
  private static let readersAhead = 1

  init(
    _ blocks: BlockStore, options: CheckOptions, report: @escaping (CheckProgress) -> Bool
  ) {
    self.blocks = blocks
    self.options = options
    self.report = report
  }

  private var index: BlockIndex { blocks.index }
  private var mayRepair: Bool { options.repair && !blocks.isReadOnly }

  func check() throws -> CheckReport {
    for defect in try index.database.defects() {
      result.find(.database, "\(index.database.path): \(defect)")
    }
    let numbers = try blocks.files.numbers()
    for number in numbers {
      progress.totalBytes += (try? blocks.files.reader(number).size()) ?? 0
    }
    let work = OrderedWork<GroupToCheck, CheckedGroup>(
      threads: options.threads ?? Worker.processors + Self.readersAhead, mostWaiting: 4
    ) { try $0.checked() }
    defer { work.close() }
    for number in numbers { try check(pack: number, work) }
    while let answer = try work.next() { try take(answer) }
    try compareIndex(numbers)
    try repairDamage(numbers)
    try checkFiles()
    return result
  }

  // MARK: Packs

  private func check(pack number: UInt32, _ work: OrderedWork<GroupToCheck, CheckedGroup>) throws {
    let file = try blocks.files.reader(number)
    progress.current = PackFormat.name(pack: number)
    result.packs += 1
    // Behind the indexed part somebody may be writing.
    let end = try index.pack(number)?.indexed ?? 0
    guard let header = try file.bytes(at: 0, count: PackFormat.headerBytes),
      PackFormat.isHeader(header, pack: number)
    else {
      if end > 0 { result.find(.damagedPack, "\(file.path): its header is damaged") }
      return
    }
    var scan = try PackScan(file, pack: number)
    while true {
      while scan.offset < end, let group = try scan.next() {
        work.submit(
          GroupToCheck(
            pack: number, file: file, group: group, share: options.share, seed: options.seed))
        while let answer = try work.nextReady() { try take(answer) }
      }
      if scan.offset >= end { return }
      let start = scan.offset
      let goesOn = try scan.skipToNextGroup()
      gaps.append((number, start..<(goesOn ? scan.offset : end)))
      if !goesOn { return }
    }
  }

  private func take(_ answer: CheckedGroup) throws {
    result.bytes += answer.bytes
    result.blocks += answer.blocks
    progress.bytes += answer.bytes
    progress.blocks += answer.blocks
    damaged.formUnion(answer.damaged)
    sums[answer.pack, default: PlaceSum()].add(answer.sum)
    guard report(progress) else { throw StoreError.cancelled(kept: 0) }
  }

  // MARK: Index

  /// Rows of the index that no entry of a pack stands behind count as damaged.
  private func compareIndex(_ numbers: [UInt32]) throws {
    var indexed: [UInt32: PlaceSum] = [:]
    try index.forEachPlace { place in
      indexed[place.pack, default: PlaceSum()].add(place)
      held.insert(place.entry.digest)
    }
    for pack in try index.packs() where !pack.isSwept {
      guard numbers.contains(pack.number) else {
        result.find(.damagedPack, "\(blocks.files.path(pack.number)) is gone")
        damaged.formUnion(try index.places(in: pack.number))
        continue
      }
      if indexed[pack.number] ?? PlaceSum() == sums[pack.number] ?? PlaceSum() { continue }
      // A copy that the index does not use makes the sums differ, and so does damage.
      var entries: [Int: PackEntry] = [:]
      try forEachEntry(in: pack.number) { entries[$1] = $0 }
      for place in try index.places(in: pack.number) where entries[place.offset] != place.entry {
        damaged.insert(place)
      }
    }
    for gap in gaps {
      // Where the index has nothing, a power cut tore what nobody was promised. At the very start
      // lies no block of the stretch, but perhaps an empty one that ends the group before.
      let isUsed = try index.places(in: gap.pack).contains {
        $0.offset > gap.bytes.lowerBound && $0.offset < gap.bytes.upperBound
      }
      if !isUsed { continue }
      result.find(
        .damagedPack,
        "\(self.blocks.files.path(gap.pack)): the group at byte \(gap.bytes.lowerBound) is damaged")
    }
  }

  private func forEachEntry(in number: UInt32, _ body: (PackEntry, Int) -> Void) throws {
    var scan = try PackScan(blocks.files.reader(number), pack: number)
    repeat {
      while let group = try scan.next() {
        for (entry, offset) in group.places { body(entry, offset) }
      }
    } while try scan.skipToNextGroup()
  }

  // MARK: Repair

  /// Points the index at another copy where there is one; otherwise the block counts as missing,
  /// so that it is fetched again.
  private func repairDamage(_ numbers: [UInt32]) throws {
    var wanted: Set<Digest> = []
    for place in damaged {
      // What the index does not point at is left over, and goes with the next collection.
      if try index.place(of: place.entry.digest) == place { wanted.insert(place.entry.digest) }
    }
    if wanted.isEmpty { return }
    var copies: [Digest: BlockPlace] = [:]
    for number in numbers {
      try forEachEntry(in: number) { entry, offset in
        guard wanted.contains(entry.digest) else { return }
        let place = BlockPlace(pack: number, offset: offset, entry: entry)
        let location = BlockLocation(
          cid: CID(codec: .raw, digest: entry.digest), byteCount: entry.length,
          place: .pack(blocks.files, place))
        if (try? location.read()) != nil { copies[entry.digest] = place }
      }
    }
    for digest in wanted.sorted() { try repair(digest, copy: copies[digest]) }
  }

  private func repair(_ digest: Digest, copy: BlockPlace?) throws {
    let cid = CID(codec: .raw, digest: digest)
    guard let old = try index.place(of: digest) else { return }
    let whereIs = "in \(blocks.files.path(old.pack)) at byte \(old.offset)"
    let piece = try index.piece(of: digest).flatMap { try? blocks.inPlace.read($0, cid: cid) }
    guard mayRepair else {
      return result.find(.damagedBlock, "block \(cid) \(whereIs) is damaged")
    }
    try index.database.transaction {
      try index.database.run("DELETE FROM blocks WHERE digest = ?", digest)
      try index.database.run(
        "UPDATE packs SET blocks = blocks - 1, bytes = bytes - ? WHERE pack = ?",
        old.entry.stored, Int(old.pack))
      if let copy { try index.enter([copy], pack: copy.pack, indexed: 0) }
    }
    if copy == nil, let piece { try blocks.put(piece) }
    let isRepaired = copy != nil || piece != nil
    if !isRepaired { held.remove(digest) }
    result.find(
      .damagedBlock,
      isRepaired
        ? "block \(cid) \(whereIs) was damaged; another copy is used"
        : "block \(cid) \(whereIs) is damaged and there is no other copy here; import an "
          + "archive that has it, or add its file again", isRepaired: isRepaired)
  }

  // MARK: In place

  private func checkFiles() throws {
    for file in try index.inPlaceFiles() {
      result.inPlaceFiles += 1
      progress.current = file.path
      if file.isChanged || FileStamp(path: file.path) != file.stamp {
        let isRestored = try mayRepair && restore(file)
        result.find(
          .changedFile,
          isRestored
            ? "\(file.path) was written anew with the same bytes; it is served again"
            : "\(StoreError.changedInPlace(path: file.path))", isRepaired: isRestored)
        if !isRestored {
          if !blocks.isReadOnly { try index.noteChanged(file: file.file) }
          continue
        }
      }
      let pieces = try index.database.all(
        "SELECT digest FROM in_place_blocks WHERE file = ? ORDER BY offset", file.file
      ) { $0.digest(0) }
      for digest in pieces.compactMap({ $0 }) {
        guard let piece = try index.piece(of: digest, file: file.file) else { break }
        guard (try? blocks.inPlace.read(piece, cid: CID(codec: .raw, digest: digest))) != nil else {
          result.find(.changedFile, "\(StoreError.changedInPlace(path: file.path))")
          break
        }
        result.bytes += piece.length
        result.blocks += 1
        progress.bytes += piece.length
        guard report(progress) else { throw StoreError.cancelled(kept: 0) }
      }
    }
    try blocks.noteChangedFiles()
  }

  /// A file that was touched, copied back or moved to another disk and has every byte it had is
  /// taken back: its new stamp is noted. False when anything differs.
  private func restore(_ file: BlockIndex.InPlaceFile) throws -> Bool {
    guard let stamp = FileStamp(path: file.path), stamp.size == file.stamp.size else {
      return false
    }
    let pieces = try index.pieces(of: file, stamp: stamp)
    // A reader of its own: what fails here was noted as changed long ago.
    let files = InPlaceFiles()
    for (digest, piece) in pieces {
      guard (try? files.read(piece, cid: CID(codec: .raw, digest: digest))) != nil else {
        return false
      }
      guard report(progress) else { throw StoreError.cancelled(kept: 0) }
    }
    try index.noteRestored(file: file.file, stamp: stamp)
    return true
  }
}
