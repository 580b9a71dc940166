// The directory of one peer: what lies where. Specs/Store.md, "Home".

internal import Glibc

/// Where a peer keeps everything. A value: knowing a home opens nothing.
public struct Home: Hashable, Sendable {
  /// Absolute, without a slash at the end.
  public let path: String

  public init(_ path: String) {
    var path = path.hasPrefix("/") ? path : "\(Self.workingDirectory())/\(path)"
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    self.path = path
  }

  /// The home a person means: the given one, then `$DATANET_HOME`, then `~/.datanet`.
  public static func chosen(_ given: String?) -> Home {
    if let given { return Home(given) }
    if let variable = environment("DATANET_HOME"), !variable.isEmpty { return Home(variable) }
    return Home("\(environment("HOME") ?? "/")/.datanet")
  }

  // MARK: Places

  /// Claims, contributions and what follows from them: cannot be made again, so every commit is
  /// on the disk before it is acknowledged.
  public var databasePath: String { "\(path)/datanet.sqlite" }
  /// Where each block lies: made again from the packs when it is lost.
  public var indexPath: String { "\(path)/blocks.sqlite" }
  /// The packs of blocks, `00000001.pack` and on.
  public var packsPath: String { "\(path)/packs" }
  /// The identity's secret key, mode 0600.
  public var identityPath: String { "\(path)/identity" }
  /// Settings that a person may edit.
  public var configurationPath: String { "\(path)/config" }
  /// Files that are only locked, never read.
  public var locksPath: String { "\(path)/locks" }
  /// What can be thrown away and made again.
  public var cachePath: String { "\(path)/cache" }
  /// Unfinished work that can be resumed, such as an export.
  public var partialsPath: String { "\(path)/partial" }
  /// The running peer's socket for other commands, mode 0600.
  public var socketPath: String { "\(path)/peer.socket" }
  /// The running peer's log, with `--daemon`.
  public var logPath: String { "\(path)/peer.log" }

  // MARK: Making

  /// Whether a store has been made here.
  public var exists: Bool { unsafe access(databasePath, F_OK) == 0 }

  /// Whether anything can be written here.
  public var isWritable: Bool { unsafe access(path, W_OK) == 0 }

  /// The disk has no room left: what is here can be read, and nothing signed or stored.
  public var isFull: Bool { Database.isFull(path) }

  /// Makes the directories, readable by their owner only.
  public func makeDirectories() throws(DiskError) {
    for directory in [path, packsPath, locksPath, cachePath, partialsPath] {
      try Self.makeDirectory(directory)
    }
  }

  /// Makes a directory and those above it; one that exists is left as it is.
  static func makeDirectory(_ directory: String) throws(DiskError) {
    if unsafe mkdir(directory, 0o700) == 0 { return }
    switch errno {
    case EEXIST: return
    case ENOENT:
      guard let slash = directory.lastIndex(of: "/"), slash > directory.startIndex else { break }
      try makeDirectory(String(directory[..<slash]))
      if unsafe mkdir(directory, 0o700) == 0 || errno == EEXIST { return }
    default: break
    }
    throw DiskError(operation: "make the directory", path: directory, code: errno)
  }

  // MARK: The surroundings

  static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// A path without links on the way.
  static func realPath(_ path: String) throws(DiskError) -> String {
    guard let real = unsafe realpath(path, nil) else {
      throw DiskError(operation: "find", path: path, code: errno)
    }
    defer { unsafe free(real) }
    return unsafe String(cString: real)
  }

  static func workingDirectory() -> String {
    guard let value = unsafe getcwd(nil, 0) else { return "/" }
    defer { unsafe free(value) }
    return unsafe String(cString: value)
  }
}

extension Home: CustomStringConvertible {
  public var description: String { path }
}
