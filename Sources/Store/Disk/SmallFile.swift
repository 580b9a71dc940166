// Whole small files, read at once and replaced at once. Specs/Store.md, "Home".

internal import Glibc

/// Files that fit in memory: settings, the identity.
public enum SmallFile {
  /// Reads a file that is at most `mostBytes` long; a longer one is refused as too large.
  public static func read(_ path: String, mostBytes: Int) throws(DiskError) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw DiskError(operation: "open", path: path, code: errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: min(mostBytes + 1, 64 * 1024))
    while true {
      let count = unsafe Glibc.read(descriptor, &part, part.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw DiskError(operation: "read", path: path, code: errno)
      }
      if count == 0 { return bytes }
      bytes += part[..<count]
      if bytes.count > mostBytes { throw DiskError(operation: "read", path: path, code: EFBIG) }
    }
  }

  /// Replaces a file: afterwards it is whole and on the disk, and at no moment was it half
  /// written under its name.
  public static func write(_ bytes: [UInt8], to path: String, mode: UInt32) throws(DiskError) {
    let temporary = "\(path).\(getpid()).new"
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw DiskError(operation: "make", path: temporary, code: errno) }
    var failure: DiskError?
    var written = 0
    while written < bytes.count, failure == nil {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress! + written, bytes.count - written)
      }
      if count >= 0 {
        written += count
      } else if errno != EINTR {
        failure = DiskError(operation: "write", path: temporary, code: errno)
      }
    }
    if failure == nil, fsync(descriptor) != 0 {
      failure = DiskError(operation: "sync", path: temporary, code: errno)
    }
    close(descriptor)
    if failure == nil, unsafe rename(temporary, path) != 0 {
      failure = DiskError(operation: "rename", path: path, code: errno)
    }
    if let failure {
      unsafe unlink(temporary)
      throw failure
    }
    try syncDirectory(of: path)
  }

  /// Makes the names in a file's directory survive a power cut.
  static func syncDirectory(of path: String) throws(DiskError) {
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    let directory = slash > path.startIndex ? String(path[..<slash]) : "/"
    let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw DiskError(operation: "open", path: directory, code: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw DiskError(operation: "sync", path: directory, code: errno)
    }
  }
}
