// Functions of one element, sums over rows and tensors, AdamW: the sections "Functions",
// "Reductions" and "AdamW" of `Specs/Arithmetic.md`.

import CanonicalKernels

/// A function of one number.
public enum ScalarFunction: Int32, Sendable, CaseIterable {
  case exp = 0
  case log, sigmoid, tanh, silu, geluErf, geluTanh, erf
  /// sin and cos of 2πx for 0 ≤ x < 1.
  case sineOfTurn, cosineOfTurn
  case squareRoot
}

/// One AdamW step's numbers. `correction1` = 1/(1 − β₁ᵗ) and `correction2` = 1/(1 − β₂ᵗ), made by
/// `AdamW.corrections`.
public struct AdamWStep: Sendable, Equatable {
  public var learningRate: Float
  public var beta1: Float
  public var beta2: Float
  public var epsilon: Float
  public var weightDecay: Float
  public var correction1: Float
  public var correction2: Float
  /// The gradient is multiplied by this first: gradient clipping.
  public var gradientScale: Float

  /// Step number `step` counts from 1.
  public init(
    step: Int, learningRate: Float, beta1: Float = 0.9, beta2: Float = 0.999,
    epsilon: Float = 1e-8, weightDecay: Float = 0.01, gradientScale: Float = 1
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.gradientScale = gradientScale
    correction1 = Self.correction(beta1, step)
    correction2 = Self.correction(beta2, step)
  }
  /// 1/(1 − βᵗ) in binary64, the power by t multiplications from 1, rounded to float32.
  static func correction(_ beta: Float, _ step: Int) -> Float {
    var power = 1.0
    for _ in 0..<max(step, 0) where power != 0 { power *= Double(beta) }
    return Float(1.0 / (1.0 - power))
  }
}

extension Canonical {
  /// y = f(x), element by element.
  public static func map(_ function: ScalarFunction, _ x: Matrix) -> Matrix {
    var y = x.isContiguous ? x : Matrix(rows: x.rows, columns: x.columns, x.elements)
    let n = y.count
    let p = unsafe y.mutableBase
    unsafe ck_kernels().pointee.map(function.rawValue, n, p, p)
    return y
  }
  public static func map(_ function: ScalarFunction, _ x: Float) -> Float {
    map(function, Matrix([x]))[0, 0]
  }

  /// y = y·a.
  public static func scale(_ y: inout Matrix, by a: Float) {
    let p = unsafe y.mutableBase
    eachRun(y.rows, y.columns, contiguous: y.isContiguous) { r, n in
      unsafe ck_kernels().pointee.scale(n, a, p + r * y.stride, p + r * y.stride)
    }
  }
  /// y = y + x.
  public static func add(_ x: Matrix, to y: inout Matrix) {
    precondition(x.rows == y.rows && x.columns == y.columns, "shapes differ")
    let p = unsafe y.mutableBase
    eachRun(y.rows, y.columns, contiguous: x.isContiguous && y.isContiguous) { r, n in
      unsafe ck_kernels().pointee.add(n, x.base + r * x.stride, p + r * y.stride)
    }
  }
  /// y = fma(a, x, y).
  public static func add(_ x: Matrix, times a: Float, to y: inout Matrix) {
    precondition(x.rows == y.rows && x.columns == y.columns, "shapes differ")
    let p = unsafe y.mutableBase
    eachRun(y.rows, y.columns, contiguous: x.isContiguous && y.isContiguous) { r, n in
      unsafe ck_kernels().pointee.axpy(n, a, x.base + r * x.stride, p + r * y.stride)
    }
  }
  /// y = x·z, element by element.
  public static func multiply(_ x: Matrix, _ z: Matrix, into y: inout Matrix) {
    precondition(
      x.rows == y.rows && x.columns == y.columns && x.rows == z.rows && x.columns == z.columns,
      "shapes differ")
    let p = unsafe y.mutableBase
    eachRun(
      y.rows, y.columns, contiguous: x.isContiguous && y.isContiguous && z.isContiguous
    ) { r, n in
      unsafe ck_kernels().pointee.multiply(
        n, x.base + r * x.stride, z.base + r * z.stride, p + r * y.stride)
    }
  }
  /// y[t,j] = y[t,j] + bias[j]; bias is one row.
  public static func addBias(_ bias: Matrix, to y: inout Matrix) {
    precondition(bias.rows == 1 && bias.columns == y.columns, "a bias is one row")
    let p = unsafe y.mutableBase
    unsafe ck_kernels().pointee.addBias(y.rows, y.columns, bias.base, p, y.stride)
  }
  /// out[0,j] = Σ_t x[t,j] by the product's rule with ones: a bias's gradient.
  public static func columnSums(_ x: Matrix, into out: inout Matrix, accumulating: Bool = false) {
    precondition(out.rows == 1 && out.columns == x.columns, "the sums are one row")
    unsafe ck_kernels().pointee.columnSums(
      x.rows, x.columns, x.base, x.stride, out.mutableBase, accumulating ? 1 : 0)
  }

