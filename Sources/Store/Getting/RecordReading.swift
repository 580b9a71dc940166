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

  /// Shows every record to `isWanted`, on several threads, and tells the numbers of those wanted
  /// in order until `found` answers false. With `only`, in stream order, just the records of these
  /// chunks; see `hasRecordsAcrossChunks`.
  public func scan(
    only: [PlacedItem<ChunkEntry>]? = nil,
    _ isWanted: @escaping @Sendable (RawSpan, RecordShape?) -> Bool,
    found: (UInt64) throws -> Bool
  ) throws {
    try forEachStretch(only: only) { stretch in
      var numbers: [UInt64] = []
      var number = stretch.firstRecord
      try stretch.forEachRecord { content, shape, _ in
        if isWanted(content, shape) { numbers.append(number) }
        number += 1
      }
      return numbers
    } body: { numbers in
      try numbers.allSatisfy(found)
    }
  }

  /// A record as it passes by, with what it takes to read it as a value.
  public struct PassingRecord: Sendable {
    public let number: UInt64
    /// SHA-256 of `bytes`.
    public let name: Digest
    /// Empty when only names were asked for.
    public let bytes: [UInt8]
    public let format: RecordFormat
    /// Of a CSV file whose first row names the columns.
    public let header: CSVHeader?

    public var columns: [String] { header?.names ?? [] }
  }

  /// Tells every record in order; hashing runs ahead on other threads.
  public func forEachRecord(
    namesOnly: Bool = false, _ body: (PassingRecord) throws -> Void
  ) throws {
    try forEachStretch { stretch in
      var records: [PassingRecord] = []
      var number = stretch.firstRecord
      try stretch.forEachRecord { content, _, form in
        let name = unsafe content.withUnsafeBytes { unsafe SHA256.hash($0) }
        let bytes = namesOnly ? [] : unsafe content.withUnsafeBytes { unsafe Array($0) }
        records.append(
          PassingRecord(
            number: number, name: name, bytes: bytes, format: form.format, header: form.header))
        number += 1
      }
      return records
    } body: { records in
      for record in records { try body(record) }
      return true
    }
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
}
