// Losses without training (Specs/Transformer.md, "Head").

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
      for range in group.ranges {
        var count = 0
        while next + count < group.targetRows.count,
          range.contains(Int(group.targetRows[next + count]))
        { count += 1 }
        all.append(Array(losses[next..<(next + count)]))
        next += count
      }
    }
    return all
  }

  private mutating func losses(_ group: Group) -> [Float] {
    pass.forward(group)
    return pass.losses(group)
  }
}
