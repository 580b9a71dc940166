// What lies between a transformer's products: norms, gates, rotations, embeddings, softmax and the
// loss, each with its backward pass; the sections of the same names in `Specs/Arithmetic.md`.

import CanonicalKernels

/// The activation of a gated feed-forward layer.
public enum Gate: Int32, Sendable, CaseIterable {
  case silu = 0
  case geluErf = 1
  case geluTanh = 2
}

/// cos and sin of position·frequency: one row per position, headDimension/2 columns.
public struct RotationTable: Sendable {
  public let cosines: Matrix
  public let sines: Matrix

  /// Angles are the float32 products position·frequency; their sine and cosine are computed in
  /// binary64 and rounded to float32, then multiplied by `scale` (YaRN's attention factor) if it is
  /// not 1.
  public init(positions: Range<Int>, frequencies: [Float], scale: Float = 1) {
    var c = Matrix(uninitializedRows: positions.count, columns: frequencies.count)
    var s = Matrix(uninitializedRows: positions.count, columns: frequencies.count)
    unsafe frequencies.withUnsafeBufferPointer { f in
      guard let start = f.baseAddress else { return }
      unsafe ck_rotation_table(
        positions.lowerBound, positions.count, f.count, start, c.mutableBase, s.mutableBase)
    }
    if scale != 1 {
      Canonical.scale(&c, by: scale)
      Canonical.scale(&s, by: scale)
    }
    cosines = c
    sines = s
  }
}

extension Canonical {
  /// y[t,i] = (x[t,i]·r[t])·w[i] with r[t] = 1/√((Σ_i x²)/n + ε), the sum by the row rule. With
  /// `residual`, x = x + residual first (x is written).
  public static func normForward(
    _ x: inout Matrix, adding residual: Matrix? = nil, weight: Matrix, epsilon: Float,
    into y: inout Matrix, inverses r: inout [Float]
  ) {
    let n = x.columns
    precondition(y.rows == x.rows && y.columns == n && weight.count == n, "shapes differ")
    if r.count != x.rows { r = [Float](repeating: 0, count: x.rows) }
    if let residual {
      precondition(residual.rows == x.rows && residual.columns == n, "shapes differ")
    }
    // Without a residual nothing is written to x, so that it may stay shared.
    let p = unsafe residual == nil ? UnsafeMutablePointer(mutating: x.base) : x.mutableBase
    unsafe r.withUnsafeMutableBufferPointer { inverses in
      guard let out = inverses.baseAddress else { return }
      unsafe ck_kernels().pointee.normForward(
        x.rows, n, epsilon, p, x.stride, residual?.base, residual?.stride ?? 0, weight.base,
        y.mutableBase, y.stride, out)
    }
    withExtendedLifetime((x, residual, weight)) {}
  }
  /// g = dy·w; k = (((Σ_i g·x)·r)·r)·r / n, the sum by the row rule with fma; dx[i] = fma(x, −k, g·r),
  /// added to dx when `accumulating`.
  public static func normBackward(
    _ x: Matrix, weight: Matrix, inverses r: [Float], dy: Matrix, into dx: inout Matrix,
    accumulating: Bool = false
  ) {
    precondition(
      dy.rows == x.rows && dy.columns == x.columns && dx.rows == x.rows && dx.columns == x.columns
        && weight.count == x.columns && r.count == x.rows, "shapes differ")
    unsafe r.withUnsafeBufferPointer { inverses in
      guard let inv = inverses.baseAddress else { return }
      unsafe ck_kernels().pointee.normBackward(
        x.rows, x.columns, x.base, x.stride, weight.base, inv, dy.base, dy.stride, dx.mutableBase,
        dx.stride, accumulating ? 1 : 0)
    }
  }
  /// dw[j] = Σ_t dy[t,j]·(x[t,j]·r[t]) by the product's rule.
  public static func normWeightGradient(
    _ x: Matrix, inverses r: [Float], dy: Matrix, into dw: inout Matrix, accumulating: Bool = false
  ) {
    precondition(
      dy.rows == x.rows && dy.columns == x.columns && dw.count == x.columns && r.count == x.rows,
      "shapes differ")
    unsafe r.withUnsafeBufferPointer { inverses in
      guard let inv = inverses.baseAddress else { return }
      unsafe ck_kernels().pointee.normWeightGradient(
        x.rows, x.columns, x.base, x.stride, inv, dy.base, dy.stride, dw.mutableBase,
        accumulating ? 1 : 0)
    }
  }

