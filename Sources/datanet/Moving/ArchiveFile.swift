// A CARv1 file on its way out: written beside its name, gone on with after an interruption
// (Specs/Archives.md, "Export").

import Content
import Glibc
import Store
import Terminal

/// The same Datanet gives the same sections in the same order as long as no claim comes, so an
/// interrupted export is compared section by section and cut where it differs.
final class ArchiveFile {
  let path: String
  private let part: String
  private let file: Int32
  /// Reads what an interrupted export has left; `nil` when everything from here on is new.
  private var left: Left?
  private var buffer: [UInt8] = []
  private var written: Set<CID> = []
  private(set) var blocks = 0
  private(set) var bytes = 0
  /// Bytes that an earlier run had written.
  private(set) var resumedBytes = 0

  private static let flushBytes = 1 << 20

  init(_ path: String, roots: [CID]) throws {
    self.path = path
    part = "\(path).part"
    file = unsafe open(part, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw DiskError(operation: "make", path: part, code: errno) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      close(file)
      throw Failure.failed("another export is writing \(part)")
    }
    let header = try CARWriter.header(roots: roots)
    var reader = Left(file: file)
    if reader.next() == .roots(roots) {
      left = reader
      bytes = header.count
    } else {
      try cut(at: 0)
      try append(header)
    }
  }

  deinit { close(file) }

  func holds(_ cid: CID) -> Bool { written.contains(cid) }

  /// Writes a block unless it is in the archive already; `read` is asked only when it is needed.
  func put(_ cid: CID, _ read: () throws -> [UInt8]) throws {
    guard written.insert(cid).inserted else { return }
    blocks += 1
    if var reader = left {
      if case .block(let block)? = reader.next(), block.cid == cid {
        left = reader
        bytes += CARWriter.section(block).count
        resumedBytes = bytes
        return
      }
      left = nil
      try cut(at: bytes)
    }
    try append(CARWriter.section(Block(trusted: cid, bytes: try read())))
  }

  /// Gives the archive its name; from here on it is whole and on the disk.
  func finish() throws {
    if left != nil { try cut(at: bytes) }
    try flush()
    guard fsync(file) == 0 else { throw DiskError(operation: "sync", path: part, code: errno) }
    guard unsafe rename(part, path) == 0 else {
      throw DiskError(operation: "name", path: path, code: errno)
    }
  }

  private func cut(at offset: Int) throws {
    guard ftruncate(file, offset) == 0, lseek(file, offset, SEEK_SET) == offset else {
      throw DiskError(operation: "cut", path: part, code: errno)
    }
  }

  private func append(_ more: [UInt8]) throws {
    buffer += more
    bytes += more.count
    if buffer.count >= ArchiveFile.flushBytes { try flush() }
  }

  private func flush() throws {
    var done = 0
    while done < buffer.count {
      let count = unsafe buffer.withUnsafeBytes {
        unsafe write(file, $0.baseAddress! + done, $0.count - done)
      }
      if count < 0, errno == EINTR { continue }
      if count < 0 { throw DiskError(operation: "write", path: part, code: errno) }
      done += count
    }
    buffer.removeAll(keepingCapacity: true)
  }

  /// The parts of an unfinished archive, one by one, as far as they are whole.
  private struct Left {
    let file: Int32
    private var reader = CARReader()
    private var ready: [CARReader.Part] = []
    private var offset = 0

    init(file: Int32) { self.file = file }

    mutating func next() -> CARReader.Part? {
      while ready.isEmpty {
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = unsafe pread(file, &bytes, bytes.count, offset)
        if count <= 0 { return nil }
        offset += count
        var found: [CARReader.Part] = []
        // What is damaged ends what is whole.
        let isSound = (try? reader.push(Array(bytes[..<count])) { found.append($0) }) != nil
        ready = found.reversed()
        if found.isEmpty, !isSound { return nil }
      }
      return ready.popLast()
    }
  }
}
