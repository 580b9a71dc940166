// From the paths that a person names to the files of a contribution, in the manifest's order.
// Specs/Store.md, "Adding".

public import Content
internal import Glibc
internal import UnicodeText

/// A file to add and its name in the contribution.
public struct FileToAdd: Hashable, Sendable {
  public let path: ManifestPath
  /// Where it lies.
  public let location: String

  public init(path: ManifestPath, location: String) {
    self.path = path
    self.location = location
  }
}

/// What cannot be added, and why.
public struct AddError: Error, Equatable, Sendable, CustomStringConvertible {
  public let location: String
  public let reason: String

  public var description: String { "cannot add \(location): \(reason)" }
}

/// Lists files. One folder alone gives the paths inside it; several paths, or single files,
/// keep their own last names in front, so that nothing collides without being told.
public enum FileWalk {
  /// More files than this in one contribution are refused.
  public static let mostFiles = 16 << 20

  public static func files(at locations: [String]) throws -> [FileToAdd] {
    var files: [FileToAdd] = []
    for location in locations {
      var status = stat()
      guard unsafe stat(location, &status) == 0 else {
        throw DiskError(operation: "open", path: location, code: errno)
      }
      let name = lastName(location)
      switch status.st_mode & S_IFMT {
      case S_IFDIR:
        var folder = location
        while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
        let prefix = locations.count == 1 || name == "." || name == ".." ? "" : "\(name)/"
        try walk(folder, prefix: prefix, depth: 0, into: &files)
      case S_IFREG: files.append(try file(name, at: location))
      default: throw AddError(location: location, reason: "it is neither a file nor a folder")
      }
    }
    // One folder's are in order already, unless composing changed their names.
    files.sort { $0.path < $1.path }
    for (one, other) in zip(files, files.dropFirst()) where one.path == other.path {
      throw AddError(
        location: other.location, reason: "\(one.location) has the same name '\(one.path)'")
    }
    return files
  }

  /// Links inside folders are left out: what they point at may change or lie anywhere.
  private static func walk(
    _ folder: String, prefix: String, depth: Int, into files: inout [FileToAdd]
  ) throws {
    guard depth <= ManifestPath.maximumDepth else {
      throw AddError(
        location: folder, reason: "it is more than \(ManifestPath.maximumDepth) folders deep")
    }
    // Each folder's names are sorted by themselves: there are fewer, and they differ early.
    for (name, kind) in try entries(of: folder) {
      let location = "\(folder)/\(name)"
      switch Int(kind) {
      case DT_DIR: try walk(location, prefix: "\(prefix)\(name)/", depth: depth + 1, into: &files)
      case DT_REG:
        files.append(try file(prefix + name, at: location))
        guard files.count <= mostFiles else {
          throw AddError(location: folder, reason: "more than \(mostFiles) files at once")
        }
      default: continue
      }
    }
  }

  /// What is in a folder, and of which kind (`DT_…`), in the order of the names' bytes.
  private static func entries(of folder: String) throws -> [(name: String, kind: UInt8)] {
    guard let stream = unsafe opendir(folder) else {
      throw DiskError(operation: "list", path: folder, code: errno)
    }
    defer { unsafe closedir(stream) }
    var entries: [(name: String, kind: UInt8)] = []
    while let entry = unsafe readdir(stream) {
      let bytes = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { buffer in
        unsafe Array(buffer.prefix { $0 != 0 })
      }
      guard let name = String(validating: bytes, as: UTF8.self) else {
        // Such a name could be shown, but not found again on another machine.
        throw AddError(
          location: "\(folder)/\(String(decoding: bytes, as: UTF8.self))",
          reason: "its name is not UTF-8; rename it")
      }
      if name == "." || name == ".." { continue }
      var kind = unsafe entry.pointee.d_type
      if kind == UInt8(DT_UNKNOWN) {
        var status = stat()
        guard unsafe lstat("\(folder)/\(name)", &status) == 0 else { continue }
        kind = UInt8(truncatingIfNeeded: (status.st_mode & S_IFMT) >> 12)
      }
      entries.append((name, kind))
    }
    entries.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    return entries
  }

  /// Names are put into Unicode's composed form, so that they are the same on every machine.
  private static func file(_ name: String, at location: String) throws -> FileToAdd {
    let bytes = Array(name.utf8)
    let isASCII = bytes.allSatisfy { $0 < 0x80 }
    let composed = isASCII ? bytes : Normalization.nfc.applied(to: bytes) ?? bytes
    do throws(ManifestError) {
      return FileToAdd(
        path: try ManifestPath(String(decoding: composed, as: UTF8.self)), location: location)
    } catch {
      throw AddError(location: location, reason: "\(error.detail); rename it")
    }
  }

  private static func lastName(_ path: String) -> String {
    String(path.split(separator: "/").last ?? "/")
  }
}