  /// y = f(g)·u.
  public static func gateForward(_ gate: Gate, _ g: Matrix, _ u: Matrix, into y: inout Matrix) {
    precondition(
      g.rows == u.rows && g.columns == u.columns && y.rows == g.rows && y.columns == g.columns,
      "shapes differ")
    unsafe ck_kernels().pointee.gateForward(
      gate.rawValue, g.rows, g.columns, g.base, g.stride, u.base, u.stride, y.mutableBase, y.stride)
  }
  /// dg = (dy·u)·f'(g); du = dy·f(g).
  public static func gateBackward(
    _ gate: Gate, _ g: Matrix, _ u: Matrix, dy: Matrix, dg: inout Matrix, du: inout Matrix
  ) {
    for m in [u, dy, dg, du] {
      precondition(m.rows == g.rows && m.columns == g.columns, "shapes differ")
    }
    unsafe ck_kernels().pointee.gateBackward(
      gate.rawValue, g.rows, g.columns, g.base, g.stride, u.base, u.stride, dy.base, dy.stride,
      dg.mutableBase, dg.stride, du.mutableBase, du.stride)
  }

  /// Rotates the two halves (a, b) of each head in place by its row's angle:
  /// a' = fma(a, cos, −(b·sin)), b' = fma(b, cos, a·sin). Backward turns the other way (−sin).
  /// Row t takes row positions[t] of the table.
  public static func rotate(
    _ x: inout Matrix, heads: Int, positions: [Int32], table: RotationTable, backward: Bool = false
  ) {
    let d = table.cosines.columns * 2
    precondition(x.columns == heads * d && positions.count == x.rows, "shapes differ")
    precondition(
      positions.allSatisfy { $0 >= 0 && $0 < table.cosines.rows }, "a position outside the table")
    let p = unsafe x.mutableBase
    unsafe positions.withUnsafeBufferPointer { at in
      guard let start = at.baseAddress else { return }
      unsafe ck_kernels().pointee.rotate(
        x.rows, heads, d, start, table.cosines.base, table.sines.base, backward ? -1 : 1, p,
        x.stride)
    }
  }

  /// y = softmax(x·scale) row by row: z = x·scale; m = max z; e = exp(z − m); y = e·(1/Σe).
  public static func softmax(_ x: Matrix, scale: Float = 1) -> Matrix {
    var y = Matrix(uninitializedRows: x.rows, columns: x.columns)
    unsafe ck_kernels().pointee.softmax(
      x.rows, x.columns, scale, x.base, x.stride, y.mutableBase, y.stride)
    return y
  }

  /// loss[t] = (m + log Σexp(x − m)) − x[t, target]; with `gradient`, x becomes
  /// (softmax − one-hot)·weights[t], as ((e·(1/s)) − [target])·weight. A target below 0 is ignored:
  /// loss +0, gradient +0.
  public static func crossEntropy(
    _ x: inout Matrix, targets: [Int32], weights: [Float], gradient: Bool
  ) -> [Float] {
    precondition(targets.count == x.rows && weights.count == x.rows, "one target and weight a row")
    precondition(targets.allSatisfy { $0 < x.columns }, "a target outside the vocabulary")
    let p = unsafe gradient ? x.mutableBase : UnsafeMutablePointer(mutating: x.base)
    return unsafe [Float](unsafeUninitializedCapacity: x.rows) { losses, n in
      unsafe targets.withUnsafeBufferPointer { t in
        unsafe weights.withUnsafeBufferPointer { w in
          guard let losses = losses.baseAddress, let t = t.baseAddress, let w = w.baseAddress
          else { return }
          unsafe ck_kernels().pointee.crossEntropy(
            x.rows, x.columns, p, x.stride, t, w, losses, gradient ? 1 : 0)
        }
      }
      n = x.rows
    }
  }

