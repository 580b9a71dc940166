// An advisory lock between processes, held through a file. Specs/Store.md, "Several processes".

internal import Glibc

/// A held lock; released when this object goes, or with the process, however it ends.
///
/// Locks belong to the open file (flock), so two in one process exclude each other too.
@safe public final class FileLock {
  public enum Kind: Sendable {
    /// Many may hold it together.
    case shared
    case exclusive
  }

  public let path: String
  /// Owned; closing it releases the lock.
  private let descriptor: Int32

  /// Takes the lock; with `wait` false, fails with `.locked` when somebody has it.
  public init(_ path: String, _ kind: Kind, wait: Bool = true) throws(DiskError) {
    self.path = path
    let descriptor = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw DiskError(operation: "open", path: path, code: errno) }
    self.descriptor = descriptor
    let operation = (kind == .shared ? LOCK_SH : LOCK_EX) | (wait ? 0 : LOCK_NB)
    while flock(descriptor, operation) != 0 {
      if errno == EINTR { continue }
      let code = errno
      close(descriptor)
      throw DiskError(operation: "lock", path: path, code: code)
    }
  }

  deinit { close(descriptor) }
}
