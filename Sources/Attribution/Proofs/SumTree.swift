// The Merkle-sum tree: a list of labelled integers with the sum of every subtree under its hash
// (Specs/Proofs.md, "Sum tree").

public import Cryptography

/// A subtree: its hash and the sum of its leaves.
public struct SumNode: Hashable, Sendable {
  public var digest: Digest
  public var sum: Int64

  public init(digest: Digest, sum: Int64) {
    self.digest = digest
    self.sum = sum
  }

  /// A labelled integer.
  public init(leaf label: Digest, sum: Int64) {
    self.init(digest: SHA256.hash([2] + label.bytes + Self.bigEndian(sum)), sum: sum)
  }

  /// Two subtrees side by side; nil when their sum leaves 64 bits.
  public init?(_ left: SumNode, _ right: SumNode) {
    let (sum, overflow) = left.sum.addingReportingOverflow(right.sum)
    guard !overflow else { return nil }
    self.init(digest: SHA256.hash([3] + left.bytes + right.bytes), sum: sum)
  }

  /// What stands for a whole tree: binds the number of its leaves too, which the shape alone does not.
  func commitment(count: Int) -> Digest {
    SHA256.hash([4] + Self.bigEndian(Int64(count)) + bytes)
  }

  /// Digest and sum, 40 bytes.
  var bytes: [UInt8] { digest.bytes + Self.bigEndian(sum) }

  static func bigEndian(_ number: Int64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * (7 - Int64($0)))) }
  }
}

/// A tree over a whole list, shaped as RFC 6962 shapes a list of that length.
public struct SumTree: Sendable {
  /// Levels from the leaves up; a node without a neighbour rises unchanged.
  private let levels: [[SumNode]]

  public var count: Int { levels.first?.count ?? 0 }
  public var leaves: [SumNode] { levels.first ?? [] }
  public var commitment: Digest { root.commitment(count: count) }
  public var sum: Int64 { root.sum }

  /// The hash of nothing for an empty list.
  var root: SumNode {
    levels.last?.first ?? SumNode(digest: SHA256.hash([UInt8]()), sum: 0)
  }

  public init(_ leaves: [SumNode]) throws(ScoreOverflow) {
    var levels = [leaves]
    var level = leaves
    while level.count > 1 {
      var next: [SumNode] = []
      next.reserveCapacity((level.count + 1) / 2)
      for index in stride(from: 0, to: level.count - 1, by: 2) {
        guard let node = SumNode(level[index], level[index + 1]) else { throw ScoreOverflow() }
        next.append(node)
      }
      if level.count % 2 == 1, let last = level.last { next.append(last) }
      levels.append(next)
      level = next
    }
    self.levels = leaves.isEmpty ? [] : levels
  }

  /// The subtree over `range`, which is one of the tree's own: its start is a multiple of its size
  /// rounded up to a power of two, and it ends there or at the list's end.
  func node(_ range: Range<Int>) -> SumNode {
    var (height, width) = (0, 1)
    while width < range.count {
      width *= 2
      height += 1
    }
    return levels[height][range.lowerBound / width]
  }
}
