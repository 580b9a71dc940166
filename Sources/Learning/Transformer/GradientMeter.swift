// What records' gradients are made of, without taking a step (Specs/Transformer.md, "Observers").

import CanonicalMath
import Checkpoints

/// Which tokens a loss asks for.
public enum GradientLabels: Sendable, Hashable {
  /// The record's own.
  case own
  /// Tokens drawn from what the model itself predicts: their gradients' second moments are those of
  /// the Gauss–Newton matrix.
  case drawn(seed: UInt64)
}

/// Runs a base with an adapter over records and lets an observer see each adapted layer. The loss is
/// the sum over counted tokens, so that a record's gradient does not depend on its neighbours.
public struct GradientMeter: Sendable {
  private var pass: Pass
  private let places: GradientPlaces

  public init(
    _ model: Transformer, adapter: AdapterTensors, remembering: Remembering = .everything
  ) {
    pass = Pass(model, adapter: adapter, remembering: remembering)
    places = .adapter(adapter.places)
  }

  public var adapter: AdapterTensors? { pass.adapter }
  public var transformer: Transformer { pass.model }

  /// Each record's loss, summed over its counted tokens. The observer meets records by their place in
  /// `records`; those that count nothing are never shown. With `labels`, every group goes backward
  /// once for each of them, and the observer is told which by `begin`.
  public mutating func observe<Observer: BackwardObserver>(
    _ records: [TokenRecord], labels: [GradientLabels] = [.own], observer: inout Observer,
    begin: (inout Observer, GradientLabels) -> Void = { _, _ in }
  ) throws(StepError) -> [Float] {
    let groups = Group.groups(of: records)
    let shape = pass.model.configuration
    try Group.check(
      groups, vocabulary: shape.vocabularySize,
      context: min(shape.contextLength, pass.model.contextLength))
    var all: [Float] = []
    all.reserveCapacity(records.count)
    // Sums over records are nobody's wish here.
    var sums: [Matrix] = []
    for group in groups {
      guard !group.targets.isEmpty else {
        all += group.ranges.map { _ in 0 }
        continue
      }
      pass.forward(group)
      var losses: [Float] = []
      for label in labels {
        var asked = group
        if case .drawn(let seed) = label { asked.targets = pass.drawnTargets(group, seed: seed) }
        let found = pass.lossesAndGradient(asked, weight: 1, everything: nil, sums: &sums)
        if label == .own || losses.isEmpty { losses = found }
        begin(&observer, label)
        pass.backward(asked, places, sums: &sums, observer: &observer)
      }
      var next = 0
      for count in group.countedTokens {
        all.append(Canonical.rowSum(Array(losses[next..<(next + count)])))
        next += count
      }
    }
    return all
  }
}

extension Pass {
  /// One token for each row that predicts something, drawn from the softmax of its logits. Draws are
  /// a function of seed, the group's first record and the row.
  fileprivate mutating func drawnTargets(_ group: Group, seed: UInt64) -> [Int32] {
    normHeadRows(group.targetRows)
    let stream = RandomStream(key: seed, purpose: .generation, index: group.firstRecord)
    let step = Self.rowsAtOnce(model.configuration)
    var targets: [Int32] = []
    targets.reserveCapacity(group.targets.count)
    for start in stride(from: 0, to: headNormed.rows, by: step) {
      let rows = headNormed.rows(start..<min(start + step, headNormed.rows))
      let shares = Canonical.softmax(Canonical.product(.nt, rows, model.weights.head))
      for row in 0..<shares.rows {
        let draw = stream.uniform(at: UInt64(start + row))
        var sum: Float = 0
        var chosen = 0
        for (token, share) in shares.row(row).enumerated() where share > 0 {
          chosen = token
          sum += share
          if sum > draw { break }
        }
        targets.append(Int32(chosen))
      }
    }
    return targets
  }
}
