// The forward pass, block by block (Specs/Transformer.md, "Forward").

import CanonicalMath
import Checkpoints

/// Where the keys and values that a query sees are found.
enum Visibility {
  /// Among the rows of the pass itself.
  case withinRecords([Range<Int>])
  /// In a cache, to which the rows' own are added first.
  case cached([CachedSpan])

  var segments: [AttentionSegment] {
    switch self {
    case .withinRecords(let ranges): ranges.map { AttentionSegment($0) }
    case .cached(let spans): spans.map { AttentionSegment(queries: $0.rows, keys: $0.keys) }
    }
  }
}

extension Pass {
  /// Leaves the residual stream after the last block in `inputs[inputPlace(layerCount)]`.
  mutating func forward(_ group: Group) {
    var cache = KeyValueCache.none
    forward(
      tokens: group.tokens, positions: group.positions, .withinRecords(group.ranges),
      cache: &cache)
  }

  mutating func forward(
    tokens: [Int32], positions: [Int32], _ visibility: Visibility, cache: inout KeyValueCache
  ) {
    let shape = model.configuration
    let rows = tokens.count
    for place in inputs.indices { inputs[place].resize(rows: rows, columns: shape.hiddenSize) }
    normed.resize(rows: rows, columns: shape.hiddenSize)
    product.resize(rows: rows, columns: shape.intermediateSize)
    Canonical.gather(model.weights.embedding, ids: tokens, into: &inputs[0])
    for layer in 0..<shape.layerCount {
      let weights = model.weights.layers[layer]
      var values = take(layer, rows)
      // The feed-forward output of the block before lies in this block's input; its middle is added
      // here, so that sum and norm are one sweep.
      do {
        let before = activations.count == 1 ? values.middle : activations[max(0, layer - 1)]?.middle
        Canonical.normForward(
          &inputs[inputPlace(layer)], adding: layer == 0 ? nil : before,
          weight: weights.inputNorm, epsilon: model.epsilon, into: &normed,
          inverses: &values.inputInverses)
      }
      block(layer, positions, visibility, &values, &cache)
      Canonical.gateForward(.silu, values.gate, values.up, into: &product)
      Self.linear(
        site(layer, .down), product, inner: &values.inner[LinearRole.down.index],
        into: &inputs[inputPlace(layer + 1)])
      activations[activationPlace(layer)] = values
    }
    if shape.layerCount > 0, let last = activations[activationPlace(shape.layerCount - 1)] {
      Canonical.add(last.middle, to: &inputs[inputPlace(shape.layerCount)])
    }
  }

  /// Takes a block's activations out, to be put back when they are written.
  mutating func take(_ layer: Int, _ rows: Int) -> LayerActivations {
    let place = activationPlace(layer)
    var values = activations[place].take() ?? LayerActivations()
    if values.query.rows != rows {
      values.resize(model.configuration, rows: rows, adapter: adapter?.shape)
    }
    return values
  }

  /// From the normalised input to gate and up: all that the backward pass needs of the block.
  private mutating func block(
    _ layer: Int, _ positions: [Int32], _ visibility: Visibility, _ values: inout LayerActivations,
    _ cache: inout KeyValueCache
  ) {
    let shape = model.configuration
    Self.linear(site(layer, .query), normed, inner: &values.inner[0], into: &values.query)
    Self.linear(site(layer, .key), normed, inner: &values.inner[1], into: &values.key)
    Self.linear(site(layer, .value), normed, inner: &values.inner[2], into: &values.value)
    let table = model.rotary.table
    Canonical.rotate(
      &values.query, heads: shape.headCount, positions: positions, table: table)
    Canonical.rotate(
      &values.key, heads: shape.keyValueHeadCount, positions: positions, table: table)
    let attention = shape.attention(layer)
    switch visibility {
    case .withinRecords where remembering != .nothing:
      Canonical.attentionForward(
        attention, segments: visibility.segments, q: values.query, k: values.key, v: values.value,
        into: &values.attended, statistics: &values.statistics)
    case .withinRecords:
      Canonical.attentionForward(
        attention, segments: visibility.segments, q: values.query, k: values.key, v: values.value,
        into: &values.attended)
    case .cached(let spans):
      cache.store(layer, spans, keys: values.key, values: values.value)
      Canonical.attentionForward(
        attention, segments: visibility.segments, q: values.query, k: cache.keys[layer],
        v: cache.values[layer], into: &values.attended)
    }
    Self.linear(
      site(layer, .output), values.attended, inner: &values.inner[3], into: &values.middle)
    Canonical.normForward(
      &values.middle, adding: inputs[inputPlace(layer)],
      weight: model.weights.layers[layer].postAttentionNorm, epsilon: model.epsilon, into: &normed,
      inverses: &values.middleInverses)
    Self.linear(site(layer, .gate), normed, inner: &values.inner[4], into: &values.gate)
    Self.linear(site(layer, .up), normed, inner: &values.inner[5], into: &values.up)
  }

  /// Computes a block's activations again from its input.
  mutating func recompute(_ group: Group, _ layer: Int) {
    var values = take(layer, group.rowCount)
    var cache = KeyValueCache.none
    Canonical.normForward(
      &inputs[inputPlace(layer)], weight: model.weights.layers[layer].inputNorm,
      epsilon: model.epsilon, into: &normed, inverses: &values.inputInverses)
    block(layer, group.positions, .withinRecords(group.ranges), &values, &cache)
    if let term = adapter?[layer, .down] {
      Canonical.gateForward(.silu, values.gate, values.up, into: &product)
      Canonical.product(.nt, product, term.a, into: &values.inner[LinearRole.down.index])
      Canonical.scale(&values.inner[LinearRole.down.index], by: term.scale)
    }
    activations[activationPlace(layer)] = values
  }

  func site(_ layer: Int, _ role: LinearRole) -> LinearSite {
    LinearSite(
      layer: layer, role: role, linear: model.weights.layers[layer][role],
      term: adapter?[layer, role])
  }

  /// y = x·Wᵀ, then + b, then + (s·x·Aᵀ)·Bᵀ.
  private static func linear(
    _ site: LinearSite, _ x: Matrix, inner: inout Matrix, into y: inout Matrix
  ) {
    Canonical.product(.nt, x, site.linear.weight, into: &y)
    if let bias = site.linear.bias { Canonical.addBias(bias, to: &y) }
    guard let term = site.term else { return }
    Canonical.product(.nt, x, term.a, into: &inner)
    Canonical.scale(&inner, by: term.scale)
    Canonical.product(.nt, inner, term.b, into: &y, accumulating: true)
  }
}

/// A linear layer with all that is computed there.
struct LinearSite {
  let layer: Int
  let role: LinearRole
  let linear: Linear
  let term: AdapterTerm?
}

extension ModelConfiguration {
  /// The attention of a layer: scores are scaled by 1/√headDimension, rounded once.
  func attention(_ layer: Int) -> AttentionShape {
    AttentionShape(
      heads: headCount, keyValueHeads: keyValueHeadCount, headDimension: headDimension,
      scale: Float(1 / Double(headDimension).squareRoot()), window: slidingWindows[layer])
  }
}
