// Reading a claim's envelope (Specs/Claims.md, "Grammar").

internal import Content
internal import Cryptography

extension Claim {
  /// The encoding of a list of two.
  static let listHead: UInt8 = 0x82
  /// The encoding of 64 bytes' head.
  static let signatureHead: [UInt8] = [0x58, 0x40]
  static var signaturePartCount: Int { signatureHead.count + PublicKey.signatureByteCount }

  /// The statement's bytes stand between the list's head and the signature.
  static func statementRange(_ bytes: [UInt8]) -> Range<Int> {
    1..<max(1, bytes.count - signaturePartCount)
  }

  /// The last 64 bytes.
  public var signature: [UInt8] { Array(bytes.suffix(PublicKey.signatureByteCount)) }

  /// What the signature is over: the domain and the statement's encoding.
  public var signedMessage: [UInt8] {
    Self.signatureDomain + bytes[Self.statementRange(bytes)]
  }

  init(shape bytes: [UInt8]) throws(ClaimError) {
    guard bytes.count <= Self.maximumByteCount else { throw .size(bytes.count) }
    let envelope: Value
    do { envelope = try Value(decoding: bytes) } catch { throw .encoding(error) }
    guard let parts = envelope.array, parts.count == 2, let statement = parts[0].map,
      let signature = parts[1].bytes, signature.count == PublicKey.signatureByteCount
    else { throw .envelope }
    try self.init(bytes: bytes, statement: statement)
  }

  private init(bytes: [UInt8], statement: ValueMap) throws(ClaimError) {
    var version: Int?
    var net: CID?
    var author: PublicKey?
    var height: Int?
    var previous: CID?
    var seen: [CID] = []
    var time: Int?
    var kind: String?
    var body: Value?
    for entry in statement.entries {
      let value = entry.value
      switch entry.key {
      case "v": version = value.integer()
      case "net": net = try Self.claimLink(value, "net")
      case "body":
        guard value.map != nil else { throw .field("body") }
        body = value
      case "kind": kind = value.text
      case "prev": previous = try Self.claimLink(value, "prev")
      case "seen": seen = try Self.heads(value)
      case "time": time = value.integer()
      case "author": author = value.bytes.flatMap { PublicKey(bytes: $0) }
      case "height": height = value.integer()
      default: throw .unknownField(String(entry.key.prefix(Self.longestKind)))
      }
    }
    guard let version else { throw .field("v") }
    guard version == Self.formatVersion else { throw .version(version) }
    guard let author else { throw .field("author") }
    guard let height, (0..<Self.maximumHeight).contains(height) else { throw .field("height") }
    guard let time, (0..<Self.maximumTimeMilliseconds).contains(time) else { throw .field("time") }
    guard let kind, Self.isWord(kind) else { throw .field("kind") }
    guard let body else { throw .field("body") }
    guard (height == 0) == (previous == nil), (kind == ClaimContent.genesisKind) == (net == nil),
      net != nil || height == 0
    else { throw .place }
    self.init(
      bytes: bytes, net: net, author: author, height: height, previous: previous?.digest,
      seen: seen, timeMilliseconds: time, kind: kind, body: body)
  }

  private static func claimLink(_ value: Value, _ name: String) throws(ClaimError) -> CID {
    guard let cid = value.link, cid.codec == .dagCBOR else { throw .field(name) }
    return cid
  }

  /// 1 to `maximumSeen` links, ascending, each once: one encoding per set.
  private static func heads(_ value: Value) throws(ClaimError) -> [CID] {
    guard let items = value.array, (1...maximumSeen).contains(items.count) else {
      throw .field("seen")
    }
    var heads: [CID] = []
    heads.reserveCapacity(items.count)
    for item in items {
      let head = try claimLink(item, "seen")
      if let last = heads.last, last >= head { throw .field("seen") }
      heads.append(head)
    }
    return heads
  }

  /// Lower-case letters, digits and hyphens, 1 to `longestKind` of them.
  static func isWord(_ text: String) -> Bool {
    (1...longestKind).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
          UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}