  /// Σ over the row by 16 accumulators and the tree.
  public static func rowSum(_ x: [Float]) -> Float {
    unsafe x.withUnsafeBufferPointer { p in
      guard let start = p.baseAddress else { return 0 }
      return unsafe ck_kernels().pointee.sumRow(p.count, start)
    }
  }
  public static func rowMaximum(_ x: [Float]) -> Float {
    unsafe x.withUnsafeBufferPointer { p in
      guard let start = p.baseAddress else { return -.infinity }
      return unsafe ck_kernels().pointee.maxRow(p.count, start)
    }
  }
  /// Σ over all elements: the row rule over blocks of 4096 in row-major order, then over their results.
  public static func sum(_ x: Matrix) -> Float {
    let whole = contiguous(x)
    return unsafe ck_kernels().pointee.sum(whole.count, whole.base)
  }
  /// Σx², the same way with fma(x, x, acc) in the first pass.
  public static func sumOfSquares(_ x: Matrix) -> Float {
    let whole = contiguous(x)
    return unsafe ck_kernels().pointee.sumOfSquares(whole.count, whole.base)
  }
  /// √(Σ over tensors of their sums of squares), the sums added by the row rule in the given order.
  public static func norm(_ tensors: [Matrix]) -> Float {
    rowSum(tensors.map { sumOfSquares($0) }).squareRoot()
  }
  /// out[t] = Σ_j a[t,j]·b[t,j] by the row rule with fma.
  public static func rowDots(_ a: Matrix, _ b: Matrix) -> [Float] {
    precondition(a.rows == b.rows && a.columns == b.columns, "shapes differ")
    return unsafe [Float](unsafeUninitializedCapacity: a.rows) { out, n in
      if let start = out.baseAddress {
        unsafe ck_kernels().pointee.rowDots(
          a.rows, a.columns, a.base, a.stride, b.base, b.stride, start)
      }
      n = a.rows
    }
  }
  /// out[s] = Σ of values over the records' ranges, each by the row rule.
  public static func segmentSums(_ values: [Float], _ segments: [Range<Int>]) -> [Float] {
    segments.map { rowSum(Array(values[$0])) }
  }

  /// One step of AdamW on a tensor; all four have one shape and are contiguous:
  /// g' = g·gradientScale; m = fma(β₁, m, g'·(1−β₁)); v = fma(β₂, v, (g'·(1−β₂))·g');
  /// u = (m·c₁)/(√(v·c₂) + ε); p = fma(−lr, fma(wd, p, u), p).
  public static func adamW(
    _ step: AdamWStep, parameters p: inout Matrix, gradient g: Matrix, first m: inout Matrix,
    second v: inout Matrix
  ) {
    precondition(
      p.count == g.count && p.count == m.count && p.count == v.count && p.isContiguous
        && g.isContiguous && m.isContiguous && v.isContiguous, "shapes differ")
    var s = ck_adamw(
      learningRate: step.learningRate, beta1: step.beta1, beta2: step.beta2, epsilon: step.epsilon,
      weightDecay: step.weightDecay, correction1: step.correction1, correction2: step.correction2,
      gradientScale: step.gradientScale)
    unsafe ck_kernels().pointee.adamw(
      &s, p.count, p.mutableBase, g.base, m.mutableBase, v.mutableBase)
  }

  static func contiguous(_ x: Matrix) -> Matrix {
    x.isContiguous ? x : Matrix(rows: x.rows, columns: x.columns, x.elements)
  }
  /// Calls `body(row, elements)` once for a contiguous matrix, else once a row.
  static func eachRun(
    _ rows: Int, _ columns: Int, contiguous: Bool, _ body: (Int, Int) -> Void
  ) {
    if contiguous {
      body(0, rows * columns)
    } else {
      for r in 0..<rows { body(r, columns) }
    }
  }
}
