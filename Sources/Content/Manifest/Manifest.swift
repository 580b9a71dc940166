// The root of a contribution's description (Specs/Manifests.md, "Root").

/// What a contribution holds, and the tops of its two trees. The trees are read by `TreeCursor`.
public struct Manifest: Sendable {
  public static let kind = "manifest"
  public static let version: UInt64 = 1

  public let cid: CID
  public let bytes: UInt64
  public let records: UInt64
  public let unparsed: UInt64
  public let fileCount: UInt64
  public let chunkCount: UInt64
  public let chunks: ManifestNode<ChunkEntry>
  public let files: ManifestNode<FileEntry>

  /// Reads a root whose bytes have been checked against its address.
  public init(decoding block: Block) throws {
    let value = try Value(decoding: block.bytes)
    guard block.cid.codec == .dagCBOR, let map = value.map, value["kind"]?.text == Self.kind else {
      throw ManifestError(.shape, "\(block.cid) is not a manifest's root")
    }
    guard value["version"]?.integer(as: UInt64.self) == Self.version else {
      throw ManifestError(.version, "only version \(Self.version) is; a newer program may help")
    }
    guard map.entries.count == 7, let chunks = value["chunks"], let files = value["files"],
      let bytes = value["bytes"]?.integer(as: UInt64.self),
      let records = value["records"]?.integer(as: UInt64.self),
      let unparsed = value["unparsed"]?.integer(as: UInt64.self)
    else { throw ManifestError(.shape, "\(block.cid) is not a manifest's root") }
    cid = block.cid
    self.bytes = bytes
    self.records = records
    self.unparsed = unparsed
    self.chunks = try ManifestNode(decoding: chunks)
    self.files = try ManifestNode(decoding: files)
    let (chunkTotals, fileTotals) = (try self.chunks.totals(), try self.files.totals())
    fileCount = fileTotals.items
    chunkCount = chunkTotals.items
    guard fileTotals.bytes == bytes, chunkTotals.bytes == bytes, fileTotals.records == records,
      chunkTotals.records == records, fileTotals.unparsed == unparsed
    else { throw ManifestError(.sum, "the root's counts differ from its trees'") }
  }

  /// All chunks in stream order.
  public func chunkCursor() -> TreeCursor<ChunkEntry> { TreeCursor(chunks) }

  /// Calls `body` with all chunks in stream order, as the cursor gives them.
  public func forEachChunk(_ source: BlockSource, _ body: (ChunkEntry) throws -> Void) throws {
    try Self.visit(chunks, level: 1, source, body)
  }

  private static func visit(
    _ node: ManifestNode<ChunkEntry>, level: Int, _ source: BlockSource,
    _ body: (ChunkEntry) throws -> Void
  ) throws {
    switch node {
    case .leaf(let items, _): for item in items { try body(item) }
    case .branch(let branches):
      guard level < ManifestBuilder.maximumDepth else {
        throw ManifestError(.depth, "more than \(ManifestBuilder.maximumDepth) levels")
      }
      for branch in branches {
        try visit(TreeCursor<ChunkEntry>.node(branch, source), level: level + 1, source, body)
      }
    }
  }

  /// All files in path order.
  public func fileCursor() -> TreeCursor<FileEntry> { TreeCursor(files) }
}
