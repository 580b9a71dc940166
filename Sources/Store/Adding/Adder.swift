// Adds files as a contribution: reads, cuts, names, stores, describes. Specs/Store.md, "Adding".

internal import Content
internal import Records

/// Reading and finding records run ahead on a thread, cutting on the caller's. Hashing and writing
/// run on workers; this thread helps them when they fall behind. Memory does not grow with the
/// files: a bounded number of pieces and batches is under way.
final class Adder {
  /// Problems that are kept to be shown; all are counted.
  static let mostProblems = 100
  /// Workers beyond the processors: some wait for the disk while the others hash.
  static let writersAhead = 1
  /// Batches that wait for a worker before this thread helps.
  static let mostWaiting = 3
  /// When so many new blocks are on the disk, they are entered in the index while the work goes on,
  /// so that little is left to do at the end. Many at a time, since each time half the index is
  /// written.
  static let blocksPerEntry = 1 << 13
  /// All under way is finished and acknowledged at the latest when so many blocks wait for it.
  static let blocksPerCommit = 1 << 17
  /// Bytes are synced at the latest when so many wait.
  static let bytesPerCommit = 2 << 30

  /// Groups of small files that are read ahead: 64 KiB a file, 64 files a group.
  static let groupsAhead = 6
  /// With more files than this, nobody is told how many bytes there will be.
  static let mostFilesMeasured = 10_000

  private let blocks: BlockStore
  private let options: AddOptions
  private let report: (AddProgress) -> Bool
  private let writer: BlockWriter
  private let work: OrderedWork<BatchToStore, StoredBatch>
  private var cutter = ContributionCutter()
  private var builder = ManifestBuilder()
  private var inPlace: InPlaceRecorder?
  private var progress = AddProgress()
  private var problems: [FileProblem] = []
  private var newBlocks = 0
  private var newBytes = 0

  /// `report` is called after each batch; its answer false stops the work.
  init(
    _ blocks: BlockStore, options: AddOptions, report: @escaping (AddProgress) -> Bool
  ) throws {
    self.blocks = blocks
    self.options = options
    self.report = report
    writer = try BlockWriter(blocks, isParallel: true)
    let storing = ChunkStoring(packs: writer.packs, held: writer.held)
    work = OrderedWork(
      threads: options.threads ?? Worker.processors + Self.writersAhead,
      mostWaiting: Self.mostWaiting
    ) { try storing.store($0) }
    if options.inPlace { inPlace = InPlaceRecorder(blocks.index) }
  }

  deinit { work.close() }

  func add(_ files: [FileToAdd]) throws -> Addition {
    progress.totalFiles = files.count
    if files.count <= Self.mostFilesMeasured {
      for file in files { progress.totalBytes += FileStamp(path: file.location)?.size ?? 0 }
    }
    do {
      try addAll(files)
      cutter.finish()
      try handOn()
      try drain()
      let manifest = try builder.finish { try emit($0) }
      try writer.commit()
      try inPlace?.commit()
      return Addition(
        manifest: manifest, newBlocks: newBlocks + writer.newBlocks,
        newBytes: newBytes + writer.newBytes, problems: problems, lease: writer.lease)
    } catch {
      work.close()
      // What is whole so far is kept, so that adding again goes on from there.
      _ = try? writer.commit()
      if case StoreError.cancelled = error { throw StoreError.cancelled(kept: newBytes) }
      throw error
    }
  }

  /// Groups of files are read some way ahead of the one that is being cut.
  private func addAll(_ files: [FileToAdd]) throws {
    let reading = OrderedWork<FileGroup, FileGroup>(
      threads: files.count > 1 ? options.threads ?? max(1, Worker.processors - 1) : 0,
      mostWaiting: Self.groupsAhead
    ) { try $0.reading() }
    defer { reading.close() }
    var next = 0
    var ahead = 0
    while next < files.count || ahead > 0 {
      while next < files.count, ahead <= Self.groupsAhead {
        let end = min(next + FileGroup.mostFiles, files.count)
        let mostProblems = max(0, Self.mostProblems - problems.count)
        reading.submit(FileGroup(files: Array(files[next..<end]), mostProblems: mostProblems))
        next = end
        ahead += 1
      }
      guard let group = try reading.next() else { return }
      ahead -= 1
      for (file, read) in zip(group.files, group.read) {
        if let read { try add(file, read) } else { try add(file) }
      }
    }
  }

  private func add(_ file: FileToAdd, _ read: ReadFile) throws {
    progress.currentFile = file.path.text
    try inPlace?.begin(file, read.stamp)
    try checkProblems(file, read.summary)
    cutter.beginFile(hasRecords: read.format.hasRecords)
    cutter.append(read.bytes, recordEnds: read.ends)
    let size = cutter.endFile()
    progress.bytes += read.bytes.count
    try handOn()
    try finish(file, read.format, size, read.summary)
  }

