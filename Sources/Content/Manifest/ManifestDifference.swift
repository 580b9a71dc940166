// What two contributions do not share, found without reading what they share
// (Specs/Manifests.md, "Difference").

/// The chunks or files of one manifest that the other does not have, with their places.
///
/// Both trees are opened level by level from their tops, the higher one first until they are
/// equally high. On each level the nodes that both have are set aside, as often as both have
/// them; only the rest is opened. What is set aside is equal, so the difference of the rests is
/// the difference of the whole. The work and the memory follow the difference, not the size.
public struct ManifestDifference<Item: ManifestItem & Hashable>: Sendable {
  public let onlyLeft: [PlacedItem<Item>]
  public let onlyRight: [PlacedItem<Item>]

  /// More nodes on one level are not held: the contributions have too little in common.
  public static var maximumWidth: Int { 1 << 24 }

  public init(
    _ left: ManifestNode<Item>, _ right: ManifestNode<Item>, _ source: BlockSource
  ) throws {
    var left = try Row(left)
    var right = try Row(right)
    // Equal nodes are equally high, so those of different levels never meet here.
    Self.setAside(&left.branches, &right.branches, \.branch)
    let (leftHeight, rightHeight) = (try left.height(source), try right.height(source))
    for _ in 0..<max(0, leftHeight - rightHeight) { try left.open(source) }
    for _ in 0..<max(0, rightHeight - leftHeight) { try right.open(source) }
    while !left.branches.isEmpty || !right.branches.isEmpty {
      Self.setAside(&left.branches, &right.branches, \.branch)
      try left.open(source)
      try right.open(source)
    }
    Self.setAside(&left.items, &right.items, \.item)
    onlyLeft = left.items
    onlyRight = right.items
  }

  private struct PlacedBranch {
    let branch: ManifestBranch
    let before: ManifestTotals
  }

  /// One level of a tree: branches, or items on the lowest.
  private struct Row {
    var branches: [PlacedBranch] = []
    var items: [PlacedItem<Item>] = []

    init(_ node: ManifestNode<Item>) throws { try add(node, before: ManifestTotals()) }

    mutating func add(_ node: ManifestNode<Item>, before: ManifestTotals) throws {
      var before = before
      for index in 0..<node.count {
        switch node {
        case .leaf(let items, let outline):
          self.items.append(
            PlacedItem(item: items[index], before: before, outline: outline, indexInLeaf: index))
        case .branch(let branches):
          self.branches.append(PlacedBranch(branch: branches[index], before: before))
        }
        guard let next = before.adding(node.totals(at: index)) else {
          throw ManifestError(.sum, "counts are too large to be true")
        }
        before = next
      }
    }

    /// How many levels of branches lie above the items, along the left edge.
    func height(_ source: BlockSource) throws -> Int {
      guard var branch = branches.first?.branch else { return 0 }
      for height in 1..<ManifestBuilder.maximumDepth {
        switch try TreeCursor<Item>.node(branch, source) {
        case .leaf: return height
        case .branch(let branches):
          guard let first = branches.first else { break }
          branch = first
        }
      }
      throw ManifestError(.depth, "more than \(ManifestBuilder.maximumDepth) levels")
    }

    mutating func open(_ source: BlockSource) throws {
      let closed = branches
      branches = []
      for placed in closed {
        try add(TreeCursor<Item>.node(placed.branch, source), before: placed.before)
        guard branches.count + items.count <= ManifestDifference.maximumWidth else {
          throw ManifestError(.limit, "more than \(ManifestDifference.maximumWidth) nodes differ")
        }
      }
    }
  }

  /// Removes from both what both have, as often as both have it; the order stays.
  private static func setAside<Element, Key: Hashable>(
    _ left: inout [Element], _ right: inout [Element], _ key: (Element) -> Key
  ) {
    var counts: [Key: Int] = [:]
    for element in right { counts[key(element), default: 0] += 1 }
    var common: [Key: Int] = [:]
    left = left.filter { element in
      guard let count = counts[key(element)], count > 0 else { return true }
      counts[key(element)] = count - 1
      common[key(element), default: 0] += 1
      return false
    }
    right = right.filter { element in
      guard let count = common[key(element)], count > 0 else { return true }
      common[key(element)] = count - 1
      return false
    }
  }
}

extension Manifest {
  /// The chunks that only one of two manifests has.
  public func chunkDifference(
    to other: Manifest, _ source: BlockSource
  ) throws -> ManifestDifference<ChunkEntry> {
    try ManifestDifference(chunks, other.chunks, source)
  }

  /// The files whose entries only one of two manifests has.
  public func fileDifference(
    to other: Manifest, _ source: BlockSource
  ) throws -> ManifestDifference<FileEntry> {
    try ManifestDifference(files, other.files, source)
  }

  /// The files that a chunk holds bytes of, each with its bytes' place in the chunk.
  public func files(
    in chunk: PlacedItem<ChunkEntry>, _ source: BlockSource
  ) throws -> [(file: PlacedItem<FileEntry>, range: Range<Int>)] {
    let start = chunk.before.bytes
    let end = start + UInt64(chunk.item.byteCount)
    var cursor = fileCursor()
    try cursor.seek(byte: start, source)
    var found: [(file: PlacedItem<FileEntry>, range: Range<Int>)] = []
    while let file = try cursor.next(source), file.before.bytes < end {
      let from = max(file.before.bytes, start) - start
      let to = min(file.before.bytes + file.item.bytes, end) - start
      if from < to { found.append((file, Int(from)..<Int(to))) }
    }
    return found
  }
}
