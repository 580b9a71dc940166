// What contributions, yardsticks and bases bring, and what takes it back
// (Specs/Claims.md, "contribution", "yardstick", "base", "retraction").

public import Content
public import Cryptography

/// One item of a contribution, yardstick or base claim, by its claim and its place in it.
public struct EntryID: Hashable, Sendable, Comparable {
  public let claim: Digest
  /// 0 for the first and usually only item.
  public let item: Int

  public init(claim: Digest, item: Int = 0) {
    self.claim = claim
    self.item = item
  }

  public init(claim: CID, item: Int = 0) { self.init(claim: claim.digest, item: item) }

  public var cid: CID { CID(codec: .dagCBOR, digest: claim) }

  public static func < (left: EntryID, right: EntryID) -> Bool {
    (left.claim, left.item) < (right.claim, right.item)
  }

  /// Reads `claim` and, unless it is 0, `item`.
  init(_ reader: BodyReader) throws(BodyError) {
    let claim = try reader.required("claim", reader.claim("claim"))
    let item = try reader.count("item", below: ClaimContent.maximumItems)
    guard item != 0 else { throw BodyError(reason: "'item' 0 is left out") }
    self.init(claim: claim, item: item ?? 0)
  }

  func put(into writer: inout BodyWriter) {
    writer.put("claim", cid)
    if item > 0 { writer.put("item", item) }
  }

  var body: Value {
    var writer = BodyWriter()
    put(into: &writer)
    return writer.value
  }
}

extension EntryID: CustomStringConvertible {
  public var description: String { item == 0 ? "\(cid)" : "\(cid)#\(item)" }
}

/// A manifest and what it holds.
public struct Publication: Hashable, Sendable {
  /// Bytes and records of one entry, 8 TiB: the sums over a million entries still fit.
  public static let maximumCount = 1 << 43

  public let manifest: CID
  public let records: Int
  public let bytes: Int
  /// An SPDX expression; nil means the Datanet's default.
  public let license: String?
  public let name: String?
  public let note: String?
  /// The same author's older entry that this one takes the place of.
  public let replaces: EntryID?

  public init(
    manifest: CID, records: Int, bytes: Int, license: String? = nil, name: String? = nil,
    note: String? = nil, replaces: EntryID? = nil
  ) {
    self.manifest = manifest
    self.records = records
    self.bytes = bytes
    self.license = license
    self.name = name
    self.note = note
    self.replaces = replaces
  }

  init(_ reader: BodyReader) throws(BodyError) {
    manifest = try reader.required("manifest", reader.link("manifest"))
    records = try reader.required("records", reader.count("records", below: Self.maximumCount))
    bytes = try reader.required("bytes", reader.count("bytes", below: Self.maximumCount))
    license = try reader.license()
    name = try reader.text("name")
    note = try reader.text("note", limit: BodyReader.longestText)
    let replaced = try reader.value("replaces")
    replaces = if let replaced { try EntryID(BodyReader(replaced)) } else { nil }
  }

  var body: Value {
    var writer = BodyWriter()
    writer.put("manifest", manifest)
    writer.put("records", records)
    writer.put("bytes", bytes)
    writer.put("license", license)
    writer.put("name", name)
    writer.put("note", note)
    guard let replaces, var map = writer.value.map else { return writer.value }
    map["replaces"] = replaces.body
    return .map(map)
  }
}

/// Takes entries out of every later snapshot: by their author, or by a curator.
public struct Retraction: Hashable, Sendable {
  public let targets: [EntryID]
  public let reason: String?

  public init(_ targets: [EntryID], reason: String? = nil) {
    self.targets = targets
    self.reason = reason
  }

  init(_ reader: BodyReader) throws(BodyError) {
    targets = try reader.items(EntryID.init)
    reason = try reader.text("reason")
  }

  var body: Value {
    var writer = BodyWriter()
    writer.put("items", targets.map(\.body))
    writer.put("reason", reason)
    return writer.value
  }
}
