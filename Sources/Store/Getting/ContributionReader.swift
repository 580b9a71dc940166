// A contribution's bytes, files and records out of the blocks. Specs/Store.md, "Getting".

public import Content
internal import Records
internal import Synchronization

/// Reads one contribution. Everything it gives has been checked against its address.
public final class ContributionReader {
  public let manifest: Manifest
  let blocks: BlockStore
  /// While this lives, a collection does not take away what is being read.
  private let lease: Lease?

  /// Fails with `StoreError.missing` when the manifest's root is not here.
  public init(_ cid: CID, in blocks: BlockStore) throws {
    self.blocks = blocks
    lease = try Lease(blocks)
    manifest = try Manifest(decoding: Block(trusted: cid, bytes: try blocks.block(cid)))
  }

  /// Reads the manifest's nodes.
  func source(_ cid: CID) throws -> [UInt8] { try blocks.block(cid) }

  /// The same for a caller who walks the manifest with a cursor.
  public var manifestSource: (CID) throws -> [UInt8] { { [self] in try source($0) } }

  /// The chunks that only this or only the other contribution has.
  public func chunkDifference(
    to other: ContributionReader
  ) throws -> ManifestDifference<ChunkEntry> {
    try manifest.chunkDifference(to: other.manifest, source)
  }

  /// All files in path order.
  public func forEachFile(_ body: (FileEntry) throws -> Void) throws {
    var cursor = manifest.fileCursor()
    while let file = try cursor.next(source) { try body(file.item) }
  }

  /// The file at a path; nil when there is none.
  public func file(at path: ManifestPath) throws -> PlacedItem<FileEntry>? {
    try manifest.file(at: path, source)
  }

  /// A file's bytes, in order, in pieces of at most a few megabytes. Reading and hashing run
  /// ahead on other threads.
  public func read(_ file: PlacedItem<FileEntry>, _ body: ([UInt8]) throws -> Void) throws {
    try read(file.before.bytes..<file.before.bytes + file.item.bytes, body)
  }

  /// A range of the contribution's stream of bytes.
  public func read(_ range: Range<UInt64>, _ body: ([UInt8]) throws -> Void) throws {
    // New memory costs the system more than reading into it: pieces that were given go round.
    let spare = Mutex<[[UInt8]]>([])
    let work = OrderedWork<[PartToRead], [UInt8]>(
      threads: Worker.processors, mostWaiting: 3
    ) { parts in
      var bytes = spare.withLock { $0.popLast() } ?? []
      bytes.removeAll(keepingCapacity: true)
      bytes.reserveCapacity(parts.reduce(0) { $0 + $1.range.count })
      try BlockRun(locations: parts.map(\.location)).forEach { index, span in
        unsafe span.extracting(parts[index].range).withUnsafeBytes {
          unsafe bytes.append(contentsOf: $0)
        }
      }
      return bytes
    }
    defer { work.close() }
    func give(_ bytes: [UInt8]) throws {
      try body(bytes)
      spare.withLock { $0.append(bytes) }
    }
    var parts: [(cid: CID, range: Range<Int>)] = []
    var count = 0
    func submit() throws {
      // On one view of the index: each question alone would lock its file anew.
      work.submit(
        try blocks.reading {
          try parts.map { PartToRead(location: try location(of: $0.cid), range: $0.range) }
        })
      parts.removeAll(keepingCapacity: true)
      count = 0
    }
    try manifest.forEachPart(of: range, source) { part in
      parts.append((part.chunk.cid, part.range))
      count += part.range.count
      guard count >= BlockRun.mostBytes else { return }
      try submit()
      while let bytes = try work.nextReady() { try give(bytes) }
    }
    if !parts.isEmpty { try submit() }
    while let bytes = try work.next() { try give(bytes) }
  }

  func location(of cid: CID) throws -> BlockLocation {
    guard let location = try blocks.location(of: cid) else { throw try blocks.absence(of: cid) }
    return location
  }

  struct PartToRead: Sendable {
    let location: BlockLocation
    let range: Range<Int>
  }

  /// Whether all of the contribution's blocks are here, as far as the index knows; otherwise the
  /// first that is missing.
  public func firstMissing() throws -> CID? { try firstMissing(held: Marks()) }

  /// The same for a caller who knows of many blocks that they are here.
  func firstMissing(held: Marks) throws -> CID? {
    func isHere(_ cid: CID) throws -> Bool {
      if held.contains(cid.digest) { return true }
      return try blocks.has(cid)
    }
    do {
      var cursor = manifest.chunkCursor()
      while let chunk = try cursor.next(source) {
        if try !isHere(chunk.item.cid) { return chunk.item.cid }
        if let outline = chunk.outline, try !isHere(outline) { return outline }
      }
      try forEachFile { _ in }
    } catch StoreError.missing(let cid) {
      return cid
    }
    return nil
  }
}
