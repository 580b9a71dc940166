// The backward pass, block by block (Specs/Transformer.md, "Backward").

import CanonicalMath
import Checkpoints

/// Which tensors' gradients are wanted, and where they lie in the list of sums.
enum GradientPlaces {
  case adapter(AdapterPlaces)
  case everything(EverythingPlaces)

  var everything: EverythingPlaces? {
    if case .everything(let places) = self { places } else { nil }
  }

  func wants(_ layer: Int, _ role: LinearRole) -> Bool {
    switch self {
    case .adapter(let places): places[layer, role] != nil
    case .everything: true
    }
  }
}

extension Pass {
  /// Adds the group's gradients to `sums`, where there are any: who only observes an adapter gives none.
  /// The stream's gradient after the last block is in place.
  mutating func backward(
    _ group: Group, _ places: GradientPlaces, sums: inout [Matrix],
    observer: inout some BackwardObserver
  ) {
    for layer in stride(from: model.configuration.layerCount - 1, through: 0, by: -1) {
      if remembering == .inputs { recompute(group, layer) }
      let values = activations[activationPlace(layer)].take() ?? LayerActivations()
      feedForwardBackward(group, layer, values, places, &sums, &observer)
      // Nothing is trained below the first block of an adapter.
      let goesOn = layer > 0 || places.everything != nil
      attentionBackward(group, layer, values, places, goesOn: goesOn, &sums, &observer)
      activations[activationPlace(layer)] = values
    }
    if let all = places.everything {
      Canonical.scatterAdd(gradients.stream, ids: group.tokens, to: &sums[all.embedding])
    }
  }

  private mutating func feedForwardBackward(
    _ group: Group, _ layer: Int, _ values: LayerActivations, _ places: GradientPlaces,
    _ sums: inout [Matrix], _ observer: inout some BackwardObserver
  ) {
    let weights = model.weights.layers[layer]
    if places.wants(layer, .down) {
      Canonical.gateForward(.silu, values.gate, values.up, into: &product)
    }
    Self.linearBackward(
      group, site(layer, .down), x: product, inner: values.inner[LinearRole.down.index],
      dy: gradients.stream, into: &gradients.product,
      dInner: &gradients.inner, places, &sums, &observer)
    Canonical.gateBackward(
      .silu, values.gate, values.up, dy: gradients.product, dg: &gradients.gate,
      du: &gradients.up)
    if places.wants(layer, .gate) || places.wants(layer, .up) {
      renorm(values.middle, weights.postAttentionNorm)
    }
    Self.linearBackward(
      group, site(layer, .gate), x: normed, inner: values.inner[LinearRole.gate.index],
      dy: gradients.gate, into: &gradients.normed,
      dInner: &gradients.inner, places, &sums, &observer)
    Self.linearBackward(
      group, site(layer, .up), x: normed, inner: values.inner[LinearRole.up.index],
      dy: gradients.up, into: &gradients.normed,
      accumulating: true, dInner: &gradients.inner, places, &sums, &observer)
    if let all = places.everything {
      Canonical.normWeightGradient(
        values.middle, inverses: values.middleInverses, dy: gradients.normed,
        into: &sums[all.layers[layer].postAttentionNorm], accumulating: true)
    }
    Canonical.normBackward(
      values.middle, weight: weights.postAttentionNorm, inverses: values.middleInverses,
      dy: gradients.normed, into: &gradients.stream, accumulating: true)
  }

