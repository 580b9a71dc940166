// DataInf as its paper computes it, layer by layer (Specs/Influence.md, "DataInf").

import CanonicalMath
import Checkpoints

/// The inverse of each layer's mean of gᵢgᵢᵀ + λ, with the mean and the inverse exchanged:
/// (1/λ)·(v − (1/n)·Σᵢ gᵢ·(gᵢ·v)/(λ + |gᵢ|²)).
struct DataInf {
  /// λ is this share of a layer's mean squared gradient entry, as in the paper.
  static let share = 0.1

  private let index: InfluenceIndex

  init(_ index: InfluenceIndex) { self.index = index }

  /// The queries' gradients by section, each through the layer's inverse.
  func corrected(_ asked: [Matrix]) -> [Matrix] {
    asked.indices.map { section in corrected(asked[section], section) }
  }

  private func corrected(_ query: Matrix, _ section: Int) -> Matrix {
    let count = index.recordCount
    let batches = (0..<index.batchCount).map { batch -> Matrix in
      let (directions, lengths) = index.stored(batch, section)
      return Features.scaled(directions.widened(), by: lengths)
    }
    let squares = batches.map { Canonical.rowDots($0, $0) }
    let sum = squares.joined().reduce(0.0) { $0 + Double($1) }
    let lambda = max(Float(Self.share * sum / Double(max(count * query.columns, 1))), 1e-30)
    var correction = Matrix(rows: query.rows, columns: query.columns)
    for (batch, norms) in zip(batches, squares) {
      let weights = Canonical.product(.nt, query, batch)
        .columnsScaled(by: norms.map { 1 / (Float(count) * (lambda + $0)) })
      Canonical.product(.nn, weights, batch, into: &correction, accumulating: true)
    }
    var result = query
    Canonical.add(correction, times: -1, to: &result)
    Canonical.scale(&result, by: 1 / lambda)
    return result
  }
}
