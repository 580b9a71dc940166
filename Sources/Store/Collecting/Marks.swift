// Which blocks something still needs: what can be reached from the roots by links.
// Specs/Store.md, "Collection".

internal import Content
internal import Cryptography

/// Eight bytes a block are kept. Two blocks with the same first eight bytes stand for each other,
/// which can only keep a block too many.
struct Marks {
  private var seen: Set<UInt64> = []

  var count: Int { seen.count }

  mutating func insert(_ digest: Digest) { seen.insert(digest.prefix) }

  mutating func remove(_ digest: Digest) { seen.remove(digest.prefix) }

  func contains(_ digest: Digest) -> Bool { seen.contains(digest.prefix) }

  /// Marks roots and all below them. Blocks that are not here end their branch; a damaged one
  /// stops the collection, since what it links to would look like garbage.
  mutating func reach(_ roots: [CID], in blocks: BlockStore) throws {
    var waiting = roots
    while let cid = waiting.popLast() {
      guard seen.insert(cid.digest.prefix).inserted, cid.codec == .dagCBOR,
        let bytes = try blocks.get(cid), let value = try? Value(decoding: bytes)
      else { continue }
      Self.forEachLink(in: value) { waiting.append($0) }
    }
  }

  private static func forEachLink(in value: Value, _ body: (CID) -> Void) {
    switch value {
    case .link(let cid): body(cid)
    case .array(let values): for value in values { forEachLink(in: value, body) }
    case .map(let map): for entry in map.entries { forEachLink(in: entry.value, body) }
    default: return
    }
  }
}
