// The curvature of the adapter's loss, block by block: eigenvectors, eigenvalues, and how strongly
// each direction is held (Specs/Influence.md, "Curvature" and "Damping").

import CanonicalMath
import FastMath
import Learning

struct Curvature: Sendable {
  /// Directions are measured on evenly spaced records: as many as have about so many rows.
  static let rowGoal = 4096
  /// But so many at least and at most.
  static let recordCounts = 64...256
  /// Eigenvalues are measured on so many of those. With fewer, labels are drawn several times, for
  /// about as many gradients in all.
  static let gradientGoal = 64
  static let drawLimit = 4

  let bases: [BlockBasis]
  /// By block, the factor on each number of a turned gradient: 1/√(λ + damping).
  let weights: [[Float]]

  /// `wanted` of the records, evenly spaced, or all.
  static func sample(_ records: [TokenRecord], _ wanted: Int) -> [TokenRecord] {
    guard records.count > wanted else { return records }
    return (0..<wanted).map { records[$0 * records.count / wanted] }
  }

  /// How many records have enough rows.
  static func wanted(_ records: [TokenRecord]) -> Int {
    let rows = max(1, records.reduce(0) { $0 + $1.rowCount })
    let count = (rowGoal * records.count + rows - 1) / rows
    return min(max(count, recordCounts.lowerBound), recordCounts.upperBound)
  }

  /// `damping` is relative: the rule's own is 1.
  init(
    _ meter: inout GradientMeter, _ blocks: GradientBlocks, _ records: [TokenRecord],
    batch: Int, damping: Double, progress: (InfluenceProgress) -> Void
  ) throws {
    let counted = records.filter { $0.rowCount > 0 }
    var chosen = Self.sample(counted, Self.wanted(counted))
    var factors = KroneckerFactors(blocks)
    for start in stride(from: 0, to: chosen.count, by: batch) {
      let some = Array(chosen[start..<min(start + batch, chosen.count)])
      _ = try meter.observe(some, labels: [.drawn(seed: 1)], observer: &factors)
      progress(.init(stage: .factors, done: start + some.count, total: chosen.count))
    }
    bases = try factors.bases()
    chosen = Self.sample(chosen, Self.gradientGoal)
    let draws = min(Self.drawLimit, max(1, Self.gradientGoal / max(chosen.count, 1)))
    let labels = (0..<draws).map { GradientLabels.drawn(seed: UInt64($0 + 1)) }
    var sums = blocks.blocks.map { [Double](repeating: 0, count: $0.count) }
    var recorder = GradientRecorder(blocks, bases: bases)
    for start in stride(from: 0, to: chosen.count, by: batch) {
      let some = Array(chosen[start..<min(start + batch, chosen.count)])
      for label in labels {
        recorder.start(recordCount: some.count)
        _ = try meter.observe(some, labels: [label], observer: &recorder)
        for place in blocks.blocks.indices {
          Self.addSquares(recorder.gradients(place), to: &sums[place])
        }
      }
      progress(.init(stage: .eigenvalues, done: start + some.count, total: chosen.count))
    }
    // The curvature of the sum over all records.
    let scale = Double(records.count) / Double(max(chosen.count * draws, 1))
    weights = Self.weights(sums.map { $0.map { $0 * scale } }, damping: damping)
  }

  init(bases: [BlockBasis], weights: [[Float]]) {
    self.bases = bases
    self.weights = weights
  }

  private static func addSquares(_ gradients: Matrix, to sums: inout [Double]) {
    for row in 0..<gradients.rows {
      let values = gradients.row(row)
      for index in values.indices { sums[index] += Double(values[index]) * Double(values[index]) }
    }
  }

  /// The damping is a share of the mean eigenvalue over all blocks.
  static let dampingShare = 0.01

  static func weights(_ eigenvalues: [[Double]], damping: Double) -> [[Float]] {
    let count = eigenvalues.reduce(0) { $0 + $1.count }
    let sum = eigenvalues.reduce(0) { $0 + $1.reduce(0, +) }
    let held = max(damping * dampingShare * sum / Double(max(count, 1)), 1e-30)
    return eigenvalues.map { $0.map { Float(1 / ($0 + held).squareRoot()) } }
  }
}
