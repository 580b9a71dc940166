// What two contributions do not share, found without reading what they share
// (Specs/Manifests.md, "Difference").

/// The chunks of one manifest that the other does not have, with their places.
///
/// Both trees are opened level by level from their tops, the higher one first until they are
/// equally high. On each level the nodes that both have are set aside, as often as both have
/// them; only the rest is opened. What is set aside is equal, so the difference of the rests is
/// the difference of the whole. The work and the memory follow the difference, not the size.
public struct ManifestDifference<Item: ManifestItem & Hashable>: Sendable {
  public let onlyLeft: [Item]
  public let onlyRight: [Item]

  /// More nodes on one level are not held: the contributions have too little in common.
  public static var maximumWidth: Int { 1 << 24 }

  public init(
    _ left: ManifestNode<Item>, _ right: ManifestNode<Item>, _ source: BlockSource
  ) throws {
    var left = Row(left)
    var right = Row(right)
    // Equal nodes are equally high, so those of different levels never meet here.
    Self.setAside(&left.branches, &right.branches)
    let (leftHeight, rightHeight) = (try left.height(source), try right.height(source))
    for _ in 0..<max(0, leftHeight - rightHeight) { try left.open(source) }
    for _ in 0..<max(0, rightHeight - leftHeight) { try right.open(source) }
    while !left.branches.isEmpty || !right.branches.isEmpty {
      Self.setAside(&left.branches, &right.branches)
      try left.open(source)
      try right.open(source)
    }
    Self.setAside(&left.items, &right.items)
    onlyLeft = left.items
    onlyRight = right.items
  }

  /// One level of a tree: branches, or items on the lowest.
  private struct Row {
    var branches: [ManifestBranch] = []
    var items: [Item] = []

    init(_ node: ManifestNode<Item>) { add(node) }

    mutating func add(_ node: ManifestNode<Item>) {
      switch node {
      case .leaf(let items, _): self.items += items
      case .branch(let branches): self.branches += branches
      }
    }

    /// How many levels of branches lie above the items, along the left edge.
    func height(_ source: BlockSource) throws -> Int {
      guard var branch = branches.first else { return 0 }
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
      for branch in closed {
        add(try TreeCursor<Item>.node(branch, source))
        guard branches.count + items.count <= ManifestDifference.maximumWidth else {
          throw ManifestError(.limit, "more than \(ManifestDifference.maximumWidth) nodes differ")
        }
      }
    }
  }

  /// Removes from both what both have, as often as both have it; the order stays.
  private static func setAside<Element: Hashable>(
    _ left: inout [Element], _ right: inout [Element]
  ) {
    var counts: [Element: Int] = [:]
    for element in right { counts[element, default: 0] += 1 }
    var common: [Element: Int] = [:]
    left = left.filter { element in
      guard let count = counts[element], count > 0 else { return true }
      counts[element] = count - 1
      common[element, default: 0] += 1
      return false
    }
    right = right.filter { element in
      guard let count = common[element], count > 0 else { return true }
      common[element] = count - 1
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
}
