// A large file is read and searched for records on a thread of its own, some pieces ahead of the
// cutter: both are strictly sequential, and together more than half of adding. Specs/Store.md,
// "Adding".

internal import Content
internal import Records

/// The next bytes of a file.
struct FilePiece: Sendable {
  var bytes: [UInt8]
  /// Behind each record that is known to be over, counted from the first of `bytes`.
  var ends: [Int]
  /// Of all pieces up to this one.
  var summary: RecordSummary
}

/// Pieces of one file, read ahead. Without threads each is read when it is asked for.
///
/// Safe to share: everything mutable is touched only under `condition`, but for what `read` uses,
/// which runs on one thread at a time.
final class LargeFileReading: @unchecked Sendable {
  /// What is read at a time: it fits a core's own cache, where it is searched next.
  static let pieceBytes = 512 << 10
  /// Pieces that wait for the cutter.
  private static let mostWaiting = 8

  private let source: any DiskFile
  private let size: Int
  private var scanner: RecordScanner
  private var offset = 0

  private let condition = Condition()
  private var worker: Worker?
  private var waiting: [FilePiece] = []
  /// Memory of pieces that were cut, for the next ones.
  private var spare: [[UInt8]] = []
  private var failure: (any Error)?
  private var isOver = false
  private var isClosed = false

  /// A file that was `size` bytes long when it was opened.
  init(_ source: any DiskFile, size: Int, format: RecordFormat, isAhead: Bool) {
    self.source = source
    self.size = size
    scanner = RecordScanner(format: format)
    // Two pieces are read faster than a thread is worth.
    if isAhead, size > 2 * Self.pieceBytes { worker = Worker { [self] in run() } }
  }

  /// The next piece in order; nil behind the last.
  func next() throws -> FilePiece? {
    if worker == nil { return try read(into: []) }
    condition.lock()
    defer { condition.unlock() }
    while waiting.isEmpty, failure == nil, !isOver { condition.wait() }
    if waiting.isEmpty {
      if let failure { throw failure }
      return nil
    }
    condition.wake()
    return waiting.removeFirst()
  }

  /// Gives the memory of a piece back.
  func reuse(_ piece: consuming FilePiece) {
    condition.lock()
    spare.append(piece.bytes)
    condition.unlock()
  }

  func close() {
    condition.lock()
    isClosed = true
    condition.wake()
    condition.unlock()
    worker?.join()
    worker = nil
  }

  private func run() {
    while true {
      condition.lock()
      while waiting.count >= Self.mostWaiting, !isClosed { condition.wait() }
      let memory = spare.popLast() ?? []
      let isDone = isClosed
      condition.unlock()
      if isDone { return }
      let result = Result { try read(into: memory) }
      condition.lock()
      switch result {
      case .success(let piece?): waiting.append(piece)
      case .success(nil): isOver = true
      case .failure(let error): failure = error
      }
      let isLast = isOver || failure != nil
      condition.wake()
      condition.unlock()
      if isLast { return }
    }
  }

  private func read(into memory: consuming [UInt8]) throws -> FilePiece? {
    let count = min(Self.pieceBytes, size - offset)
    if count <= 0 { return nil }
    var bytes = memory
    if bytes.count > count { bytes.removeLast(bytes.count - count) }
    if bytes.count < count { bytes = [UInt8](repeating: 0, count: count) }
    let isLast = offset + count == size
    var ends: [Int] = []
    try unsafe bytes.withUnsafeMutableBytes {
      guard try unsafe source.read(into: $0, at: offset) == count else {
        throw AddError(
          location: source.path, reason: "it became shorter while it was read; try again")
      }
      unsafe scanner.scan(UnsafeRawBufferPointer($0), ends: &ends)
    }
    if isLast { scanner.finish(ends: &ends) }
    for index in ends.indices { ends[index] -= offset }
    offset += count
    return FilePiece(bytes: bytes, ends: ends, summary: scanner.summary)
  }
}
