// Cuts a contribution, file after file, into chunks (Specs/Chunking.md). Bytes and the places
// where records end come in; batches of chunks come out; nothing else is looked at.

/// The first stage of adding: strictly sequential, far faster than hashing.
///
/// For each file in name order: `beginFile`, `append` as often as needed, `endFile`; after the
/// last file `finish`. After each call take what `nextBatch` gives.
public struct ContributionCutter: Sendable {
  /// Chunks of records hold at least this much, unless what follows does not fit.
  public static let minimum = 8 << 10
  /// Chunks of records hold at most this much, unless one record alone is larger.
  public static let maximum = 24 << 10
  /// A larger record is cut plainly; a smaller one is never cut.
  public static let largestRecord = Block.maximumByteCount
  /// The end of a record may be reported so many bytes after it has gone by: what follows a
  /// paragraph tells that it was over. Nothing that an end could still divide is cut plainly.
  public static let latestReport = 64 << 10
  /// A batch is handed on when it has this many bytes.
  public static let batchByteCount = 4 << 20
  /// Batches whose memory is kept: about as many as are under way at a time.
  private static let mostSpare = 8
  /// Bytes are taken over in pieces of this size, so that memory stays bounded.
  private static let pieceByteCount = 1 << 20

  /// What cutting learnt about a file.
  public struct FileSize: Hashable, Sendable {
    public let bytes: UInt64
    public let records: UInt64
  }

  private struct Tile {
    /// Behind its last byte, in `buffer`.
    var end: Int
    var hash: UInt64
    var isRecord: Bool
  }

  /// Starts with the first byte of the batch that is being gathered.
  private var buffer: [UInt8] = []
  private var chunks: [CutChunk] = []
  /// Behind the last chunk, in `buffer`.
  private var cutEnd = 0
  /// The tiles behind `cutEnd`, from `firstTile` on.
  private var tiles: [Tile] = []
  private var firstTile = 0
  /// Behind the last tile or plain chunk.
  private var tileEnd = 0

  private var hasRecords = false
  private var fileBytes: UInt64 = 0
  private var fileRecords: UInt64 = 0
  /// The file's first tile; tiles before it belong to smaller files before it.
  private var fileTile = 0
  /// The file is larger than a chunk, so its chunks hold nothing else.
  private var isAlone = false
  /// Inside a record that is larger than a block.
  private var isInLargeRecord = false
  /// True until the first chunk of a large record is cut: the record counts there.
  private var largeRecordIsNew = false
  private var ready: [ChunkBatch] = []
  /// Memory of batches that are done with, for the next ones.
  private var spare: [[UInt8]] = []

  public init() {}

  /// `hasRecords` is false for opaque files.
  public mutating func beginFile(hasRecords: Bool) {
    self.hasRecords = hasRecords
    fileBytes = 0
    fileRecords = 0
    fileTile = tiles.count
    tileEnd = buffer.count
    isAlone = false
  }

  /// Takes over the file's next bytes. `recordEnds`, in order, are places behind the last byte of
  /// a record, counted from the first of `bytes`; those in bytes given before are negative. Bytes
  /// behind the last end of a file belong to no record, unless they are more than one may have.
  public mutating func append(_ bytes: RawSpan, recordEnds: [Int] = []) {
    var start = 0
    var next = 0
    while start < bytes.byteCount {
      let end = min(start + Self.pieceByteCount, bytes.byteCount)
      let origin = buffer.count - start
      unsafe bytes.extracting(start..<end).withUnsafeBytes { unsafe buffer.append(contentsOf: $0) }
      fileBytes += UInt64(end - start)
      standAloneIfLarge()
      while next < recordEnds.count, recordEnds[next] <= end {
        endRecord(at: recordEnds[next] + origin)
        next += 1
      }
      cutWhatIsCertain()
      start = end
    }
  }

  public mutating func append(_ bytes: [UInt8], recordEnds: [Int] = []) {
    unsafe append(bytes.span.bytes, recordEnds: recordEnds)
  }

  public mutating func endFile() -> FileSize {
    if hasRecords && buffer.count - tileEnd > Self.largestRecord { beginLargeRecord() }
    if isInLargeRecord || isAlone && !hasRecords {
      if isInLargeRecord { fileRecords += 1 }
      cutPlainly(to: buffer.count, isEnd: true)
      isInLargeRecord = false
    } else if buffer.count > tileEnd {
      addTile(to: buffer.count, isRecord: false)
    }
    fileTile = tiles.count
    cutTiles(upTo: tiles.count, isEnd: isAlone)
    isAlone = false
    handOn(atLeast: Self.batchByteCount)
    return FileSize(bytes: fileBytes, records: fileRecords)
  }

  /// Cuts what is left after the last file.
  public mutating func finish() {
    cutTiles(upTo: tiles.count, isEnd: true)
    handOn(atLeast: 1)
  }

  /// The next batch in order, or nil until more is given.
  public mutating func nextBatch() -> ChunkBatch? {
    ready.isEmpty ? nil : ready.removeFirst()
  }

