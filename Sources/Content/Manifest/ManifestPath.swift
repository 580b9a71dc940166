// Names of files inside a contribution, and their order (Specs/Manifests.md, "Paths").

internal import UnicodeText

/// A checked path: the same name on every machine, never outside the folder it is put in.
public struct ManifestPath: Hashable, Sendable {
  /// Paths are short enough for every file system below a home directory.
  public static let maximumByteCount = 1024
  /// What Linux allows for one name.
  public static let maximumNameByteCount = 255
  /// Deeper folders are refused.
  public static let maximumDepth = 64

  public let text: String

  public init(_ text: String) throws(ManifestError) {
    if let fault = Self.fault(in: text) { throw ManifestError(.path, "'\(text)' \(fault)") }
    self.text = text
  }

  private static func fault(in text: String) -> String? {
    let bytes = Array(text.utf8)
    guard !bytes.isEmpty else { return "is empty" }
    guard bytes.count <= maximumByteCount else { return "has more than \(maximumByteCount) bytes" }
    guard !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\\") }) else {
      return "holds a control character or a backslash"
    }
    let names = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard names.count <= maximumDepth else { return "is more than \(maximumDepth) folders deep" }
    for name in names {
      guard !name.isEmpty else { return "is absolute or has an empty name in it" }
      guard name.count <= maximumNameByteCount else {
        return "has a name of more than \(maximumNameByteCount) bytes"
      }
      let dot = UInt8(ascii: ".")
      guard !name.elementsEqual([dot]), !name.elementsEqual([dot, dot]) else {
        return "has '.' or '..' in it"
      }
    }
    guard Normalization.nfc.applied(to: bytes) == bytes else {
      return "is not in Unicode's composed form (NFC)"
    }
    return nil
  }

  /// True when `folder` is one of the folders that this path goes through.
  public func isInside(_ folder: ManifestPath) -> Bool {
    text.utf8.count > folder.text.utf8.count + 1 && text.utf8.starts(with: folder.text.utf8)
      && text.utf8.dropFirst(folder.text.utf8.count).first == UInt8(ascii: "/")
  }

  public static func == (left: ManifestPath, right: ManifestPath) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  public func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}

extension ManifestPath: Comparable, CustomStringConvertible {
  /// Name by name, bytewise: the order in which a walk that sorts each folder meets the files.
  public static func < (left: ManifestPath, right: ManifestPath) -> Bool {
    left.text.utf8.lazy.map(rank).lexicographicallyPrecedes(right.text.utf8.lazy.map(rank))
  }

  /// A slash comes before every byte that a name can hold.
  private static func rank(_ byte: UInt8) -> UInt8 { byte == UInt8(ascii: "/") ? 0 : byte }

  public var description: String { text }
}
