// Notes where the chunks of a contribution lie in files that stay in place.
// Specs/Store.md, "In place".

internal import Content
internal import Cryptography

/// Follows the stream of bytes that the cutter sees, so that each chunk can be placed in its file.
final class InPlaceRecorder {
  private struct File {
    let location: String
    let stamp: FileStamp
    /// Where the file begins in the contribution's stream.
    let start: Int
    var end: Int { start + stamp.size }
  }

  private let index: BlockIndex
  private var files: [File] = []
  private var streamEnd = 0
  /// Where the next batch begins in the stream.
  private var batchStart = 0
  /// The file in which the next batch begins.
  private var firstFile = 0
  /// The index's number of each file that has been entered.
  private var rows: [Int: Int] = [:]
  private var pieces: [(digest: Digest, place: InPlaceChunk, length: Int)] = []

  init(_ index: BlockIndex) { self.index = index }

  /// Files are known by their real paths: links on the way may change.
  func begin(_ file: FileToAdd, _ stamp: FileStamp) throws(DiskError) {
    let location = try Home.realPath(file.location)
    files.append(File(location: location, stamp: stamp, start: streamEnd))
    streamEnd += stamp.size
  }

  /// For each chunk the file that holds all of it; nil for chunks of several small files, which
  /// are copied.
  func places(of batch: ChunkBatch) -> [InPlaceChunk?] {
    var file = firstFile
    var start = batchStart
    let places = batch.chunks.map { chunk -> InPlaceChunk? in
      while file < files.count - 1, files[file].end <= start { file += 1 }
      defer { start += chunk.byteCount }
      return start + chunk.byteCount <= files[file].end
        ? InPlaceChunk(file: file, offset: start - files[file].start) : nil
    }
    firstFile = file
    batchStart = start
    return places
  }

  func take(_ stored: StoredBatch) {
    for (index, place) in stored.places.enumerated() {
      guard let place else { continue }
      pieces.append(
        (stored.hashed.digests[index], place, stored.hashed.batch.chunks[index].byteCount))
    }
  }

  /// Pieces that are not written down yet.
  var uncommitted: Int { pieces.count }

  /// Writes everything down, durably: unlike the packs' part of the index it cannot be made again.
  func commit() throws {
    pieces.sort { $0.digest < $1.digest }
    try index.database.setDurability(.full)
    defer { _ = try? index.database.setDurability(.normal) }
    try index.database.transaction {
      for piece in pieces {
        let file = files[piece.place.file]
        let row = try rows[piece.place.file] ?? index.enterFile(file.location, stamp: file.stamp)
        rows[piece.place.file] = row
        try index.enterPiece(
          piece.digest, file: row, offset: piece.place.offset, length: piece.length)
      }
    }
    pieces = []
  }
}
