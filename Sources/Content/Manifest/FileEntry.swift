// What a manifest says of each file (Specs/Manifests.md, "Files").

/// How a file's bytes are divided into records. Unknown formats of newer versions are kept.
public struct FileFormat: RawRepresentable, Hashable, Sendable {
  /// Names of formats and shapes are short, of lower-case letters, digits, `-`, `.` and `+`.
  public static let maximumByteCount = 32

  public let rawValue: String

  public init?(rawValue: String) {
    guard Self.isName(rawValue) else { return nil }
    self.rawValue = rawValue
  }

  private init(known: String) { rawValue = known }

  public static let jsonl = FileFormat(known: "jsonl")
  public static let csv = FileFormat(known: "csv")
  public static let text = FileFormat(known: "text")
  public static let markdown = FileFormat(known: "markdown")
  /// Bytes without records.
  public static let opaque = FileFormat(known: "opaque")

  static func isName(_ text: String) -> Bool {
    (1...maximumByteCount).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
          UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "+"):
          true
        default: false
        }
      }
  }
}

/// One file of a contribution.
public struct FileEntry: Hashable, Sendable {
  public let path: ManifestPath
  public let format: FileFormat
  /// The records' shape where one was recognised, such as `messages` or `alpaca`.
  public let shape: String?
  public let bytes: UInt64
  public let records: UInt64
  /// How many of the records did not parse; they are kept and counted in `records` too.
  public let unparsed: UInt64

  public init(
    path: ManifestPath, format: FileFormat, shape: String? = nil, bytes: UInt64, records: UInt64,
    unparsed: UInt64 = 0
  ) throws(ManifestError) {
    if let shape, !FileFormat.isName(shape) { throw ManifestError(.limit, "shape '\(shape)'") }
    guard unparsed <= records, records <= bytes else {
      throw ManifestError(.sum, "\(path): \(unparsed) unparsed, \(records) records, \(bytes) bytes")
    }
    self.path = path
    self.format = format
    self.shape = shape
    self.bytes = bytes
    self.records = records
    self.unparsed = unparsed
  }

  func encode(to encoder: inout DagCBOREncoder) {
    encoder.array(count: 6)
    encoder.text(path.text)
    encoder.text(format.rawValue)
    if let shape { encoder.text(shape) } else { encoder.null() }
    encoder.unsigned(bytes)
    encoder.unsigned(records)
    encoder.unsigned(unparsed)
  }

  init(_ value: Value) throws(ManifestError) {
    guard let fields = value.array, fields.count == 6, let path = fields[0].text,
      let format = fields[1].text.flatMap(FileFormat.init(rawValue:)),
      let bytes = fields[3].integer(as: UInt64.self),
      let records = fields[4].integer(as: UInt64.self),
      let unparsed = fields[5].integer(as: UInt64.self),
      fields[2] == .null || fields[2].text != nil
    else { throw ManifestError(.shape, "a file's entry is not as specified") }
    try self.init(
      path: ManifestPath(path), format: format, shape: fields[2].text, bytes: bytes,
      records: records, unparsed: unparsed)
  }
}
