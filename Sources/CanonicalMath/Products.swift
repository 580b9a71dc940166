// Matrix products: the section "Matrix product" of `Specs/Arithmetic.md`.
//
// Notation here and in the files beside: A is m × k; `Σ_k` is one chain of fused multiply-adds over
// ascending k in chunks of 512, each from +0, the chunks' results added in ascending order to a total
// that starts at the first one's, or at the old value where a function accumulates.

import CanonicalKernels

/// How the operands of a product are stored.
public enum ProductForm: Int32, Sendable, CaseIterable {
  /// C[i,j] = Σ_k A[i,k]·B[k,j]
  case nn = 0
  /// C[i,j] = Σ_k A[i,k]·B[j,k]: activations by a layer's weights
  case nt = 1
  /// C[i,j] = Σ_k A[k,i]·B[k,j]: a weight's gradient, k over tokens
  case tn = 2
}

/// The canonical arithmetic. Every function gives the same bits on every CPU, for every number of
/// threads. Shapes that do not fit are the caller's bug and end the program.
public enum Canonical {
  /// C = A·B in the given form, or C + A·B when `accumulating`. C has the product's shape already
  /// (use `resize`); it may be a slice of columns of a wider matrix by `intoColumns`.
  public static func product(
    _ form: ProductForm, _ a: Matrix, _ b: some Operand, into c: inout Matrix,
    accumulating: Bool = false
  ) {
    product(form, a, b, into: &c, columns: 0..<c.columns, accumulating: accumulating)
  }

  /// The same, written to some columns of C.
  public static func product(
    _ form: ProductForm, _ a: Matrix, _ b: some Operand, into c: inout Matrix,
    columns: Range<Int>, accumulating: Bool = false
  ) {
    run(form, a, b, into: &c, rows: 0..<c.rows, columns: columns, accumulating: accumulating)
  }

  private static func run(
    _ form: ProductForm, _ a: Matrix, _ b: some Operand, into c: inout Matrix, rows: Range<Int>,
    columns: Range<Int>, accumulating: Bool
  ) {
    let (m, k) = form == .tn ? (a.columns, a.rows) : (a.rows, a.columns)
    let (n, kb) = form == .nt ? (b.rows, b.columns) : (b.columns, b.rows)
    precondition(k == kb, "the sides summed over differ")
    precondition(
      rows.count == m && rows.lowerBound >= 0 && rows.upperBound <= c.rows && columns.count == n
        && columns.lowerBound >= 0 && columns.upperBound <= c.columns,
      "the result has another shape")
    let va = a.operand
    let vb = b.operand
    var ma = unsafe va.matrix
    var mb = unsafe vb.matrix
    precondition(unsafe mb.panels == 0 || form == .nt, "packed weights serve the form NT alone")
    let start = unsafe c.mutableBase
    let stride = c.stride
    unsafe ck_kernels().pointee.product(
      form.rawValue, &ma, &mb, start + rows.lowerBound * stride + columns.lowerBound,
      stride, accumulating ? 1 : 0)
    withExtendedLifetime((va.owner, vb.owner)) {}
  }

  /// The same, written to some rows of C.
  public static func product(
    _ form: ProductForm, _ a: Matrix, _ b: some Operand, into c: inout Matrix, rows: Range<Int>,
    accumulating: Bool = false
  ) {
    run(
      form, a, b, into: &c, rows: rows, columns: 0..<c.columns, accumulating: accumulating)
  }

  /// A new matrix with the product.
  public static func product(_ form: ProductForm, _ a: Matrix, _ b: some Operand) -> Matrix {
    var c = Matrix(
      uninitializedRows: form == .tn ? a.columns : a.rows,
      columns: form == .nt ? b.rows : b.columns)
    product(form, a, b, into: &c)
    return c
  }
}