  /// Gives the memory of a batch back that nobody else has any more. New memory costs the system a
  /// page at a time, together more than a copy.
  public mutating func reuse(_ batch: consuming ChunkBatch) {
    if spare.count < Self.mostSpare { spare.append(batch.bytes) }
  }

  /// A file that turns out larger than a chunk starts one; what came before it is cut first.
  private mutating func standAloneIfLarge() {
    guard !isAlone, fileBytes > UInt64(Self.maximum) else { return }
    isAlone = true
    cutTiles(upTo: fileTile, isEnd: true)
    fileTile = firstTile
  }

  private mutating func endRecord(at place: Int) {
    guard hasRecords, place > tileEnd || isInLargeRecord, place <= buffer.count else { return }
    fileRecords += 1
    if isInLargeRecord || place - tileEnd > Self.largestRecord {
      beginLargeRecord()
      cutPlainly(to: max(place, cutEnd), isEnd: true)
      isInLargeRecord = false
    } else {
      addTile(to: place, isRecord: true)
    }
  }

  private mutating func addTile(to end: Int, isRecord: Bool) {
    let hash = unsafe XXHash64.hash(buffer.span.bytes.extracting(tileEnd..<end))
    tiles.append(Tile(end: end, hash: hash, isRecord: isRecord))
    tileEnd = end
  }

  private mutating func beginLargeRecord() {
    guard !isInLargeRecord else { return }
    cutTiles(upTo: tiles.count, isEnd: true)
    isInLargeRecord = true
    largeRecordIsNew = true
  }

  private mutating func cutWhatIsCertain() {
    if isAlone && !hasRecords {
      cutPlainly(to: buffer.count, isEnd: false)
    } else if isInLargeRecord
      || hasRecords && buffer.count - tileEnd > Self.largestRecord + Self.latestReport
    {
      beginLargeRecord()
      cutPlainly(to: buffer.count - Self.latestReport, isEnd: false)
    } else {
      cutTiles(upTo: isAlone ? tiles.count : fileTile, isEnd: false)
    }
    handOn(atLeast: Self.batchByteCount)
  }

  /// Plain chunks from `cutEnd` on; without `isEnd` only where no later byte has a say.
  private mutating func cutPlainly(to end: Int, isEnd: Bool) {
    while cutEnd < end, isEnd || end - cutEnd >= PlainCut.maximum {
      let length = unsafe buffer.span.bytes.extracting(cutEnd..<end).withUnsafeBytes {
        unsafe PlainCut.length(of: $0)
      }
      let records = largeRecordIsNew ? 1 : 0
      largeRecordIsNew = false
      chunks.append(CutChunk(byteCount: length, recordCount: records, outline: .empty))
      cutEnd += length
    }
    tileEnd = max(tileEnd, cutEnd)
  }

  /// Chunks of whole tiles; without `isEnd` only where the tiles before `limit` decide alone.
  private mutating func cutTiles(upTo limit: Int, isEnd: Bool) {
    while firstTile < limit {
      let isRest = tiles[limit - 1].end - cutEnd <= Self.maximum
      if isRest && !isEnd { break }
      cutChunk(through: isRest ? limit - 1 : lastTile(before: limit))
    }
    guard firstTile > 0, firstTile == tiles.count || firstTile >= 4096 else { return }
    tiles.removeFirst(firstTile)
    fileTile -= min(fileTile, firstTile)
    firstTile = 0
  }

  /// The tile with the smallest hash among those that end between `minimum` and `maximum`; the
  /// last that fits when none does; the first when not even that fits.
  private func lastTile(before limit: Int) -> Int {
    var best: Int?
    var bestHash = UInt64.max
    var index = firstTile
    while index < limit, tiles[index].end - cutEnd <= Self.maximum {
      if tiles[index].end - cutEnd >= Self.minimum, best == nil || tiles[index].hash < bestHash {
        best = index
        bestHash = tiles[index].hash
      }
      index += 1
    }
    return best ?? max(firstTile, index - 1)
  }

  private mutating func cutChunk(through last: Int) {
    var outline = OutlineBuilder()
    var records = 0
    var start = cutEnd
    for index in firstTile...last {
      outline.add(byteCount: tiles[index].end - start, hash: tiles[index].hash)
      start = tiles[index].end
      if tiles[index].isRecord { records += 1 }
    }
    chunks.append(
      CutChunk(byteCount: start - cutEnd, recordCount: records, outline: outline.finish()))
    cutEnd = start
    firstTile = last + 1
  }

  /// Closes the batch when its chunks have `count` bytes; bytes that are not cut yet stay.
  private mutating func handOn(atLeast count: Int) {
    guard cutEnd >= count else { return }
    let rest = Array(buffer[cutEnd...])
    buffer.removeLast(rest.count)
    ready.append(ChunkBatch(bytes: buffer, chunks: chunks))
    buffer = spare.popLast() ?? []
    buffer.removeAll(keepingCapacity: true)
    buffer.reserveCapacity(Self.batchByteCount + 2 * Self.pieceByteCount)
    buffer.append(contentsOf: rest)
    chunks = []
    for index in firstTile..<tiles.count { tiles[index].end -= cutEnd }
    tileEnd -= cutEnd
    cutEnd = 0
  }
}
