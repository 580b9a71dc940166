// The Kronecker factors of each block's curvature and their eigenvectors
// (Specs/Influence.md, "Curvature").

import CanonicalMath
import FastMath
import Learning

/// Orthonormal directions in which a block's curvature is nearly diagonal, one a row.
struct BlockBasis: Sendable {
  /// [rank, rank]
  let short: Matrix
  /// [width, width]
  let long: Matrix
}

/// Sums the second moments of the short and the long factors over all tokens that it sees.
struct KroneckerFactors: BackwardObserver {
  let blocks: GradientBlocks
  private var short: [Matrix]
  private var long: [Matrix]

  init(_ blocks: GradientBlocks) {
    self.blocks = blocks
    short = blocks.blocks.map { Matrix(rows: $0.rank, columns: $0.rank) }
    long = blocks.blocks.map { Matrix(rows: $0.width, columns: $0.width) }
  }

  mutating func observe(_ linear: LinearObservation, of group: Group) {
    for place in blocks.places(linear.layer, linear.role) {
      let factors = linear.factors(isB: blocks.blocks[place].isB)
      Canonical.product(.tn, factors.short, factors.short, into: &short[place], accumulating: true)
      Canonical.product(.tn, factors.long, factors.long, into: &long[place], accumulating: true)
    }
  }

  /// The eigenvectors of both factors of every block.
  func bases() throws(FastMathError) -> [BlockBasis] {
    var bases: [BlockBasis] = []
    for place in blocks.blocks.indices {
      bases.append(
        BlockBasis(
          short: try Self.vectors(short[place]), long: try Self.vectors(long[place])))
    }
    return bases
  }

  private static func vectors(_ moments: Matrix) throws(FastMathError) -> Matrix {
    let order = moments.rows
    let (_, vectors) = try FastMath.symmetricEigen(
      order: order, moments.elements.map { Double($0) })
    return Matrix(rows: order, columns: order, vectors.map { Float($0) })
  }
}
