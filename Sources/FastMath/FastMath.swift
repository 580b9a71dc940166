// OpenBLAS and LAPACK, for exploration and as the yardstick of benchmarks: results depend on the CPU
// and on the number of threads, so nothing that a proof rests on may come from here
// (Specs/Architecture.md, "FastMath").

internal import COpenBLAS

public struct FastMathError: Error, Equatable, CustomStringConvertible {
  public let description: String
}

/// How the operands of a product are stored; the names of the canonical products.
public enum FastProductForm: Sendable, CaseIterable {
  case nn
  case nt
  case tn
}

public enum FastMath {
  /// The kernels that OpenBLAS chose, such as "Cooperlake"; `OPENBLAS_CORETYPE` may force slower ones.
  public static var kernelName: String {
    guard let name = unsafe openblas_get_corename() else { return "unknown" }
    return unsafe String(cString: name)
  }
  public static var threads: Int {
    get { Int(openblas_get_num_threads()) }
    set { openblas_set_num_threads(Int32(clamping: newValue)) }
  }

  /// c = A·B (m × n, k terms), row-major, or c + A·B when `accumulating`.
  public static func product(
    _ form: FastProductForm, m: Int, n: Int, k: Int, _ a: [Float], _ b: [Float],
    into c: inout [Float], accumulating: Bool = false
  ) {
    precondition(a.count == m * k && b.count == n * k && c.count == m * n, "shapes differ")
    unsafe a.withUnsafeBufferPointer { a in
      unsafe b.withUnsafeBufferPointer { b in
        unsafe c.withUnsafeMutableBufferPointer { c in
          unsafe cblas_sgemm(
            CblasRowMajor, form == .tn ? CblasTrans : CblasNoTrans,
            form == .nt ? CblasTrans : CblasNoTrans, Int32(m), Int32(n), Int32(k), 1, a.baseAddress,
            Int32(form == .tn ? m : k), b.baseAddress, Int32(form == .nt ? k : n),
            accumulating ? 1 : 0, c.baseAddress, Int32(n))
        }
      }
    }
  }
  public static func product(
    _ form: FastProductForm, m: Int, n: Int, k: Int, _ a: [Double], _ b: [Double],
    into c: inout [Double], accumulating: Bool = false
  ) {
    precondition(a.count == m * k && b.count == n * k && c.count == m * n, "shapes differ")
    unsafe a.withUnsafeBufferPointer { a in
      unsafe b.withUnsafeBufferPointer { b in
        unsafe c.withUnsafeMutableBufferPointer { c in
          unsafe cblas_dgemm(
            CblasRowMajor, form == .tn ? CblasTrans : CblasNoTrans,
            form == .nt ? CblasTrans : CblasNoTrans, Int32(m), Int32(n), Int32(k), 1, a.baseAddress,
            Int32(form == .tn ? m : k), b.baseAddress, Int32(form == .nt ? k : n),
            accumulating ? 1 : 0, c.baseAddress, Int32(n))
        }
      }
    }
  }

  /// Eigenvalues, ascending, and eigenvectors of a symmetric matrix of `order` rows; vector v is
  /// row v of `vectors`.
  public static func symmetricEigen(
    order: Int, _ matrix: [Double]
  ) throws(FastMathError) -> (values: [Double], vectors: [Double]) {
    precondition(matrix.count == order * order, "a symmetric matrix is square")
    if order == 0 { return ([], []) }
    var n = Int32(order)
    var a = matrix
    var values = [Double](repeating: 0, count: order)
    var info: Int32 = 0
    var size = 0.0
    var integerSize: Int32 = 0
    var query: Int32 = -1
    unsafe dsyevd_("V", "U", &n, &a, &n, &values, &size, &query, &integerSize, &query, &info)
    var workCount = Int32(size)
    var work = [Double](repeating: 0, count: Int(workCount))
    var integers = [Int32](repeating: 0, count: Int(integerSize))
    unsafe dsyevd_(
      "V", "U", &n, &a, &n, &values, &work, &workCount, &integers, &integerSize, &info)
    guard info == 0 else {
      throw FastMathError(
        description: "LAPACK's dsyevd found no eigenvectors (info \(info)); is a number not finite?"
      )
    }
    return (values, a)
  }

  /// Solves matrix · x = b for each row of `rightSides`, for a symmetric positive definite matrix.
  public static func solvePositive(
    order: Int, _ matrix: [Double], rightSides: [Double]
  ) throws(FastMathError) -> [Double] {
    precondition(
      matrix.count == order * order && (order == 0 || rightSides.count % order == 0),
      "shapes differ")
    if order == 0 { return [] }
    var n = Int32(order)
    var a = matrix
    var b = rightSides
    var info: Int32 = 0
    unsafe dpotrf_("U", &n, &a, &n, &info)
    guard info == 0 else {
      throw FastMathError(
        description:
          "the matrix is not positive definite at row \(info) of \(order); more damping helps"
      )
    }
    var count = Int32(rightSides.count / order)
    unsafe dpotrs_("U", &n, &count, &a, &n, &b, &n, &info)
    return b
  }
}
