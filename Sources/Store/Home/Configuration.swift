// Settings as lines of text that a person may edit. Specs/Store.md, "Home".

internal import Glibc

/// `name = value` lines. Comments (`#`) and the order of lines survive a change by the program.
public struct Configuration: Equatable, Sendable {
  /// The largest file that is read.
  public static let mostBytes = 64 * 1024

  private var lines: [String]

  public init(text: String = "") {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
  }

  public var text: String { lines.map { $0 + "\n" }.joined() }

  /// The value of a setting; nil when it is not set. The last line with the name counts.
  public subscript(name: String) -> String? {
    get { lines.last { Self.parse($0)?.name == name }.flatMap { Self.parse($0)?.value } }
    set {
      let place = lines.lastIndex { Self.parse($0)?.name == name }
      lines.removeAll { Self.parse($0)?.name == name }
      guard let newValue else { return }
      lines.insert("\(name) = \(newValue)", at: min(place ?? lines.count, lines.count))
    }
  }

  /// All settings in the order of their lines.
  public var settings: [(name: String, value: String)] { lines.compactMap(Self.parse) }

  private static func parse(_ line: String) -> (name: String, value: String)? {
    guard !line.drop(while: \.isWhitespace).hasPrefix("#"), let equals = line.firstIndex(of: "=")
    else { return nil }
    return (trimmed(line[..<equals]), trimmed(line[line.index(after: equals)...]))
  }

  private static func trimmed(_ text: Substring) -> String {
    let start = text.drop(while: \.isWhitespace)
    return String(start.reversed().drop(while: \.isWhitespace).reversed())
  }
}

extension Home {
  /// The settings; none when the file is missing.
  public func configuration() throws(DiskError) -> Configuration {
    do {
      let bytes = try SmallFile.read(configurationPath, mostBytes: Configuration.mostBytes)
      return Configuration(text: String(decoding: bytes, as: UTF8.self))
    } catch {
      guard error.kind == .missing else { throw error }
      return Configuration()
    }
  }

  /// Changes settings. Readers see the old file or the new one, whole; changes by several
  /// processes follow each other.
  public func changeConfiguration(_ change: (inout Configuration) -> Void) throws(DiskError) {
    let lock = try FileLock("\(locksPath)/config", .exclusive)
    defer { extendLifetime(lock) }
    var configuration = try configuration()
    change(&configuration)
    try SmallFile.write(Array(configuration.text.utf8), to: configurationPath, mode: 0o600)
  }
}
