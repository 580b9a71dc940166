// Long lists as blocks: parts of at most 1 MiB, and an index that names them
// (Specs/Proofs.md, "Parts").

public import Content

/// A block with its address.
public struct ProofBlock: Hashable, Sendable {
  public let cid: CID
  public let bytes: [UInt8]

  public init(_ value: Value) {
    bytes = value.encoded()
    cid = CID(of: bytes, codec: .dagCBOR)
  }

  public init(raw bytes: [UInt8]) {
    self.bytes = bytes
    cid = CID(of: bytes, codec: .raw)
  }
}

/// Where blocks are read from; nil for one that is not held.
public typealias BlockSource = (CID) throws -> [UInt8]?

enum BlockParts {
  /// Bytes of a block.
  static let byteLimit = 1 << 20
  /// Parts that one index names: 41 bytes each, below a block's limit.
  static let partLimit = 20_000
  /// A list's own header.
  private static let headerBytes = 5

  /// Every part takes items while it has room, so that equal lists make equal parts.
  static func cut(_ items: some Sequence<Value>) -> [ProofBlock] {
    var blocks: [ProofBlock] = []
    var part: [Value] = []
    var size = headerBytes
    for item in items {
      let bytes = item.encoded().count
      if size + bytes > byteLimit {
        blocks.append(ProofBlock(.array(part)))
        part = []
        size = headerBytes
      }
      part.append(item)
      size += bytes
    }
    if !part.isEmpty { blocks.append(ProofBlock(.array(part))) }
    return blocks
  }

  /// The items of all parts in order.
  static func items(_ parts: [CID], from source: BlockSource) throws -> [Value] {
    var items: [Value] = []
    for cid in parts {
      guard let part = try value(cid, from: source).array else { throw ProofError.shape("a list") }
      items += part
    }
    return items
  }

  static func value(_ cid: CID, from source: BlockSource) throws -> Value {
    guard let bytes = try source(cid) else { throw ProofError.missing(cid) }
    do { return try Value(decoding: bytes) } catch { throw ProofError.encoding("\(error)") }
  }

  static func links(_ value: Value?) -> [CID]? {
    guard let items = value?.array, items.count <= partLimit else { return nil }
    let links = items.compactMap(\.link)
    return links.count == items.count ? links : nil
  }
}
