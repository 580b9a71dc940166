// Builds one of a manifest's trees from the left, holding one open node a level
// (Specs/Manifests.md, "Building").

internal import Cryptography

/// A node is closed only when a further entry comes, so the last node of a level is never empty
/// and a level of one node is the top.
struct TreeBuilder: Sendable {
  /// How the branches of a tree are written and where their nodes end.
  struct Level: Sendable {
    let minimum: Int
    let maximum: Int
    /// A node may end after an entry whose digest's first 64 bits shifted by this are zero.
    let likelihoodShift: UInt64
    let encode: @Sendable (inout DagCBOREncoder, ManifestBranch) -> Void
  }

  private struct OpenNode: Sendable {
    var entries = DagCBOREncoder()
    var count = 0
    var totals = ManifestTotals()
    var isComplete = false
    var lastPath: ManifestPath?
  }

  let key: String
  private var leaf = OpenNode()
  /// Open branches, the lowest first.
  private var branches: [OpenNode] = []
  /// Of everything added.
  private(set) var totals = ManifestTotals()

  init(key: String) { self.key = key }

  var leafCount: Int { leaf.count }
  var leafIsComplete: Bool {
    get { leaf.isComplete }
    set { leaf.isComplete = newValue }
  }

  mutating func add(_ entry: ManifestTotals, encode: (inout DagCBOREncoder) -> Void) {
    encode(&leaf.entries)
    leaf.count += 1
    leaf.totals = Self.sum(leaf.totals, entry)
    totals = Self.sum(totals, entry)
  }

  /// Bytes that went by on this machine cannot exceed what can be counted.
  private static func sum(_ left: ManifestTotals, _ right: ManifestTotals) -> ManifestTotals {
    left.adding(right) ?? left
  }

  mutating func closeLeaf<Failure: Error>(
    level: Level, leaf outline: CID?, path: ManifestPath?, emit: (Block) throws(Failure) -> Void
  ) throws(Failure) {
    let block = Block(Self.encoded(leaf, key: key, outline: outline), codec: .dagCBOR)
    try emit(block)
    let branch = ManifestBranch(cid: block.cid, totals: leaf.totals, lastPath: path)
    leaf = OpenNode()
    try add(branch, at: 0, level: level, emit: emit)
  }

  private mutating func add<Failure: Error>(
    _ branch: ManifestBranch, at height: Int, level: Level,
    emit: (Block) throws(Failure) -> Void
  ) throws(Failure) {
    if height == branches.count { branches.append(OpenNode()) }
    if branches[height].isComplete { try close(height, level: level, emit: emit) }
    level.encode(&branches[height].entries, branch)
    branches[height].count += 1
    branches[height].totals = Self.sum(branches[height].totals, branch.totals)
    branches[height].lastPath = branch.lastPath
    let count = branches[height].count
    branches[height].isComplete =
      count >= level.maximum
      || count >= level.minimum && branch.cid.digest.prefix >> level.likelihoodShift == 0
  }

  private mutating func close<Failure: Error>(
    _ height: Int, level: Level, emit: (Block) throws(Failure) -> Void
  ) throws(Failure) {
    let node = branches[height]
    branches[height] = OpenNode()
    let block = Block(Self.encoded(node, key: "nodes", outline: nil), codec: .dagCBOR)
    try emit(block)
    let branch = ManifestBranch(cid: block.cid, totals: node.totals, lastPath: node.lastPath)
    try add(branch, at: height + 1, level: level, emit: emit)
  }

  /// Closes all levels and gives the top node's bytes, which the root embeds.
  mutating func finish<Failure: Error>(
    level: Level, leaf outline: CID?, path: ManifestPath?, emit: (Block) throws(Failure) -> Void
  ) throws(Failure) -> [UInt8] {
    if branches.isEmpty { return Self.encoded(leaf, key: key, outline: outline) }
    try closeLeaf(level: level, leaf: outline, path: path, emit: emit)
    var height = 0
    while height < branches.count - 1 {
      try close(height, level: level, emit: emit)
      height += 1
    }
    return Self.encoded(branches[height], key: "nodes", outline: nil)
  }

  private static func encoded(_ node: OpenNode, key: String, outline: CID?) -> [UInt8] {
    var encoder = DagCBOREncoder(reserving: node.entries.bytes.count + 96)
    encoder.map(count: outline == nil ? 1 : 2)
    encoder.text(key)
    encoder.array(count: node.count)
    encoder.encoded(node.entries.bytes)
    if let outline {
      encoder.text("outline")
      encoder.link(outline)
    }
    return encoder.bytes
  }
}
