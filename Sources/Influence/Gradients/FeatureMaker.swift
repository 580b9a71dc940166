// From records to what an index keeps of them: gradients, turned, weighed and sketched, or hidden
// states (Specs/Influence.md, "Features").

import CanonicalMath
import Checkpoints
import Learning

/// Makes features of batches of records. A feature list falls into sections, whose inner products
/// are taken apart from each other only by methods that go layer by layer.
struct FeatureMaker {
  /// Gradients of a batch take about this much memory.
  static let batchBytes = 32 << 20
  /// A batch is no larger, whatever fits: progress is shown after each.
  static let batchLimit = 256

  let method: InfluenceMethod
  let sections: [Int]
  let batch: Int
  private let blocks: GradientBlocks
  private let sketches: [Sketch]
  private let curvature: Curvature?
  private var recorder: GradientRecorder
  private var meter: GradientMeter
  private let adapter: AdapterTensors

  init(
    _ method: InfluenceMethod, _ meter: GradientMeter, _ adapter: AdapterTensors,
    features: Int, seed: UInt64, curvature: Curvature?
  ) {
    let shape = meter.transformer.configuration
    self.method = method
    self.meter = meter
    self.adapter = adapter
    self.curvature = curvature
    blocks = GradientBlocks(adapter, in: shape)
    recorder = GradientRecorder(blocks, bases: curvature?.bases)
    batch = Self.batch(blocks)
    switch method {
    case .repsim:
      sketches = []
      sections = [shape.hiddenSize]
    case .datainf:
      // Layer by layer: every block is sketched apart, in proportion to its size.
      let whole = blocks.count
      sketches = blocks.blocks.map { block in
        let share = features == 0 ? 0 : max(1, features * block.count / max(whole, 1))
        return Sketch(inputs: block.count, size: share, seed: seed &+ UInt64(block.offset))
      }
      sections = sketches.map(\.size)
    case .ekfac, .graddot:
      sketches = [Sketch(inputs: blocks.count, size: features, seed: seed)]
      sections = [sketches[0].size]
    }
  }

  static func batch(_ blocks: GradientBlocks) -> Int {
    max(1, min(batchLimit, batchBytes / (4 * max(blocks.count, 1))))
  }

  /// By section [records, size]. At most `batch` records at a time.
  mutating func features(_ records: [TokenRecord]) throws(StepError) -> [Matrix] {
    if method == .repsim {
      var meter = LossMeter(meter.transformer, adapter: adapter)
      return [Self.normalized(meter.hiddenStates(of: records))]
    }
    recorder.start(recordCount: records.count)
    _ = try meter.observe(records, observer: &recorder)
    var lists = sections.map { [Float](repeating: 0, count: $0 * records.count) }
    for (place, block) in blocks.blocks.enumerated() {
      let gradients = recorder.gradients(place).elements
      let weights = curvature?.weights[place]
      let section = method == .datainf ? place : 0
      let size = sections[section]
      for record in records.indices {
        var list = lists[section].mutableSpan
        sketches[section].add(
          gradients.span.extracting(record * block.count..<(record + 1) * block.count),
          weights: weights?.span, offset: method == .datainf ? 0 : block.offset, to: &list,
          at: record * size)
      }
    }
    return zip(lists, sections).map { Matrix(rows: records.count, columns: $1, $0) }
  }

  private static func normalized(_ states: Matrix) -> Matrix {
    var states = states
    for row in 0..<states.rows {
      let norm = Canonical.sumOfSquares(states.rows(row..<row + 1)).squareRoot()
      guard norm > 0 else { continue }
      var own = Matrix(states.row(row))
      Canonical.scale(&own, by: 1 / norm)
      states.replaceRows(from: row, with: own)
    }
    return states
  }
}
