// Shares of a tree are shown by short proofs, and by none that is wrong (Specs/Proofs.md).

import Content
import Cryptography
import Testing

@testable import Attribution

@Suite struct SumTreeTests {
  private func tree(_ count: Int) throws -> SumTree {
    try SumTree(
      (0..<count).map { SumNode(leaf: SHA256.hash([UInt8($0)]), sum: Int64($0 * $0) - 20) })
  }

  @Test func everyRangeOfEveryTreeIsShownWithItsSum() throws {
    for count in 1...17 {
      let tree = try tree(count)
      for from in 0..<count {
        for to in from + 1...count {
          let proof = try #require(ShareProof([from..<to], in: tree))
          let shown = try #require(try ShareProof(proof.value).shown)
          #expect(shown.root == tree.commitment)
          #expect(shown.sum == tree.leaves[from..<to].reduce(0) { $0 + $1.sum })
        }
      }
    }
  }

  @Test func severalRangesAreOneProof() throws {
    let tree = try tree(100)
    let proof = try #require(ShareProof([3..<5, 40..<64, 99..<100], in: tree))
    #expect(proof.nodes.count < 30)
    let shown = try #require(proof.shown)
    #expect(shown.root == tree.commitment)
    #expect(shown.sum == ([3, 4] + Array(40..<64) + [99]).reduce(0) { $0 + tree.leaves[$1].sum })
  }

  @Test func aNodeMoreOrLessOrChangedShowsAnotherRootOrNone() throws {
    let tree = try tree(21)
    let proof = try #require(ShareProof([4..<11], in: tree))
    for index in proof.nodes.indices {
      var nodes = proof.nodes
      nodes[index].sum += 1
      let changed = try #require(ShareProof(count: 21, ranges: [4..<11], nodes: nodes))
      #expect(changed.shown?.root != tree.commitment)
      nodes.remove(at: index)
      #expect(try #require(ShareProof(count: 21, ranges: [4..<11], nodes: nodes)).shown == nil)
    }
    let longer = proof.nodes + [proof.nodes[0]]
    #expect(try #require(ShareProof(count: 21, ranges: [4..<11], nodes: longer)).shown == nil)
    let other = try #require(ShareProof(count: 22, ranges: [4..<11], nodes: proof.nodes))
    #expect(other.shown?.root != tree.commitment)
  }

  @Test func rangesThatTouchOverlapOrLeaveTheListMakeNoProof() throws {
    let tree = try tree(9)
    for ranges in [[1..<3, 3..<4], [1..<3, 2..<4], [4..<5, 1..<2], [3..<10], []] {
      #expect(ShareProof(ranges, in: tree) == nil)
    }
  }

  @Test func sumsThatLeave64BitsAreRefused() {
    let leaf = SumNode(leaf: SHA256.hash([UInt8]()), sum: .max)
    #expect(SumNode(leaf, leaf) == nil)
    #expect(throws: ScoreOverflow.self) { try SumTree([leaf, leaf]) }
  }
}
