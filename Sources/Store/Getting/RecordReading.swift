// Single records of a contribution: by number, or by the hash of their bytes.
// Specs/Store.md, "Records".

public import Content
public import Cryptography
public import Records

/// A record and where it was found.
public struct FoundRecord: Sendable {
  /// The record's own bytes; their SHA-256 names it.
  public let bytes: [UInt8]
  public let id: Digest
  /// Its number in the contribution, from 0.
  public let number: UInt64
  public let file: FileEntry
  /// Nil when it does not parse.
  public let shape: RecordShape?
}

extension ContributionReader {
  /// A record found by its number, from O(log n) blocks and the chunks it lies in.
  public func record(_ number: UInt64) throws -> FoundRecord {
    let place = try manifest.place(ofRecord: number, source)
    let format = RecordFormat(name: place.file.format.rawValue) ?? .opaque
    let start = place.chunkStart + UInt64(place.scanStart)
    let end = place.fileStart + place.file.bytes
    var scanner = RecordScanner(format: format, isFileStart: start == place.fileStart)
    var spans: [RecordSpan] = []
    var bytes: [UInt8] = []
    do {
      try manifest.forEachPart(of: start..<end, source) { part in
        let piece = Array(try blocks.block(part.chunk.cid)[part.range])
        bytes += piece
        scanner.scan(piece, spans: &spans)
        if spans.count > place.skip { throw Enough() }
      }
      scanner.finish(spans: &spans)
    } catch is Enough {}
    guard spans.count > place.skip else {
      throw ManifestError(.sum, "record \(number) is not where the manifest says")
    }
    let span = spans[Int(place.skip)]
    let content = Array(bytes[span.content])
    return FoundRecord(
      bytes: content, id: SHA256.hash(content), number: number, file: place.file,
      shape: span.shape)
  }

  private struct Enough: Error {}

  /// Looks for records by the first bytes of their hash; at most `limit` of them. All of the
  /// contribution's chunks are read and hashed, on all processors.
  public func records(withPrefix prefix: [UInt8], limit: Int = 16) throws -> [FoundRecord] {
    var numbers: [UInt64] = []
    try scan { bytes, _ in
      SHA256.hash(bytes).bytes.starts(with: prefix)
    } found: { number in
      numbers.append(number)
      return numbers.count < limit
    }
    return try numbers.map { try record($0) }
  }

  /// A stretch of chunks in which records are complete, and the files that it belongs to.
  private struct Stretch: Sendable {
    /// Pieces of one file each, one behind the other.
    struct Piece: Sendable {
      let format: RecordFormat
      let isFileStart: Bool
      let byteCount: Int
    }

    var parts: [PartToRead] = []
    var pieces: [Piece] = []
    /// The number of the first record that begins in it.
    var firstRecord: UInt64 = 0
    var byteCount = 0
  }

  /// Shows every record to `isWanted`, on several threads, and tells the numbers of those wanted
  /// in order until `found` answers false. With `only`, in stream order, just the records of these
  /// chunks; see `hasRecordsAcrossChunks`.
  public func scan(
    only: [PlacedItem<ChunkEntry>]? = nil,
    _ isWanted: @escaping @Sendable (RawSpan, RecordShape?) -> Bool,
    found: (UInt64) throws -> Bool
  ) throws {
    let work = OrderedWork<Stretch, [UInt64]>(
      threads: max(1, Worker.processors - 1), mostWaiting: 3
    ) { try Self.wanted(in: $0, isWanted) }
    defer { work.close() }
    var files = manifest.fileCursor()
    var file = try files.next(source)
    var stretch = Stretch()
    var stretchEnd: UInt64 = 0
    var isOver = false
    func take(_ numbers: [UInt64]) throws {
      for number in numbers where !isOver { isOver = try !found(number) }
    }
    var chunks = manifest.chunkCursor()
    var chosen = only?.makeIterator()
    while !isOver, let chunk = try only == nil ? chunks.next(source) : chosen?.next() {
      let isGap = chunk.before.bytes != stretchEnd
      if isGap || stretch.byteCount >= BlockRun.mostBytes && chunk.item.recordCount > 0 {
        if !stretch.parts.isEmpty { work.submit(stretch) }
        stretch = Stretch()
        while let numbers = try work.nextReady() { try take(numbers) }
      }
      if isGap {
        files = manifest.fileCursor()
        try files.seek(byte: chunk.before.bytes, source)
        file = try files.next(source)
      }
      if stretch.parts.isEmpty { stretch.firstRecord = chunk.before.records }
      let end = chunk.before.bytes + UInt64(chunk.item.byteCount)
      stretchEnd = end
      var start = chunk.before.bytes
      while let current = file, start < end {
        let fileEnd = current.before.bytes + current.item.bytes
        if fileEnd <= start {
          file = try files.next(source)
          continue
        }
        stretch.pieces.append(
          Stretch.Piece(
            format: RecordFormat(name: current.item.format.rawValue) ?? .opaque,
            isFileStart: start == current.before.bytes, byteCount: Int(min(end, fileEnd) - start)))
        start = min(end, fileEnd)
      }
      stretch.parts.append(
        PartToRead(location: try location(of: chunk.item.cid), range: 0..<chunk.item.byteCount))
      stretch.byteCount += chunk.item.byteCount
    }
    if !stretch.parts.isEmpty, !isOver { work.submit(stretch) }
    while !isOver, let numbers = try work.next() { try take(numbers) }
  }

  /// Whether a record is larger than a chunk, so that a chunk alone may hold a part of one.
  public func hasRecordsAcrossChunks() throws -> Bool {
    var files = manifest.fileCursor()
    while let file = try files.next(source) {
      // Only a file of more than a block can have one, and its chunks are its own.
      guard file.item.records > 0, file.item.bytes > UInt64(Block.maximumByteCount) else {
        continue
      }
      var chunks = manifest.chunkCursor()
      try chunks.seek(byte: file.before.bytes, source)
      while let chunk = try chunks.next(source),
        chunk.before.bytes < file.before.bytes + file.item.bytes
      {
        if chunk.item.recordCount == 0 { return true }
      }
    }
    return false
  }

  private static func wanted(
    in stretch: Stretch, _ isWanted: (RawSpan, RecordShape?) -> Bool
  ) throws -> [UInt64] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(stretch.byteCount)
    try BlockRun(locations: stretch.parts.map(\.location)).forEach { _, span in
      unsafe span.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }
    var numbers: [UInt64] = []
    var number = stretch.firstRecord
    var start = 0
    var index = 0
    while index < stretch.pieces.count {
      // Neighbouring pieces of one file are scanned as one.
      let piece = stretch.pieces[index]
      var end = start + piece.byteCount
      index += 1
      while index < stretch.pieces.count, !stretch.pieces[index].isFileStart {
        end += stretch.pieces[index].byteCount
        index += 1
      }
      var scanner = RecordScanner(format: piece.format, isFileStart: piece.isFileStart)
      var spans: [RecordSpan] = []
      unsafe bytes.withUnsafeBytes {
        unsafe scanner.scan(UnsafeRawBufferPointer(rebasing: $0[start..<end]), spans: &spans)
      }
      scanner.finish(spans: &spans)
      for span in spans {
        let content = unsafe bytes.span.bytes.extracting(
          start + span.start..<start + span.contentEnd)
        if isWanted(content, span.shape) { numbers.append(number) }
        number += 1
      }
      start = end
    }
    return numbers
  }
}
