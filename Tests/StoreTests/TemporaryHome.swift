// A directory that lives as long as a test. Specs/Store.md.

import Glibc

@testable import Store

/// A new home below the system's temporary directory, removed at the end.
final class TemporaryHome {
  let home: Home

  init() throws {
    var template = Array("\(Home.environment("TMPDIR") ?? "/tmp")/datanet-test-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else {
      throw DiskError(operation: "make a directory in", path: "/tmp", code: errno)
    }
    home = Home(String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    try home.makeDirectories()
  }

  var path: String { home.path }

  deinit { removeTree(home.path) }
}

/// Removes a directory with everything in it.
func removeTree(_ path: String) {
  for name in names(in: path) {
    let inner = "\(path)/\(name)"
    var status = stat()
    if unsafe lstat(inner, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      removeTree(inner)
    } else {
      unsafe unlink(inner)
    }
  }
  unsafe rmdir(path)
}

/// The names in a directory, sorted.
func names(in path: String) -> [String] {
  guard let directory = unsafe opendir(path) else { return [] }
  defer { unsafe closedir(directory) }
  var names: [String] = []
  while let entry = unsafe readdir(directory) {
    let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
      unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names.sorted()
}
