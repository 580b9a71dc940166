// Long lists as blocks of at most 1 MiB, named by the block above (Specs/Snapshots.md, "Blocks").

import Content

enum BlockParts {
  /// Bytes of a part's items: a block's limit with room for the list's head.
  private static let byteLimit = 1_000_000
  /// Parts that one block names: 41 bytes each, below a block's limit.
  static let partLimit = 20_000

  /// Every part takes items while it has room, so that equal lists make equal parts.
  static func cut(_ items: some Sequence<Value>) -> [ProofBlock] {
    var blocks: [ProofBlock] = []
    var part: [Value] = []
    var size = 0
    for item in items {
      let bytes = item.encoded().count
      if size + bytes > byteLimit {
        blocks.append(ProofBlock(.array(part)))
        part = []
        size = 0
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

  /// A block, checked against its address.
  static func value(_ cid: CID, from source: BlockSource) throws -> Value {
    guard let bytes = try source(cid) else { throw ProofError.missing(cid) }
    guard CID(of: bytes, codec: .dagCBOR) == cid else {
      throw ProofError.contradiction("block \(cid) holds other bytes")
    }
    do { return try Value(decoding: bytes) } catch { throw ProofError.encoding("\(error)") }
  }

  static func links(_ value: Value?) -> [CID]? {
    guard let items = value?.array, items.count <= partLimit else { return nil }
    let links = items.compactMap(\.link)
    return links.count == items.count ? links : nil
  }
}
