// All records of a contribution, a few megabytes at a time, on several threads.
// Specs/Store.md, "Records".

internal import Content
internal import Records

/// A stretch of chunks in which records are complete, and the files that it belongs to.
struct RecordStretch: Sendable {
  /// A part of the stretch that belongs to one file.
  struct Piece: Sendable {
    let form: RecordForm
    let isFileStart: Bool
    var byteCount: Int
  }

  var parts: [ContributionReader.PartToRead] = []
  var pieces: [Piece] = []
  /// The number of the first record that begins in it.
  var firstRecord: UInt64 = 0
  var byteCount = 0

  /// Reads the stretch and shows its records in order.
  func forEachRecord(_ body: (RawSpan, RecordShape?, RecordForm) throws -> Void) throws {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount)
    try BlockRun(locations: parts.map(\.location)).forEach { _, span in
      unsafe span.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }
    var start = 0
    var spans: [RecordSpan] = []
    for piece in pieces {
      let end = start + piece.byteCount
      var scanner = RecordScanner(format: piece.form.format, isFileStart: piece.isFileStart)
      spans.removeAll(keepingCapacity: true)
      unsafe bytes.withUnsafeBytes {
        unsafe scanner.scan(UnsafeRawBufferPointer(rebasing: $0[start..<end]), spans: &spans)
      }
      scanner.finish(spans: &spans)
      for span in spans {
        let content = unsafe bytes.span.bytes.extracting(
          start + span.start..<start + span.contentEnd)
        try body(content, span.shape, piece.form)
      }
      start = end
    }
  }
}

/// What it takes to read a file's records as values.
struct RecordForm: Sendable, Equatable {
  let format: RecordFormat
  /// Of a CSV file whose first row names the columns.
  let header: CSVHeader?
}

extension ContributionReader {
  /// Hands records to `question`, on several threads, and its answers to `body` in order, until
  /// that answers false: all records from the chunk on in which record `first` begins, or with
  /// `only`, in stream order, those of these chunks.
  func forEachStretch<Answer: Sendable>(
    only: [PlacedItem<ChunkEntry>]? = nil, fromRecord first: UInt64 = 0,
    _ question: @escaping @Sendable (RecordStretch) throws -> Answer,
    body: (Answer) throws -> Bool
  ) throws {
    let work = OrderedWork<RecordStretch, Answer>(
      threads: Worker.processors, mostWaiting: 3, question)
    defer { work.close() }
    var files = manifest.fileCursor()
    var file = try files.next(source)
    var form: RecordForm?
    var stretch = RecordStretch()
    var reached: UInt64 = 0
    var isOver = false
    var chunks = manifest.chunkCursor()
    var chosen = only?.makeIterator()
    while !isOver, let chunk = try only == nil ? chunks.next(source) : chosen?.next() {
      let start = chunk.before.bytes
      let end = start + UInt64(chunk.item.byteCount)
      let isGap = start != reached
      reached = end
      if isGap || stretch.byteCount >= BlockRun.mostBytes && chunk.item.recordCount > 0 {
        if !stretch.parts.isEmpty { work.submit(stretch) }
        stretch = RecordStretch()
        while !isOver, let answer = try work.nextReady() { isOver = try !body(answer) }
      }
      if isGap {
        files = manifest.fileCursor()
        try files.seek(byte: start, source)
        file = try files.next(source)
        form = nil
      }
      let isWanted =
        !stretch.parts.isEmpty || chunk.before.records + UInt64(chunk.item.recordCount) > first
      if stretch.parts.isEmpty { stretch.firstRecord = chunk.before.records }
      var at = start
      while let current = file, at < end || current.item.bytes == 0 {
        let fileEnd = current.before.bytes + current.item.bytes
        if at < fileEnd, isWanted {
          let known = try form ?? self.form(of: current)
          form = known
          stretch.append(
            known, isFileStart: at == current.before.bytes, byteCount: Int(min(end, fileEnd) - at))
        }
        at = min(max(at, fileEnd), end)
        if fileEnd > end { break }
        file = try files.next(source)
        form = nil
      }
      guard isWanted else { continue }
      stretch.parts.append(
        PartToRead(location: try location(of: chunk.item.cid), range: 0..<chunk.item.byteCount))
      stretch.byteCount += chunk.item.byteCount
    }
    if !stretch.parts.isEmpty, !isOver { work.submit(stretch) }
    while !isOver, let answer = try work.next() { isOver = try !body(answer) }
  }

  /// A file's format and, of CSV, its column names.
  func form(of file: PlacedItem<FileEntry>) throws -> RecordForm {
    let format = RecordFormat(name: file.item.format.rawValue) ?? .opaque
    guard case .csv(let dialect) = format, dialect.hasHeader else {
      return RecordForm(format: format, header: nil)
    }
    var scanner = RecordScanner(format: format)
    var spans: [RecordSpan] = []
    let start = file.before.bytes
    let length = min(file.item.bytes, UInt64(RecordFormat.headLength))
    try manifest.forEachPart(of: start..<start + length, source) { part in
      scanner.scan(Array(try blocks.block(part.chunk.cid)[part.range]), spans: &spans)
    }
    return RecordForm(
      format: format, header: scanner.header.map { CSVHeader(row: $0, dialect: dialect) })
  }
}

extension RecordStretch {
  /// Adds bytes of a file; those that go on with the last piece's file make it longer.
  fileprivate mutating func append(_ form: RecordForm, isFileStart: Bool, byteCount: Int) {
    if !isFileStart, !pieces.isEmpty {
      pieces[pieces.count - 1].byteCount += byteCount
    } else {
      pieces.append(Piece(form: form, isFileStart: isFileStart, byteCount: byteCount))
    }
  }
}