  private mutating func attentionBackward(
    _ group: Group, _ layer: Int, _ values: LayerActivations, _ places: GradientPlaces,
    goesOn: Bool, _ sums: inout [Matrix], _ observer: inout some BackwardObserver
  ) {
    let shape = model.configuration
    Self.linearBackward(
      group, site(layer, .output), x: values.attended, inner: values.inner[LinearRole.output.index],
      dy: gradients.stream,
      into: &gradients.attended, dInner: &gradients.inner, places, &sums, &observer)
    let roles: [LinearRole] = [.query, .key, .value]
    guard goesOn || roles.contains(where: { places.wants(layer, $0) }) else { return }
    Canonical.attentionBackward(
      shape.attention(layer), segments: group.ranges.map { AttentionSegment($0) }, q: values.query,
      k: values.key, v: values.value, out: values.attended, statistics: values.statistics,
      dOut: gradients.attended, dq: &gradients.query, dk: &gradients.key, dv: &gradients.value)
    let table = model.rotary.table
    Canonical.rotate(
      &gradients.query, heads: shape.headCount, positions: group.positions, table: table,
      backward: true)
    Canonical.rotate(
      &gradients.key, heads: shape.keyValueHeadCount, positions: group.positions, table: table,
      backward: true)
    let weights = model.weights.layers[layer]
    if roles.contains(where: { places.wants(layer, $0) }) {
      renorm(inputs[inputPlace(layer)], weights.inputNorm)
    }
    Self.linearBackward(
      group, site(layer, .query), x: normed, inner: values.inner[LinearRole.query.index],
      dy: gradients.query, into: &gradients.normed,
      wantsInput: goesOn, dInner: &gradients.inner, places, &sums, &observer)
    Self.linearBackward(
      group, site(layer, .key), x: normed, inner: values.inner[LinearRole.key.index],
      dy: gradients.key, into: &gradients.normed,
      wantsInput: goesOn, accumulating: true, dInner: &gradients.inner, places, &sums, &observer)
    Self.linearBackward(
      group, site(layer, .value), x: normed, inner: values.inner[LinearRole.value.index],
      dy: gradients.value, into: &gradients.normed,
      wantsInput: goesOn, accumulating: true, dInner: &gradients.inner, places, &sums, &observer)
    guard goesOn else { return }
    if let all = places.everything {
      Canonical.normWeightGradient(
        inputs[inputPlace(layer)], inverses: values.inputInverses, dy: gradients.normed,
        into: &sums[all.layers[layer].inputNorm], accumulating: true)
    }
    Canonical.normBackward(
      inputs[inputPlace(layer)], weight: weights.inputNorm, inverses: values.inputInverses,
      dy: gradients.normed, into: &gradients.stream, accumulating: true)
  }

  /// The normalised rows again, which the forward pass did not keep.
  private mutating func renorm(_ x: Matrix, _ weight: Matrix) {
    var x = x
    var inverses: [Float] = []
    Canonical.normForward(
      &x, weight: weight, epsilon: model.epsilon, into: &normed, inverses: &inverses)
  }

  /// From dy: dx = dy·W, then + dz·A with dz = s·(dy·B); and to the sums dB += dyᵀ·z and
  /// dA += dzᵀ·x, or dW += dyᵀ·x and db += the columns' sums.
  private static func linearBackward(
    _ group: Group, _ site: LinearSite, x: Matrix, inner: Matrix, dy: Matrix,
    into dx: inout Matrix, wantsInput: Bool = true, accumulating: Bool = false,
    dInner: inout Matrix, _ places: GradientPlaces, _ sums: inout [Matrix],
    _ observer: inout some BackwardObserver
  ) {
    if wantsInput {
      if let turned = site.linear.turned {
        Canonical.product(.nt, dy, turned, into: &dx, accumulating: accumulating)
      } else {
        Canonical.product(.nn, dy, site.linear.weight, into: &dx, accumulating: accumulating)
      }
    }
    switch places {
    case .everything(let all):
      let place = all.layers[site.layer].linears[site.role.index]
      Canonical.product(.tn, dy, x, into: &sums[place.weight], accumulating: true)
      if let bias = place.bias { Canonical.columnSums(dy, into: &sums[bias], accumulating: true) }
    case .adapter(let view):
      guard let term = site.term, let place = view[site.layer, site.role] else { return }
      dInner.resize(rows: dy.rows, columns: term.a.rows)
      Canonical.product(.nn, dy, term.b, into: &dInner)
      Canonical.scale(&dInner, by: term.scale)
      if !sums.isEmpty {
        Canonical.product(.tn, dy, inner, into: &sums[place + 1], accumulating: true)
        Canonical.product(.tn, dInner, x, into: &sums[place], accumulating: true)
      }
      if wantsInput { Canonical.product(.nn, dInner, term.a, into: &dx, accumulating: true) }
      observer.observe(
        LinearObservation(
          layer: site.layer, role: site.role, inputs: x, inner: inner, innerGradient: dInner,
          outputGradient: dy), of: group)
    }
  }
}
