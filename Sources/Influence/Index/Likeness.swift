// How alike what the model sees in two records is (Specs/Influence.md, "Methods").

import CanonicalMath

extension InfluenceIndex {
  /// Cosines of mean hidden states, of which the mean over all records is taken first: what every
  /// text has in common says nothing. Zeros for what counts nothing.
  func likeness(_ asked: Features) -> Matrix {
    var sum = Matrix(rows: 1, columns: featureCount)
    var counted = 0
    for batch in 0..<batchCount {
      let (directions, lengths) = stored(batch, 0)
      Canonical.product(
        .nn, Matrix(lengths), directions.widened(), into: &sum, accumulating: true)
      counted += lengths.count { $0 > 0 }
    }
    Canonical.scale(&sum, by: 1 / Float(max(counted, 1)))
    let mean = sum
    func apart(_ values: Matrix, _ lengths: [Float]) -> Matrix {
      var values = values
      // Minus the mean, where there is something to take it from.
      Canonical.product(
        .tn, Matrix(lengths.map { $0 > 0 ? -1 : 0 }), mean, into: &values, accumulating: true)
      return Features(values).directions
    }
    let queries = apart(asked.values, asked.lengths)
    var scores = Matrix(rows: queries.rows, columns: recordCount)
    for batch in 0..<batchCount {
      let (directions, lengths) = stored(batch, 0)
      let records = apart(Features.scaled(directions.widened(), by: lengths), lengths)
      let own = Canonical.product(.nt, queries, records)
      scores.replaceColumns(from: batch * header.batch, with: own)
    }
    return scores
  }
}
