// The Merkle tree over a list, shaped as in RFC 6962 (Specs/Runs.md, "Transcript").

public import Cryptography

/// Hashes of a list that grows at its end; the root of n leaves costs O(log n) more hashes.
public struct MerkleList: Hashable, Sendable {
  public private(set) var leaves: [Digest] = []
  /// Roots of complete subtrees, largest first, as in the binary digits of the count.
  private var peaks: [(digest: Digest, height: Int)] = []

  public init() {}

  public static func leaf(_ bytes: [UInt8]) -> Digest { SHA256.hash([0] + bytes) }

  static func node(_ left: Digest, _ right: Digest) -> Digest {
    SHA256.hash([1] + left.bytes + right.bytes)
  }

  public mutating func append(_ leaf: Digest) {
    leaves.append(leaf)
    var top = (digest: leaf, height: 0)
    while let last = peaks.last, last.height == top.height {
      peaks.removeLast()
      top = (Self.node(last.digest, top.digest), top.height + 1)
    }
    peaks.append(top)
  }

  /// SHA-256 of nothing for an empty list.
  public var root: Digest {
    guard var digest = peaks.last?.digest else { return SHA256.hash([UInt8]()) }
    for peak in peaks.dropLast().reversed() { digest = Self.node(peak.digest, digest) }
    return digest
  }

  /// The siblings from the leaf at `index` up to the root.
  public func proof(of index: Int) -> [Digest] {
    precondition(leaves.indices.contains(index))
    return Self.proof(of: index, in: leaves[...])
  }

  private static func proof(of index: Int, in leaves: ArraySlice<Digest>) -> [Digest] {
    guard leaves.count > 1 else { return [] }
    let split = leaves.startIndex + largestPowerOfTwo(below: leaves.count)
    let (left, right) = (leaves[..<split], leaves[split...])
    return index < split
      ? proof(of: index, in: left) + [root(of: right)]
      : proof(of: index, in: right) + [root(of: left)]
  }

  private static func root(of leaves: ArraySlice<Digest>) -> Digest {
    var list = MerkleList()
    for leaf in leaves { list.append(leaf) }
    return list.root
  }

  /// Whether `proof` leads from `leaf`, the entry at `index` of `count`, to `root`.
  public static func verifies(
    _ proof: [Digest], leaf: Digest, at index: Int, of count: Int, root: Digest
  ) -> Bool {
    guard index >= 0, index < count else { return false }
    var steps: [Bool] = []
    var (low, size) = (0, count)
    while size > 1 {
      let split = largestPowerOfTwo(below: size)
      if index - low < split {
        steps.append(true)
        size = split
      } else {
        steps.append(false)
        low += split
        size -= split
      }
    }
    guard steps.count == proof.count else { return false }
    var digest = leaf
    for (isLeft, sibling) in zip(steps.reversed(), proof) {
      digest = isLeft ? node(digest, sibling) : node(sibling, digest)
    }
    return digest == root
  }

  private static func largestPowerOfTwo(below count: Int) -> Int {
    var power = 1
    while power * 2 < count { power *= 2 }
    return power
  }

  public static func == (left: MerkleList, right: MerkleList) -> Bool {
    left.leaves == right.leaves
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(leaves) }
}
