// The outlines that a manifest links to, leaf by leaf (Specs/Chunking.md, "Rebuilding").

/// The chunks of one leaf with their outlines; these are empty where the manifest has none.
public struct OutlinedLeaf: Sendable {
  public let chunks: [PlacedItem<ChunkEntry>]
  public let outlines: [Outline]
}

extension Manifest {
  /// Calls `body` with each leaf of the chunk tree in order. A leaf's outlines are only read when
  /// `isWanted` says so for its chunks; otherwise they are empty.
  public func forEachOutlinedLeaf(
    _ source: BlockSource,
    where isWanted: ([PlacedItem<ChunkEntry>]) throws -> Bool = { _ in true },
    _ body: (OutlinedLeaf) throws -> Void
  ) throws {
    var cursor = chunkCursor()
    var leaf: [PlacedItem<ChunkEntry>] = []
    func close() throws {
      guard let first = leaf.first else { return }
      var outlines = [Outline](repeating: .empty, count: leaf.count)
      if let cid = first.outline, try isWanted(leaf) {
        outlines = try Self.outlines(cid, of: leaf.map(\.item), source)
      }
      try body(OutlinedLeaf(chunks: leaf, outlines: outlines))
      leaf = []
    }
    while let chunk = try cursor.next(source) {
      if chunk.indexInLeaf == 0 { try close() }
      leaf.append(chunk)
    }
    try close()
  }
}

extension SegmentIndex {
  /// Adds the segments of all chunks of a contribution that are held.
  public mutating func add(
    _ manifest: Manifest, _ source: BlockSource, isHeld: (CID) throws -> Bool = { _ in true }
  ) throws {
    try manifest.forEachOutlinedLeaf(source) { leaf in
      for (chunk, outline) in zip(leaf.chunks, leaf.outlines) where try isHeld(chunk.item.cid) {
        add(chunk.item.cid, outline: outline)
      }
    }
  }
}
