// A short proof that some of a tree's leaves sum up to a share of its root
// (Specs/Proofs.md, "Share proof").

public import Content
public import Cryptography

/// The sum over ranges of a sum tree, with what is needed to get from there to the root.
public struct ShareProof: Hashable, Sendable {
  public static let type = "datanet/share-proof/1"
  /// Ranges of one proof.
  public static let rangeLimit = 4096
  /// Leaves of a tree.
  public static let countLimit = 1 << 40

  /// Leaves of the whole tree.
  public let count: Int
  /// Ascending, apart, none empty.
  public let ranges: [Range<Int>]
  /// The largest subtrees that lie wholly inside or wholly outside the ranges, from left to right.
  public let nodes: [SumNode]

  /// What the proof shows when it is followed.
  public struct Shown: Hashable, Sendable {
    /// The tree's commitment.
    public let root: Digest
    /// The sum over the ranges.
    public let sum: Int64
    /// The sum of the whole tree.
    public let total: Int64
  }

  public init?(count: Int, ranges: [Range<Int>], nodes: [SumNode]) {
    guard Self.areValid(ranges, count: count) else { return nil }
    self.count = count
    self.ranges = ranges
    self.nodes = nodes
  }

  /// Of `ranges` in `tree`; nil when they are not ascending, apart and inside it.
  public init?(_ ranges: [Range<Int>], in tree: SumTree) {
    guard Self.areValid(ranges, count: tree.count) else { return nil }
    count = tree.count
    self.ranges = ranges
    var nodes: [SumNode] = []
    Self.walk(0..<tree.count, ranges[...]) { nodes.append(tree.node($0)) }
    self.nodes = nodes
  }

  private static func areValid(_ ranges: [Range<Int>], count: Int) -> Bool {
    guard (1...countLimit).contains(count), (1...rangeLimit).contains(ranges.count) else {
      return false
    }
    var end = -1
    for range in ranges {
      // Ranges that touch would be one.
      guard range.lowerBound > end, !range.isEmpty else { return false }
      end = range.upperBound
    }
    return end <= count
  }

  /// Visits the largest subtrees that are inside or outside, from left to right.
  private static func walk(
    _ subtree: Range<Int>, _ ranges: ArraySlice<Range<Int>>, _ visit: (Range<Int>) -> Void
  ) {
    let inside = ranges.filter { $0.overlaps(subtree) }[...]
    guard isWhole(subtree, inside) == nil else { return visit(subtree) }
    let split = subtree.lowerBound + largestPowerOfTwo(below: subtree.count)
    walk(subtree.lowerBound..<split, inside, visit)
    walk(split..<subtree.upperBound, inside, visit)
  }

  private static func largestPowerOfTwo(below count: Int) -> Int {
    var power = 1
    while power * 2 < count { power *= 2 }
    return power
  }

  /// The root and the sum that follow from the nodes; nil when there are too few, too many, or a sum
  /// leaves 64 bits. Costs at most two hashes a node.
  public var shown: Shown? {
    var rest = nodes[...]
    var sum: Int64 = 0
    guard let root = follow(0..<count, ranges[...], &rest, &sum), rest.isEmpty else { return nil }
    return Shown(root: root.commitment(count: count), sum: sum, total: root.sum)
  }

  private func follow(
    _ subtree: Range<Int>, _ ranges: ArraySlice<Range<Int>>, _ rest: inout ArraySlice<SumNode>,
    _ sum: inout Int64
  ) -> SumNode? {
    let inside = ranges.filter { $0.overlaps(subtree) }[...]
    if let isInside = Self.isWhole(subtree, inside) {
      guard let node = rest.popFirst() else { return nil }
      guard isInside else { return node }
      let (next, overflow) = sum.addingReportingOverflow(node.sum)
      sum = next
      return overflow ? nil : node
    }
    let split = subtree.lowerBound + Self.largestPowerOfTwo(below: subtree.count)
    guard let left = follow(subtree.lowerBound..<split, inside, &rest, &sum),
      let right = follow(split..<subtree.upperBound, inside, &rest, &sum)
    else { return nil }
    return SumNode(left, right)
  }

  /// Whether a subtree lies wholly inside (true) or outside (false) the ranges that overlap it; nil
  /// when it has to be split.
  private static func isWhole(
    _ subtree: Range<Int>, _ ranges: ArraySlice<Range<Int>>
  ) -> Bool? {
    guard let first = ranges.first else { return false }
    let isCovered =
      first.lowerBound <= subtree.lowerBound && first.upperBound >= subtree.upperBound
    return isCovered ? true : nil
  }

  public var value: Value {
    [
      "type": .text(Self.type), "count": Value(count),
      "ranges": .array(ranges.map { .array([Value($0.lowerBound), Value($0.upperBound)]) }),
      "nodes": .array(nodes.map { .array([.bytes($0.digest.bytes), Value($0.sum)]) }),
    ]
  }

  public init(_ value: Value) throws(ProofError) {
    guard value["type"]?.text == Self.type, value.map?.entries.count == 4,
      let count: Int = value["count"]?.integer(), let ranges = value["ranges"]?.array,
      let nodes = value["nodes"]?.array, ranges.count <= Self.rangeLimit
    else { throw .shape(Self.type) }
    var ownRanges: [Range<Int>] = []
    for item in ranges {
      guard let pair = item.array, pair.count == 2, let from: Int = pair[0].integer(),
        let to: Int = pair[1].integer(), from >= 0, from < to
      else { throw .shape(Self.type) }
      ownRanges.append(from..<to)
    }
    var ownNodes: [SumNode] = []
    for item in nodes { ownNodes.append(try SumNode(item)) }
    guard let proof = ShareProof(count: count, ranges: ownRanges, nodes: ownNodes) else {
      throw .shape(Self.type)
    }
    self = proof
  }
}

extension SumNode {
  /// `[digest, sum]`
  public init(_ value: Value) throws(ProofError) {
    guard let pair = value.array, pair.count == 2,
      let digest = pair[0].bytes.flatMap({ Digest(bytes: $0) }), let sum: Int64 = pair[1].integer()
    else { throw .shape("a sum tree's node") }
    self.init(digest: digest, sum: sum)
  }
}
