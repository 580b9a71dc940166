// Finds files, byte ranges and records of a contribution by reading O(log n) blocks
// (Specs/Manifests.md, "Reading").

/// A part of a chunk that belongs to a file.
public struct ChunkPart: Hashable, Sendable {
  public let chunk: ChunkEntry
  /// Which of the chunk's bytes.
  public let range: Range<Int>
}

/// Where a record begins.
public struct RecordPlace: Hashable, Sendable {
  public let file: FileEntry
  /// Where the file begins in the contribution's stream of bytes.
  public let fileStart: UInt64
  /// Its number among the file's records.
  public let indexInFile: UInt64
  public let chunk: ChunkEntry
  /// Where the chunk begins in the stream.
  public let chunkStart: UInt64
  /// Where in the chunk to begin looking: a record begins here.
  public let scanStart: Int
  /// How many records to pass over from `scanStart` on.
  public let skip: UInt64
}

extension Manifest {
  /// The file at `path` and what comes before it; nil when there is none.
  public func file(
    at path: ManifestPath, _ source: BlockSource
  ) throws -> PlacedItem<FileEntry>? {
    var cursor = fileCursor()
    try cursor.seek(path: path, source)
    guard let found = try cursor.next(source), found.item.path == path else { return nil }
    return found
  }

  /// Calls `body` with the parts of chunks that make up `range` of the contribution's stream,
  /// in order. A file's range is its `before.bytes` and its `bytes`.
  public func forEachPart(
    of range: Range<UInt64>, _ source: BlockSource, _ body: (ChunkPart) throws -> Void
  ) throws {
    guard range.upperBound <= bytes else {
      throw ManifestError(.range, "bytes \(range) of \(bytes)")
    }
    guard !range.isEmpty else { return }
    var cursor = chunkCursor()
    try cursor.seek(byte: range.lowerBound, source)
    while let placed = try cursor.next(source) {
      let start = placed.before.bytes
      guard start < range.upperBound else { return }
      let from = range.lowerBound > start ? Int(range.lowerBound - start) : 0
      let to = min(UInt64(placed.item.byteCount), range.upperBound - start)
      try body(ChunkPart(chunk: placed.item, range: from..<Int(to)))
    }
  }

  /// Where record number `record` of the contribution begins.
  public func place(ofRecord record: UInt64, _ source: BlockSource) throws -> RecordPlace {
    guard record < records else {
      throw ManifestError(.range, "record \(record) of \(records)")
    }
    var files = fileCursor()
    try files.seek(record: record, source)
    var chunks = chunkCursor()
    try chunks.seek(record: record, source)
    guard let file = try files.next(source), let chunk = try chunks.next(source) else {
      throw ManifestError(.sum, "record \(record) is in no file or no chunk")
    }
    let chunkEnd = chunk.before.bytes + UInt64(chunk.item.byteCount)
    guard file.before.bytes < chunkEnd, chunk.before.bytes < file.before.bytes + file.item.bytes
    else { throw ManifestError(.sum, "record \(record) is in a chunk outside its file") }
    let scanStart = max(file.before.bytes, chunk.before.bytes) - chunk.before.bytes
    return RecordPlace(
      file: file.item, fileStart: file.before.bytes, indexInFile: record - file.before.records,
      chunk: chunk.item, chunkStart: chunk.before.bytes, scanStart: Int(scanStart),
      skip: record - max(file.before.records, chunk.before.records))
  }

  /// The outlines of the chunks of one leaf, in order.
  public static func outlines(
    _ cid: CID, of chunks: [ChunkEntry], _ source: BlockSource
  ) throws -> [Outline] {
    let bytes = try source(cid)
    guard CID(of: bytes, codec: cid.codec) == cid else { throw ManifestError(.address, "\(cid)") }
    guard let values = try Value(decoding: bytes).array, values.count == chunks.count else {
      throw ManifestError(.outline, "\(cid) describes another number of chunks")
    }
    return try zip(values, chunks).map { value, chunk in
      guard let bytes = value.bytes, let outline = Outline(decoding: bytes, chunk: chunk.byteCount)
      else { throw ManifestError(.outline, "\(cid), chunk \(chunk.cid)") }
      return outline
    }
  }
}
