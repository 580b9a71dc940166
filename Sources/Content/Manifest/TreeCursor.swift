// Walks one of a manifest's trees, from the start or from a place that is found by its sums
// (Specs/Manifests.md, "Reading").

/// Gives the bytes of the block with this address. They are checked by whoever asked.
public typealias BlockSource = (CID) throws -> [UInt8]

/// An item and all that comes before it.
public struct PlacedItem<Item: ManifestItem>: Sendable {
  public let item: Item
  public let before: ManifestTotals
  /// The outlines of its leaf; nil when there are none.
  public let outline: CID?
  /// Its number in its leaf, and so in the block of outlines.
  public let indexInLeaf: Int
}

/// Holds one node a level, so its memory does not grow with the contribution. Every node is
/// checked against its address, its parent's counts and the depth limit before it is believed.
public struct TreeCursor<Item: ManifestItem>: Sendable {
  private struct Level: Sendable {
    let node: ManifestNode<Item>
    var index: Int
    /// Of all before `index`.
    var before: ManifestTotals
  }

  private let top: ManifestNode<Item>
  private var levels: [Level]
  /// What `next` gave last: leaves are in order, and so is one behind the other.
  private var previous: Item?

  init(_ top: ManifestNode<Item>) {
    self.top = top
    levels = [Level(node: top, index: 0, before: ManifestTotals())]
  }

  /// The next item in order; nil behind the last.
  public mutating func next(_ source: BlockSource) throws -> PlacedItem<Item>? {
    while let level = levels.last {
      guard level.index < level.node.count else {
        levels.removeLast()
        advance()
        continue
      }
      switch level.node {
      case .leaf(let items, let outline):
        if let previous { try items[level.index].checkPlace(behind: previous) }
        previous = items[level.index]
        let placed = PlacedItem(
          item: items[level.index], before: level.before, outline: outline,
          indexInLeaf: level.index)
        advance()
        return placed
      case .branch(let branches):
        try descend(branches[level.index], before: level.before, source)
      }
    }
    return nil
  }

  /// The subtree that comes next as a whole, or nil when single items do.
  public var nextBranch: ManifestBranch? {
    guard let level = levels.last, level.index < level.node.count,
      case .branch(let branches) = level.node
    else { return nil }
    return branches[level.index]
  }

  /// Moves to the item that holds byte number `byte`.
  public mutating func seek(byte: UInt64, _ source: BlockSource) throws {
    try seek(source) { $0.bytes > byte }
  }

  /// Moves to the item in which record number `record` begins.
  public mutating func seek(record: UInt64, _ source: BlockSource) throws {
    try seek(source) { $0.records > record }
  }

  /// Moves to item number `item`.
  public mutating func seek(item: UInt64, _ source: BlockSource) throws {
    try seek(source) { $0.items > item }
  }

  /// Moves to the first item with which the sum of all so far satisfies `reached`, or behind
  /// the last when none does.
  private mutating func seek(
    _ source: BlockSource, until reached: (ManifestTotals) -> Bool
  ) throws {
    levels = [Level(node: top, index: 0, before: ManifestTotals())]
    previous = nil
    while let level = levels.last {
      var index = 0
      var before = level.before
      while index < level.node.count {
        guard let after = before.adding(level.node.totals(at: index)) else {
          throw ManifestError(.sum, "counts are too large to be true")
        }
        if reached(after) { break }
        before = after
        index += 1
      }
      levels[levels.count - 1].index = index
      levels[levels.count - 1].before = before
      guard index < level.node.count, case .branch(let branches) = level.node else { return }
      try descend(branches[index], before: before, source)
    }
  }

  private mutating func advance() {
    guard let level = levels.last, level.index < level.node.count else { return }
    let last = levels.count - 1
    levels[last].before = level.before.adding(level.node.totals(at: level.index)) ?? level.before
    levels[last].index += 1
  }

  private mutating func descend(
    _ branch: ManifestBranch, before: ManifestTotals, _ source: BlockSource
  ) throws {
    guard levels.count < ManifestBuilder.maximumDepth else {
      throw ManifestError(.depth, "more than \(ManifestBuilder.maximumDepth) levels")
    }
    let node = try Self.node(branch, source)
    levels.append(Level(node: node, index: 0, before: before))
  }

  /// Reads the node that `branch` names and holds it to what `branch` says of it.
  static func node(
    _ branch: ManifestBranch, _ source: BlockSource
  ) throws -> ManifestNode<Item> {
    let bytes = try source(branch.cid)
    guard CID(of: bytes, codec: branch.cid.codec) == branch.cid else {
      throw ManifestError(.address, "\(branch.cid)")
    }
    let node = try Item.leaf(bytes) ?? ManifestNode<Item>(decoding: Value(decoding: bytes))
    guard try node.totals() == branch.totals, node.count > 0 else {
      throw ManifestError(.sum, "\(branch.cid) holds other counts than its parent says")
    }
    guard node.lastPath == branch.lastPath else {
      throw ManifestError(.order, "\(branch.cid) ends with another path than its parent says")
    }
    return node
  }
}

extension TreeCursor where Item == FileEntry {
  /// Moves to the first file that does not come before `path`.
  public mutating func seek(path: ManifestPath, _ source: BlockSource) throws {
    levels = [Level(node: top, index: 0, before: ManifestTotals())]
    previous = nil
    while let level = levels.last {
      var index = 0
      var before = level.before
      while index < level.node.count {
        let last: ManifestPath? =
          switch level.node {
          case .leaf(let files, _): files[index].path
          case .branch(let branches): branches[index].lastPath
          }
        if let last, !(last < path) { break }
        before = before.adding(level.node.totals(at: index)) ?? before
        index += 1
      }
      levels[levels.count - 1].index = index
      levels[levels.count - 1].before = before
      guard index < level.node.count, case .branch(let branches) = level.node else { return }
      try descend(branches[index], before: before, source)
    }
  }
}
