// The final norm, the head and the cross-entropy, for the rows that predict something
// (Specs/Transformer.md, "Head").

import CanonicalMath
import Checkpoints

extension Pass {
  /// The final norm of chosen rows of the residual stream, left in `headNormed`.
  mutating func normHeadRows(_ chosen: [Int32]) {
    let shape = model.configuration
    headRows.resize(rows: chosen.count, columns: shape.hiddenSize)
    headNormed.resize(rows: chosen.count, columns: shape.hiddenSize)
    Canonical.gather(inputs[inputPlace(shape.layerCount)], ids: chosen, into: &headRows)
    Canonical.normForward(
      &headRows, weight: model.weights.finalNorm, epsilon: model.epsilon, into: &headNormed,
      inverses: &headInverses)
  }

  /// The loss of every counted token, in order.
  mutating func losses(_ group: Group) -> [Float] {
    normHeadRows(group.targetRows)
    return Canonical.headLoss(
      hidden: headNormed, head: model.weights.head, targets: group.targets,
      weights: Array(repeating: 1, count: group.targets.count),
      rowsAtOnce: Self.rowsAtOnce(model.configuration))
  }

  /// The losses, and the gradient of their sum times `weight`: for the residual stream in
  /// `gradients.stream`, and for the head's own weights in `sums`, when those are trained.
  mutating func lossesAndGradient(
    _ group: Group, weight: Float, everything places: EverythingPlaces?, sums: inout [Matrix]
  ) -> [Float] {
    normHeadRows(group.targetRows)
    let shape = model.configuration
    let weights = [Float](repeating: weight, count: group.targets.count)
    let rowsAtOnce = Self.rowsAtOnce(shape)
    let losses: [Float]
    if let places {
      losses = Canonical.headLoss(
        hidden: headNormed, head: model.weights.head, targets: group.targets, weights: weights,
        dHidden: &gradients.head, addingTo: &sums[places.head], rowsAtOnce: rowsAtOnce)
      Canonical.normWeightGradient(
        headRows, inverses: headInverses, dy: gradients.head, into: &sums[places.finalNorm],
        accumulating: true)
    } else {
      losses = Canonical.headLoss(
        hidden: headNormed, head: model.weights.head, turned: model.weights.turnedHead,
        targets: group.targets, weights: weights, dHidden: &gradients.head, rowsAtOnce: rowsAtOnce)
    }
    gradients.headStream.resize(rows: headRows.rows, columns: shape.hiddenSize)
    Canonical.normBackward(
      headRows, weight: model.weights.finalNorm, inverses: headInverses, dy: gradients.head,
      into: &gradients.headStream)
    gradients.resize(shape, rows: group.rowCount)
    gradients.stream.fill(0)
    Canonical.scatterAdd(gradients.headStream, ids: group.targetRows, to: &gradients.stream)
    return losses
  }
}
