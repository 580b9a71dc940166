// From records to what an index keeps of them: gradients, turned, weighed and sketched, or hidden
// states (Specs/Influence.md, "Features").

import CanonicalMath
import Checkpoints
import Learning

/// What is kept of a batch of records in one section: directions of length one, and lengths.
struct Features {
  /// [records, size]; zeros where nothing counts.
  let directions: Matrix
  let lengths: [Float]

  init(_ values: Matrix) {
    var directions = values
    var lengths: [Float] = []
    for row in 0..<values.rows {
      var own = Matrix(values.row(row))
      // A large or a tiny gradient must not leave the range of its own square.
      let peak = own.elements.reduce(0) { max($0, abs($1)) }
      guard peak > 0 || peak.isNaN else {
        lengths.append(0)
        continue
      }
      Canonical.scale(&own, by: 1 / peak)
      let length = Canonical.sumOfSquares(own).squareRoot()
      Canonical.scale(&own, by: 1 / length)
      directions.replaceRows(from: row, with: own)
      lengths.append(length * peak)
    }
    self.directions = directions
    self.lengths = lengths
  }

  var isFinite: Bool { lengths.allSatisfy(\.isFinite) }

  /// The values themselves.
  var values: Matrix { Self.scaled(directions, by: lengths) }

  static func scaled(_ rows: Matrix, by factors: [Float]) -> Matrix {
    var result = rows
    for row in 0..<rows.rows {
      var own = Matrix(rows.row(row))
      Canonical.scale(&own, by: factors[row])
      result.replaceRows(from: row, with: own)
    }
    return result
  }
}

/// Makes features of batches of records, in sections: one for each point on the way, or one for each
/// block where a method goes layer by layer.
struct FeatureMaker {
  /// Gradients of a batch take about this much memory.
  static let batchBytes = 32 << 20
  /// A batch is no larger, whatever fits: progress is shown after each.
  static let batchLimit = 256

  /// One point on the way from the base to the adapter.
  private struct Point {
    var meter: GradientMeter
    var recorder: GradientRecorder

    mutating func record(_ records: [TokenRecord]) throws(StepError) {
      recorder.start(recordCount: records.count)
      _ = try meter.observe(records, observer: &recorder)
    }
  }

  let method: InfluenceMethod
  let sections: [Int]
  let batch: Int
  private let blocks: GradientBlocks
  private let sketches: [Sketch]
  private var points: [Point]
  private let model: Transformer
  private let adapter: AdapterTensors

  /// `curvatures` are those at the method's points, where it uses any.
  init(
    _ settings: IndexSettings, _ model: Transformer, _ adapter: AdapterTensors, seed: UInt64,
    curvatures: [Curvature]
  ) {
    method = settings.method
    self.model = model
    self.adapter = adapter
    let blocks = GradientBlocks(adapter, in: model.configuration, onlyB: method.takesOnlyB)
    self.blocks = blocks
    batch = Self.batch(blocks)
    points = method.points.enumerated().map { index, share in
      let curvature = curvatures.isEmpty ? nil : curvatures[index]
      return Point(
        meter: GradientMeter(model, adapter: share == 1 ? adapter : adapter.scaled(by: share)),
        recorder: GradientRecorder(blocks, bases: curvature?.bases))
    }
    let features = settings.features
    switch method {
    case .repsim:
      sketches = []
      sections = [model.configuration.hiddenSize]
    case .datainf:
      // Layer by layer: every block is sketched apart, in proportion to its size.
      sketches = blocks.blocks.map { block in
        let share = features == 0 ? 0 : max(1, features * block.count / max(blocks.count, 1))
        return Sketch(inputs: block.count, size: share, seed: seed &+ UInt64(block.offset))
      }
      sections = sketches.map(\.size)
    case .ekfac, .ekfacPath, .ekfacEnd, .graddot:
      let share = features == 0 ? 0 : max(1, features / points.count)
      sketches = points.indices.map { index in
        Sketch(
          inputs: blocks.count, size: share, seed: seed &+ UInt64(index),
          weights: curvatures.isEmpty ? nil : Array(curvatures[index].weights.joined()))
      }
      sections = sketches.map(\.size)
    }
  }

  /// Whether curvatures that were read are of this adapter's shape.
  func fits(_ curvatures: [Curvature]) -> Bool {
    curvatures.allSatisfy { curvature in
      curvature.bases.count == blocks.blocks.count
        && zip(curvature.bases, blocks.blocks).allSatisfy {
          $0.short.rows == $1.rank && $0.long.rows == $1.width
        }
    }
  }

  static func batch(_ blocks: GradientBlocks) -> Int {
    max(1, min(batchLimit, batchBytes / (4 * max(blocks.count, 1))))
  }

  /// By section. At most `batch` records at a time.
  mutating func features(_ records: [TokenRecord]) throws(StepError) -> [Features] {
    if method == .repsim {
      var meter = LossMeter(model, adapter: adapter)
      return [Features(meter.hiddenStates(of: records))]
    }
    var lists = sections.map { [Float](repeating: 0, count: $0 * records.count) }
    for index in points.indices {
      try points[index].record(records)
      for (place, block) in blocks.blocks.enumerated() {
        let gradients = points[index].recorder.gradients(place).elements
        let section = method == .datainf ? place : index
        for record in records.indices {
          var list = lists[section].mutableSpan
          sketches[section].add(
            gradients.span.extracting(record * block.count..<(record + 1) * block.count),
            offset: method == .datainf ? 0 : block.offset, to: &list,
            at: record * sections[section])
        }
      }
    }
    return zip(lists, sections).map {
      Features(Matrix(rows: records.count, columns: $1, $0))
    }
  }
}
