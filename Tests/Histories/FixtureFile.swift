// Files in Fixtures/, line by line.

import Glibc
public import JSON

public enum FixtureFile {
  /// The folder that holds the package.
  static let root: String = {
    let names = #filePath.split(separator: "/").dropLast(3)
    return "/" + names.joined(separator: "/")
  }()

  /// Nil when there is no such file below the package.
  public static func bytes(_ path: String) -> [UInt8]? {
    guard let file = unsafe fopen(root + "/" + path, "r") else { return nil }
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = unsafe fread(&buffer, 1, buffer.count, file), count > 0 {
      bytes += buffer[..<count]
    }
    return bytes
  }

  /// The JSON values of a file of lines; none when there is no such file.
  public static func lines(_ path: String) throws -> [JSONValue] {
    try (bytes(path) ?? []).split(separator: 10).map { try JSONValue(parsing: Array($0)) }
  }
}
