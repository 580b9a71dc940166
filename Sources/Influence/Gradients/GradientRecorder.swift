// Every record's own gradient, block by block, for as many records as memory is given for
// (Specs/Influence.md, "Gradients").

import CanonicalMath
import Learning

/// Watches a backward pass over a batch of records and keeps each one's gradient, turned into the
/// eigenvectors of a curvature where one is given.
struct GradientRecorder: BackwardObserver {
  let blocks: GradientBlocks
  /// By block [records · rank, width].
  private(set) var values: [Matrix] = []
  private let bases: [BlockBasis]?
  private var short = Matrix(rows: 0, columns: 0)

  init(_ blocks: GradientBlocks, bases: [BlockBasis]? = nil) {
    self.blocks = blocks
    self.bases = bases
    values = blocks.blocks.map { _ in Matrix(rows: 0, columns: 0) }
  }

  /// Forgets what was recorded.
  mutating func start(recordCount: Int) {
    for (place, block) in blocks.blocks.enumerated() {
      values[place].resize(rows: recordCount * block.rank, columns: block.width)
      values[place].fill(0)
    }
  }

  mutating func observe(_ linear: LinearObservation, of group: Group) {
    for place in blocks.places(linear.layer, linear.role) {
      let block = blocks.blocks[place]
      var (own, long) = linear.factors(isB: block.isB)
      if let bases {
        short.resize(rows: own.rows, columns: block.rank)
        Canonical.product(.nt, own, bases[place].short, into: &short)
        own = short
      }
      for (record, range) in group.ranges.enumerated() where !range.isEmpty {
        let row = (group.firstRecord + record) * block.rank
        Canonical.product(
          .tn, own.rows(range), long.rows(range), into: &values[place],
          rows: row..<(row + block.rank))
      }
    }
  }

  /// What was recorded of a block, one row a record. With bases, its columns are theirs.
  func gradients(_ place: Int) -> Matrix {
    let block = blocks.blocks[place]
    var whole = values[place]
    if let bases { whole = Canonical.product(.nt, whole, bases[place].long) }
    return whole.reshaped(rows: whole.rows / block.rank, columns: block.count)
  }
}
