// The curvature of the adapter's loss, block by block: eigenvectors, eigenvalues, and how strongly
// each direction is held (Specs/Influence.md, "Curvature" and "Damping").

import CanonicalMath
import FastMath
import Learning

struct Curvature: Sendable {
  /// The curvature is measured on so many records at most, evenly spaced.
  static let recordLimit = 256
  /// With few records, labels are drawn several times, for about so many gradients in all.
  static let gradientGoal = 256
  static let drawLimit = 4

  let bases: [BlockBasis]
  /// By block, the factor on each number of a turned gradient: 1/√(λ + damping).
  let weights: [[Float]]

  /// Which of `count` records are looked at.
  static func sample(_ count: Int) -> [Int] {
    guard count > recordLimit else { return Array(0..<count) }
    return (0..<recordLimit).map { $0 * count / recordLimit }
  }

  /// `damping` is relative: the rule's own is 1.
  init(
    _ meter: inout GradientMeter, _ blocks: GradientBlocks, _ records: [TokenRecord],
    batch: Int, damping: Double, progress: (InfluenceProgress) -> Void
  ) throws {
    let chosen = Self.sample(records.count).map { records[$0] }.filter { $0.rowCount > 0 }
    let draws = min(Self.drawLimit, max(1, Self.gradientGoal / max(chosen.count, 1)))
    let labels = (0..<draws).map { GradientLabels.drawn(seed: UInt64($0 + 1)) }
    var factors = KroneckerFactors(blocks)
    for start in stride(from: 0, to: chosen.count, by: batch) {
      let some = Array(chosen[start..<min(start + batch, chosen.count)])
      _ = try meter.observe(some, labels: [labels[0]], observer: &factors)
      progress(.init(stage: .factors, done: start + some.count, total: chosen.count))
    }
    bases = try factors.bases()
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
