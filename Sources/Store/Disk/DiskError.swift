// What went wrong with a file: what was tried, where, and what to try next, on one line.
// Specs/Store.md, "Trouble with the disk".

internal import Glibc

/// A failed system call on a file.
public struct DiskError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was tried, as a verb: `open`, `write`, `sync`.
  public let operation: String
  public let path: String
  /// The number that the system gave.
  public let code: Int32

  public init(operation: String, path: String, code: Int32) {
    self.operation = operation
    self.path = path
    self.code = code
  }

  /// The kinds of failure that callers treat differently.
  public enum Kind: Equatable, Sendable {
    case missing
    case exists
    /// No space, or a quota or file-size limit was reached.
    case full
    /// The disk or directory cannot be written.
    case readOnly
    case notPermitted
    /// Another process holds the lock.
    case locked
    case inputOutput
    case other
  }

  public var kind: Kind {
    switch code {
    case ENOENT, ENOTDIR: .missing
    case EEXIST: .exists
    case ENOSPC, EDQUOT, EFBIG: .full
    case EROFS: .readOnly
    case EACCES, EPERM: .notPermitted
    case EWOULDBLOCK: .locked
    case EIO: .inputOutput
    default: .other
    }
  }

  public var description: String {
    let words = unsafe String(cString: strerror(code))
    let line = "cannot \(operation) \(path): \(words)"
    guard let advice else { return line }
    return "\(line); \(advice)"
  }

  private var advice: String? {
    switch kind {
    case .full: "free some space (datanet gc) and try again; what was acknowledged is safe"
    case .readOnly: "the disk is mounted read-only; what is stored can still be read"
    case .notPermitted: "check the owner and the permissions"
    case .locked: "another process is using it; try again"
    case .inputOutput: "check the disk (dmesg), then run datanet fsck"
    case .missing, .exists, .other: nil
    }
  }
}
