// Which files a person means by the paths of `datanet add`, in the order of a manifest
// (Specs/CommandLine.md, "What is added").

import Content
import Glibc
import Terminal

/// A file to contribute.
struct SourceFile {
  /// Where it lies on this machine.
  var path: String
  /// Its name in the contribution.
  var name: ManifestPath
  var bytes: Int
}

/// A walk over files and folders that follows no symbolic link inside a folder, so that a link
/// cannot bring in what nobody meant to give away.
struct FileWalk {
  private(set) var files: [SourceFile] = []
  /// What was passed over, and why.
  private(set) var skipped: [String] = []
  private(set) var totalBytes = 0

  /// Folders nest no deeper on the way to a file.
  private static let maximumDepth = ManifestPath.maximumDepth

  init(_ paths: [String]) throws {
    for path in paths {
      var status = stat()
      guard unsafe stat(path, &status) == 0 else {
        let fault = errno
        let reason = fault == ENOENT ? "does not exist" : Screen.describe(fault)
        throw Failure(fault == ENOENT ? .notFound : .failed, "\(path): \(reason)")
      }
      if status.st_mode & S_IFMT == S_IFDIR {
        // One folder alone gives its contents; beside others it keeps its name.
        let name = paths.count == 1 ? "" : FileWalk.lastName(of: path)
        try enter(path, name: name, depth: 0)
      } else {
        try take(path, name: FileWalk.lastName(of: path), status)
      }
    }
    files.sort { $0.name < $1.name }
    try checkNames()
    if files.isEmpty {
      throw Failure.failed("there is no file to add in \(paths.joined(separator: ", "))")
    }
  }

  private mutating func enter(_ path: String, name: String, depth: Int) throws {
    guard depth < FileWalk.maximumDepth else {
      throw Failure.failed("\(path): folders nest deeper than \(FileWalk.maximumDepth)")
    }
    guard let folder = unsafe opendir(path) else {
      throw Failure.failed("cannot open \(path): \(Screen.describe(errno))")
    }
    defer { unsafe closedir(folder) }
    while let entry = unsafe readdir(folder) {
      let child = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
        unsafe String(validating: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard let child else {
        skipped.append("\(path): a name that is not UTF-8")
        continue
      }
      if child == "." || child == ".." { continue }
      let full = path.hasSuffix("/") ? path + child : "\(path)/\(child)"
      let relative = name.isEmpty ? child : "\(name)/\(child)"
      var status = stat()
      guard unsafe lstat(full, &status) == 0 else {
        throw Failure.failed("\(full): \(Screen.describe(errno))")
      }
      if status.st_mode & S_IFMT == S_IFDIR {
        try enter(full, name: relative, depth: depth + 1)
      } else {
        try take(full, name: relative, status)
      }
    }
  }

  private mutating func take(_ path: String, name: String, _ status: stat) throws {
    switch status.st_mode & S_IFMT {
    case S_IFREG:
      do throws(ManifestError) {
        let bytes = Int(status.st_size)
        files.append(SourceFile(path: path, name: try ManifestPath(name), bytes: bytes))
        totalBytes += bytes
      } catch {
        throw Failure.failed("\(path): \(error); rename it and try again")
      }
    case S_IFLNK: skipped.append("\(path): a symbolic link")
    default: skipped.append("\(path): neither a file nor a folder")
    }
  }

  private func checkNames() throws {
    for (file, next) in zip(files, files.dropFirst()) {
      if file.name == next.name {
        throw Failure.failed(
          "\(file.path) and \(next.path) would both be '\(file.name)'; add them apart")
      }
    }
  }

  private static func lastName(of path: String) -> String {
    var path = path[...]
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    let name = path.split(separator: "/").last.map(String.init) ?? ""
    if name != "." && name != ".." { return name }
    guard let real = unsafe realpath(String(path), nil) else { return "" }
    defer { unsafe free(real) }
    return unsafe String(cString: real).split(separator: "/").last.map(String.init) ?? ""
  }
}
