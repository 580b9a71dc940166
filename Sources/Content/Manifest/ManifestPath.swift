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
    // One pass without memory of its own: a folder may hold a million names.
    let bytes = text.utf8.span
    let (slash, dot) = (UInt8(ascii: "/"), UInt8(ascii: "."))
    guard !bytes.isEmpty else { return "is empty" }
    guard bytes.count <= maximumByteCount else { return "has more than \(maximumByteCount) bytes" }
    var start = 0
    var depth = 1
    var fault: String?
    var isASCII = true
    for place in 0...bytes.count {
      if place < bytes.count {
        let byte = bytes[place]
        if byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: "\\") {
          return "holds a control character or a backslash"
        }
        if byte >= 0x80 { isASCII = false }
        if byte != slash { continue }
        depth += 1
      }
      let count = place - start
      let isDots = (1...2).contains(count) && (start..<place).allSatisfy { bytes[$0] == dot }
      if count == 0 {
        fault = fault ?? "is absolute or has an empty name in it"
      } else if count > maximumNameByteCount {
        fault = fault ?? "has a name of more than \(maximumNameByteCount) bytes"
      } else if isDots {
        fault = fault ?? "has '.' or '..' in it"
      }
      start = place + 1
    }
    guard depth <= maximumDepth else { return "is more than \(maximumDepth) folders deep" }
    if let fault { return fault }
    if isASCII { return nil }
    let all = Array(text.utf8)
    return Normalization.nfc.applied(to: all) == all
      ? nil : "is not in Unicode's composed form (NFC)"
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
    let (one, other) = (left.text.utf8.span, right.text.utf8.span)
    for place in 0..<min(one.count, other.count) where one[place] != other[place] {
      return rank(one[place]) < rank(other[place])
    }
    return one.count < other.count
  }

  /// A slash comes before every byte that a name can hold.
  private static func rank(_ byte: UInt8) -> UInt8 { byte == UInt8(ascii: "/") ? 0 : byte }

  public var description: String { text }
}
