// What a forward pass leaves for the backward pass (Specs/Transformer.md, "Memory").

import CanonicalMath
import Checkpoints

/// One block's values. The normalised rows and the feed-forward product are computed again when
/// they are needed: that costs little and halves the memory.
struct LayerActivations {
  var inputInverses: [Float] = []
  var query: Matrix
  var key: Matrix
  var value: Matrix
  var statistics: Matrix
  var attended: Matrix
  var middle: Matrix
  var middleInverses: [Float] = []
  var gate: Matrix
  var up: Matrix
  /// s·x·Aᵀ by role; without rows where the role has no adapter.
  var inner: [Matrix]

  init() {
    func none() -> Matrix { Matrix(rows: 0, columns: 0) }
    query = none()
    key = none()
    value = none()
    statistics = none()
    attended = none()
    middle = none()
    gate = none()
    up = none()
    inner = LinearRole.allCases.map { _ in none() }
  }

  /// Memory for `rows` rows, re-used where it suffices.
  mutating func resize(_ shape: ModelConfiguration, rows: Int, adapter: AdapterShape?) {
    query.resize(rows: rows, columns: shape.queryWidth)
    key.resize(rows: rows, columns: shape.keyValueWidth)
    value.resize(rows: rows, columns: shape.keyValueWidth)
    attended.resize(rows: rows, columns: shape.queryWidth)
    middle.resize(rows: rows, columns: shape.hiddenSize)
    gate.resize(rows: rows, columns: shape.intermediateSize)
    up.resize(rows: rows, columns: shape.intermediateSize)
    for role in adapter?.targets ?? [] {
      inner[role.index].resize(rows: rows, columns: adapter?.rank ?? 0)
    }
  }

  /// Floats for one row.
  static func floatsPerRow(_ shape: ModelConfiguration, adapter: AdapterShape?) -> Int {
    2 + 2 * shape.queryWidth + 2 * shape.keyValueWidth + 2 * shape.headCount + shape.hiddenSize
      + 2 * shape.intermediateSize + (adapter.map { $0.targets.count * $0.rank } ?? 0)
  }
}

/// Buffers of the backward pass.
struct GradientBuffers {
  /// The gradient of the residual stream.
  var stream = Matrix(rows: 0, columns: 0)
  var normed = Matrix(rows: 0, columns: 0)
  var attended = Matrix(rows: 0, columns: 0)
  var query = Matrix(rows: 0, columns: 0)
  var key = Matrix(rows: 0, columns: 0)
  var value = Matrix(rows: 0, columns: 0)
  var gate = Matrix(rows: 0, columns: 0)
  var up = Matrix(rows: 0, columns: 0)
  var product = Matrix(rows: 0, columns: 0)
  /// s·(dy·B).
  var inner = Matrix(rows: 0, columns: 0)
  /// Of the rows that predict something: of their normalised form and of the stream.
  var head = Matrix(rows: 0, columns: 0)
  var headStream = Matrix(rows: 0, columns: 0)

  mutating func resize(_ shape: ModelConfiguration, rows: Int) {
    stream.resize(rows: rows, columns: shape.hiddenSize)
    normed.resize(rows: rows, columns: shape.hiddenSize)
    attended.resize(rows: rows, columns: shape.queryWidth)
    query.resize(rows: rows, columns: shape.queryWidth)
    key.resize(rows: rows, columns: shape.keyValueWidth)
    value.resize(rows: rows, columns: shape.keyValueWidth)
    gate.resize(rows: rows, columns: shape.intermediateSize)
    up.resize(rows: rows, columns: shape.intermediateSize)
    product.resize(rows: rows, columns: shape.intermediateSize)
  }

  static func floatsPerRow(_ shape: ModelConfiguration) -> Int {
    4 * shape.hiddenSize + 2 * shape.queryWidth + 2 * shape.keyValueWidth
      + 3 * shape.intermediateSize
  }
}
