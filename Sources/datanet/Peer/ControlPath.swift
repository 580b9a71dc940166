// Where the home's socket is, also when its path is longer than the system takes
// (Specs/Running.md, "Control socket").

import Glibc
import Store

enum ControlPath {
  /// A path of a local socket has at most so many bytes (sun_path, with its closing zero).
  private static let longest = 107

  /// A path by which the system finds the socket. A long one goes through the open home directory,
  /// whose descriptor stays open for the rest of the process.
  static func usable(_ home: Home) throws -> String {
    if home.socketPath.utf8.count <= longest { return home.socketPath }
    let folder = unsafe open(home.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw DiskError(operation: "open", path: home.path, code: errno) }
    return "/proc/self/fd/\(folder)/peer.socket"
  }

  /// Held by the one peer that runs on a home.
  static func lockPath(_ home: Home) -> String { "\(home.locksPath)/peer" }
}