  private func emit(_ block: Block) throws { _ = try writer.put(block) }

  private func add(_ file: FileToAdd) throws {
    progress.currentFile = file.path.text
    let source = try SystemDisk().open(file.location, .read)
    guard let stamp = source.stamp() else {
      throw DiskError(operation: "look at", path: file.location, code: 0)
    }
    try inPlace?.begin(file, stamp)
    guard let head = try source.bytes(at: 0, count: min(stamp.size, RecordFormat.headLength))
    else {
      throw AddError(
        location: source.path, reason: "it became shorter while it was read; try again")
    }
    let format = RecordFormat.recognised(
      fileName: file.path.text, head: head, isWhole: head.count == stamp.size)
    let reading = LargeFileReading(
      source, size: stamp.size, format: format, isAhead: options.threads != 0)
    defer { reading.close() }
    var summary = RecordSummary()
    cutter.beginFile(hasRecords: format.hasRecords)
    while let piece = try reading.next() {
      summary = piece.summary
      try checkProblems(file, summary)
      cutter.append(piece.bytes, recordEnds: piece.ends)
      progress.bytes += piece.bytes.count
      reading.reuse(piece)
      try handOn()
    }
    // A file that was written meanwhile would be a mixture of before and after.
    guard source.stamp() == stamp else {
      throw AddError(location: file.location, reason: "it was changed while it was read; try again")
    }
    let size = cutter.endFile()
    try handOn()
    try finish(file, format, size, summary)
  }

  private func finish(
    _ file: FileToAdd, _ format: RecordFormat, _ size: ContributionCutter.FileSize,
    _ summary: RecordSummary
  ) throws {
    for problem in summary.problems where problems.count < Self.mostProblems {
      problems.append(FileProblem(path: file.path, problem: problem))
    }
    let shape = RecordShape.allCases.max { summary.count(of: $0) < summary.count(of: $1) }
    let isShaped = shape.map { summary.count(of: $0) > 0 && $0 != .other } ?? false
    let entry = try FileEntry(
      path: file.path, format: FileFormat(rawValue: format.name) ?? .opaque,
      shape: isShaped ? shape?.name.replacing("/", with: "-") : nil, bytes: size.bytes,
      records: size.records, unparsed: UInt64(min(summary.broken, Int(size.records))))
    try builder.append(entry) { try emit($0) }
    progress.files += 1
    progress.records += Int(size.records)
  }

  private func checkProblems(_ file: FileToAdd, _ summary: RecordSummary) throws {
    if options.strict, let problem = summary.problems.first {
      throw StrictError(problem: FileProblem(path: file.path, problem: problem))
    }
  }

  /// Gives what is cut to the workers, and takes back what they have finished.
  private func handOn() throws {
    while let batch = cutter.nextBatch() {
      work.submit(BatchToStore(batch: batch, places: inPlace?.places(of: batch) ?? []))
      while let stored = try work.nextReady() { try take(stored) }
      guard report(progress) else { throw StoreError.cancelled(kept: 0) }
      if writer.packs.syncedCount >= Self.blocksPerEntry { try writer.enterSynced() }
      if writer.packs.unsyncedBytes >= Self.bytesPerCommit
        || writer.held.pendingCount >= Self.blocksPerCommit
      {
        try drain()
        try writer.commit()
      }
      if let inPlace, inPlace.uncommitted >= Self.blocksPerCommit { try inPlace.commit() }
    }
  }

  private func drain() throws {
    while let stored = try work.next() { try take(stored) }
    _ = report(progress)
  }

  private func take(_ stored: StoredBatch) throws {
    newBlocks += stored.newBlocks
    newBytes += stored.newBytes
    progress.newBytes = newBytes
    inPlace?.take(stored)
    try builder.append(stored.hashed) { try emit($0) }
    cutter.reuse(stored.hashed.batch)
  }
}

extension BlockStore {
  /// Stores files as a contribution's chunks and manifest. When this returns, all of it survives
  /// a power cut; the claim that publishes the manifest is the caller's.
  ///
  /// `report` is called every few megabytes on this thread; its answer false stops the work:
  /// then `StoreError.cancelled` says how much is kept, and adding again is fast up to there.
  public func add(
    _ files: [FileToAdd], options: AddOptions = AddOptions(),
    report: @escaping (AddProgress) -> Bool = { _ in true }
  ) throws -> Addition {
    try Adder(self, options: options, report: report).add(files)
  }
}
