// Which kind of file system a path lies on, as the kernel tells it (proc(5), mountinfo).

import Glibc
import Store

enum MountTable {
  /// `ext4`, `tmpfs`, `nfs4`, …; `nil` where the kernel does not say.
  static func kind(of path: String) -> String? {
    guard let bytes = try? SmallFile.read("/proc/self/mountinfo", mostBytes: 4 << 20) else {
      return nil
    }
    guard let real = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(real) }
    return kind(of: unsafe String(cString: real), in: String(decoding: bytes, as: UTF8.self))
  }

  /// The last of the longest mount points above the path counts: it covers the others.
  static func kind(of path: String, in table: String) -> String? {
    var best = (length: -1, kind: "")
    for line in table.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count > 6, let dash = words.lastIndex(of: "-"), dash + 1 < words.count else {
        continue
      }
      let point = words[4]
      let isAbove = point == "/" || path == point || path.hasPrefix(point + "/")
      if isAbove, point.count >= best.length { best = (point.count, String(words[dash + 1])) }
    }
    return best.length < 0 ? nil : best.kind
  }
}