  /// The loss of a language-model head, `rowsAtOnce` rows of logits in memory at a time; the result
  /// does not depend on that number. logits = hidden·headᵀ (NT). With `dHidden`, it becomes
  /// dLogits·head (NN, or NT with the head `turned`), and `dHead` gains dLogitsᵀ·hidden (TN, k over rows in chunks of 512 from row 0).
  public static func headLoss(
    hidden: Matrix, head: some Operand, targets: [Int32], weights: [Float], rowsAtOnce: Int = 512
  ) -> [Float] {
    var noHidden = Matrix(rows: 0, columns: 0)
    var noHead = noHidden
    return headLoss(
      hidden: hidden, head: head, targets: targets, weights: weights, gradient: false,
      dHidden: &noHidden, dHead: &noHead, wantsHead: false, rowsAtOnce: rowsAtOnce)
  }
  public static func headLoss(
    hidden: Matrix, head: some Operand, turned: Weights? = nil, targets: [Int32],
    weights: [Float], dHidden: inout Matrix, rowsAtOnce: Int = 512
  ) -> [Float] {
    var none = Matrix(rows: 0, columns: 0)
    return headLoss(
      hidden: hidden, head: head, turned: turned, targets: targets, weights: weights,
      gradient: true, dHidden: &dHidden, dHead: &none, wantsHead: false, rowsAtOnce: rowsAtOnce)
  }
  public static func headLoss(
    hidden: Matrix, head: some Operand, targets: [Int32], weights: [Float], dHidden: inout Matrix,
    addingTo dHead: inout Matrix, rowsAtOnce: Int = 512
  ) -> [Float] {
    headLoss(
      hidden: hidden, head: head, targets: targets, weights: weights, gradient: true,
      dHidden: &dHidden, dHead: &dHead, wantsHead: true, rowsAtOnce: rowsAtOnce)
  }
  private static func headLoss(
    hidden: Matrix, head: some Operand, turned: Weights? = nil, targets: [Int32],
    weights: [Float], gradient: Bool, dHidden: inout Matrix, dHead: inout Matrix, wantsHead: Bool,
    rowsAtOnce: Int
  ) -> [Float] {
    precondition(targets.count == hidden.rows && weights.count == hidden.rows, "one target a row")
    if gradient { dHidden.resize(rows: hidden.rows, columns: hidden.columns) }
    // A weight's gradient sums rows in chunks of 512, so its pieces must end where chunks do.
    let step = wantsHead ? max(512, (rowsAtOnce + 511) / 512 * 512) : max(1, rowsAtOnce)
    var losses: [Float] = []
    losses.reserveCapacity(hidden.rows)
    var logits = Matrix(uninitializedRows: min(step, hidden.rows), columns: head.rows)
    for from in Swift.stride(from: 0, to: hidden.rows, by: step) {
      let range = from..<min(hidden.rows, from + step)
      let h = hidden.rows(range)
      logits.resize(rows: range.count, columns: head.rows)
      product(.nt, h, head, into: &logits)
      losses += crossEntropy(
        &logits, targets: Array(targets[range]), weights: Array(weights[range]), gradient: gradient)
      guard gradient else { continue }
      if let turned {
        product(.nt, logits, turned, into: &dHidden, rows: range)
      } else {
        product(.nn, logits, head, into: &dHidden, rows: range)
      }
      if wantsHead { product(.tn, logits, h, into: &dHead, accumulating: true) }
    }
    return losses
  }

  /// y[t] = row ids[t] of the table, widened to float32.
  public static func gather(_ table: some Operand, ids: [Int32], into y: inout Matrix) {
    precondition(y.rows == ids.count && y.columns == table.columns, "shapes differ")
    precondition(ids.allSatisfy { $0 >= 0 && $0 < table.rows }, "an id outside the table")
    let view = table.operand
    var m = unsafe view.matrix
    unsafe ids.withUnsafeBufferPointer { p in
      guard let start = p.baseAddress else { return }
      unsafe ck_kernels().pointee.gather(&m, ids.count, start, y.mutableBase, y.stride)
    }
    withExtendedLifetime(view.owner) {}
  }
  /// table[ids[t]] = table[ids[t]] + x[t], t ascending: the embedding's gradient.
  public static func scatterAdd(_ x: Matrix, ids: [Int32], to table: inout Matrix) {
    precondition(x.rows == ids.count && x.columns == table.columns, "shapes differ")
    precondition(ids.allSatisfy { $0 >= 0 && $0 < table.rows }, "an id outside the table")
    unsafe ids.withUnsafeBufferPointer { p in
      guard let start = p.baseAddress else { return }
      unsafe ck_kernels().pointee.scatterAdd(
        x.rows, x.columns, start, x.base, x.stride, table.mutableBase, table.stride)
    }
  }
}
