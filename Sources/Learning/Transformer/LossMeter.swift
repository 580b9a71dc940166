// Losses without training (Specs/Transformer.md, "Head").

public import CanonicalMath
import Checkpoints

/// Runs a model over records for their losses alone.
public struct LossMeter {
  private var pass: Pass

  public init(_ model: Transformer, adapter: AdapterTensors?) {
    pass = Pass(model, adapter: adapter, remembering: .nothing)
  }

  /// The losses of each record's counted tokens. Rows do not depend on each other's group, so
  /// neither do the losses.
  public mutating func losses(of records: [TokenRecord]) -> [[Float]] {
    var all: [[Float]] = []
    all.reserveCapacity(records.count)
    for group in Group.groups(of: records) {
      let losses = group.targets.isEmpty ? [] : losses(group)
      var next = 0
      for count in group.countedTokens {
        all.append(Array(losses[next..<(next + count)]))
        next += count
      }
    }
    return all
  }

  /// The mean over each record's counted tokens of the normalised rows that predict them; zeros for
  /// a record that counts nothing. One row a record.
  public mutating func hiddenStates(of records: [TokenRecord]) -> Matrix {
    let width = pass.model.configuration.hiddenSize
    var all: [Float] = []
    all.reserveCapacity(records.count * width)
    for group in Group.groups(of: records) {
      if !group.targets.isEmpty {
        pass.forward(group)
        pass.normHeadRows(group.targetRows)
      }
      var next = 0
      for count in group.countedTokens {
        var mean = Matrix(rows: 1, columns: width)
        if count > 0 {
          Canonical.columnSums(pass.headNormed.rows(next..<(next + count)), into: &mean)
          Canonical.scale(&mean, by: 1 / Float(count))
        }
        next += count
        all += mean.elements
      }
    }
    return Matrix(rows: records.count, columns: width, all)
  }

  private mutating func losses(_ group: Group) -> [Float] {
    pass.forward(group)
    return pass.losses(group)
  }
}
