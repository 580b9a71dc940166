// Builds a contribution's manifest while its chunks and files go by, in bounded memory
// (Specs/Manifests.md, "Building"). The same contribution always gives the same blocks.

public import Cryptography

/// Chunks come in stream order, files in path order; the two may be interleaved at will. Each
/// finished block is given to `emit` once, a node always before the node that names it.
public struct ManifestBuilder: Sendable {
  /// A node of the chunk tree holds at most so many entries: 72 KiB.
  public static let maximumChunkFanout = 1024
  /// A node of the file tree holds at most so many entries: 576 KiB with the longest paths.
  public static let maximumFileFanout = 512
  /// Trees of more levels are refused; four are enough for a terabyte.
  public static let maximumDepth = 8
  static let minimumChunkFanout = 64
  static let minimumFileFanout = 32

  private var chunks = TreeBuilder(key: ChunkEntry.leafKey)
  private var outlines = DagCBOREncoder()
  private var outlineCount = 0
  private var hasOutline = false
  private var files = TreeBuilder(key: FileEntry.leafKey)
  private var lastFile: FileEntry?

  public init() {}

  /// Adds a batch's chunks.
  public mutating func append<Failure: Error>(
    _ hashed: HashedBatch, emit: (Block) throws(Failure) -> Void
  ) throws(Failure) {
    for (chunk, digest) in zip(hashed.batch.chunks, hashed.digests) {
      try append(chunk, digest: digest, emit: emit)
    }
  }

  /// Adds one chunk whose bytes have been hashed.
  public mutating func append<Failure: Error>(
    _ chunk: CutChunk, digest: Digest, emit: (Block) throws(Failure) -> Void
  ) throws(Failure) {
    if chunks.leafIsComplete { try closeChunkLeaf(emit: emit) }
    let cid = CID(codec: .raw, digest: digest)
    let totals = ManifestTotals(
      items: 1, bytes: UInt64(chunk.byteCount), records: UInt64(chunk.recordCount))
    chunks.add(totals) { encoder in
      encoder.array(count: 3)
      encoder.link(cid)
      encoder.unsigned(UInt64(chunk.byteCount))
      encoder.unsigned(UInt64(chunk.recordCount))
    }
    outlines.bytes(chunk.outline.bytes)
    outlineCount += 1
    if !chunk.outline.bytes.isEmpty { hasOutline = true }
    chunks.leafIsComplete =
      chunks.leafCount >= Self.maximumChunkFanout
      || chunks.leafCount >= Self.minimumChunkFanout && digest.prefix >> 56 == 0
  }

  /// Adds a file. Its chunks may come before or after.
  public mutating func append<Failure: Error>(
    _ file: FileEntry, emit: (Block) throws(Failure) -> Void
  ) throws {
    if let last = lastFile { try file.checkPlace(behind: last) }
    if files.leafIsComplete, let path = lastFile?.path { try closeFileLeaf(path, emit: emit) }
    lastFile = file
    files.add(file.totals) { file.encode(to: &$0) }
    let hash = XXHash64.hash(Array(file.path.text.utf8))
    files.leafIsComplete =
      files.leafCount >= Self.maximumFileFanout
      || files.leafCount >= Self.minimumFileFanout && hash >> 57 == 0
  }

  /// Closes both trees and emits the root, whose address names the contribution.
  public mutating func finish<Failure: Error>(
    emit: (Block) throws(Failure) -> Void
  ) throws -> Manifest {
    let chunkTop = try chunks.finish(
      level: Self.chunkLevel, leaf: try outlineLink(emit: emit), path: nil, emit: emit)
    let fileTop = try files.finish(
      level: Self.fileLevel, leaf: nil, path: lastFile?.path, emit: emit)
    let (chunkTotals, fileTotals) = (chunks.totals, files.totals)
    guard chunkTotals.bytes == fileTotals.bytes, chunkTotals.records == fileTotals.records else {
      throw ManifestError(
        .sum,
        "chunks hold \(chunkTotals.bytes) bytes and \(chunkTotals.records) records, files "
          + "\(fileTotals.bytes) and \(fileTotals.records)")
    }
    var root = DagCBOREncoder()
    root.map(count: 7)
    root.text("kind")
    root.text(Manifest.kind)
    root.text("bytes")
    root.unsigned(fileTotals.bytes)
    root.text("files")
    root.encoded(fileTop)
    root.text("chunks")
    root.encoded(chunkTop)
    root.text("records")
    root.unsigned(fileTotals.records)
    root.text("version")
    root.unsigned(Manifest.version)
    root.text("unparsed")
    root.unsigned(fileTotals.unparsed)
    let block = Block(root.bytes, codec: .dagCBOR)
    try emit(block)
    return try Manifest(decoding: block)
  }

  private mutating func closeChunkLeaf<Failure: Error>(
    emit: (Block) throws(Failure) -> Void
  ) throws(Failure) {
    let outline = try outlineLink(emit: emit)
    try chunks.closeLeaf(level: Self.chunkLevel, leaf: outline, path: nil, emit: emit)
  }

  private mutating func closeFileLeaf<Failure: Error>(
    _ path: ManifestPath, emit: (Block) throws(Failure) -> Void
  ) throws(Failure) {
    try files.closeLeaf(level: Self.fileLevel, leaf: nil, path: path, emit: emit)
  }

  /// Emits the outlines of the open leaf's chunks, unless all are empty.
  private mutating func outlineLink<Failure: Error>(
    emit: (Block) throws(Failure) -> Void
  ) throws(Failure) -> CID? {
    defer {
      outlines = DagCBOREncoder()
      outlineCount = 0
      hasOutline = false
    }
    guard hasOutline else { return nil }
    var encoder = DagCBOREncoder(reserving: outlines.bytes.count + 8)
    encoder.array(count: outlineCount)
    encoder.encoded(outlines.bytes)
    let block = Block(encoder.bytes, codec: .dagCBOR)
    try emit(block)
    return block.cid
  }

  private static let chunkLevel = TreeBuilder.Level(
    minimum: minimumChunkFanout, maximum: maximumChunkFanout, likelihoodShift: 56
  ) { encoder, branch in
    encoder.array(count: 4)
    encoder.link(branch.cid)
    encoder.unsigned(branch.totals.bytes)
    encoder.unsigned(branch.totals.records)
    encoder.unsigned(branch.totals.items)
  }

  private static let fileLevel = TreeBuilder.Level(
    minimum: minimumFileFanout, maximum: maximumFileFanout, likelihoodShift: 57
  ) { encoder, branch in
    encoder.array(count: 6)
    encoder.link(branch.cid)
    encoder.text(branch.lastPath?.text ?? "")
    encoder.unsigned(branch.totals.items)
    encoder.unsigned(branch.totals.bytes)
    encoder.unsigned(branch.totals.records)
    encoder.unsigned(branch.totals.unparsed)
  }
}
