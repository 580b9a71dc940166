// Files that are seeded where they lie: noticed when they change, never served wrong.
// Specs/Store.md, "In place".

internal import Content
internal import Cryptography
internal import Glibc
internal import Synchronization

/// What a file looked like when it was read: any change of it changes one of these.
package struct FileStamp: Hashable, Sendable {
  package var size: Int
  /// Nanoseconds since 1970.
  package var modified: Int
  package var device: Int
  package var inode: Int

  /// The stamp of a file by its path; nil when it cannot be looked at.
  package init?(path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  init(_ status: stat) {
    size = Int(status.st_size)
    let (seconds, _) = Int(status.st_mtim.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
    modified = seconds &+ Int(status.st_mtim.tv_nsec)
    device = Int(truncatingIfNeeded: status.st_dev)
    inode = Int(truncatingIfNeeded: status.st_ino)
  }

  package init(size: Int, modified: Int, device: Int, inode: Int) {
    self.size = size
    self.modified = modified
    self.device = device
    self.inode = inode
  }
}

/// A piece of a file that is a block.
struct InPlacePiece: Hashable, Sendable {
  let file: Int
  let path: String
  let stamp: FileStamp
  let offset: Int
  let length: Int
}

/// Reads pieces and remembers which files turned out changed, for the index to note.
final class InPlaceFiles: Sendable {
  private let changed = Mutex<Set<Int>>([])

  /// The piece's bytes, if the file is still what it was and they still have the address.
  func read(_ piece: InPlacePiece, cid: CID) throws -> [UInt8] {
    let descriptor = unsafe open(piece.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { throw report(piece) }
      throw DiskError(operation: "open", path: piece.path, code: errno)
    }
    let file = SystemFile(path: piece.path, descriptor: descriptor)
    guard file.stamp() == piece.stamp else { throw report(piece) }
    // A writer can change bytes without changing the size and within the clock's grain: the
    // hash has the last word.
    guard let bytes = try file.bytes(at: piece.offset, count: piece.length),
      SHA256.hash(bytes) == cid.digest
    else { throw report(piece) }
    return bytes
  }

  private func report(_ piece: InPlacePiece) -> StoreError {
    _ = changed.withLock { $0.insert(piece.file) }
    return .changedInPlace(path: piece.path)
  }

  /// Files that were found changed since the last call.
  func takeChanged() -> [Int] {
    changed.withLock { changed in
      defer { changed = [] }
      return changed.sorted()
    }
  }
}
