// OpenBLAS and LAPACK, for exploration and as the yardstick of benchmarks: results depend on the CPU
// and on the number of threads, so nothing that a proof rests on may come from here
// (Specs/Architecture.md, "FastMath").

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
    guard let library = try? OpenBLAS.loaded(), let name = unsafe library.coreName() else {
      return "unknown"
    }
    return unsafe String(cString: name)
  }

  /// How many threads OpenBLAS computes with: one, unless told otherwise.
  public static func setThreads(_ count: Int) throws(FastMathError) {
    try OpenBLAS.loaded().setThreads(Int32(clamping: count))
  }

  /// c = A·B (m × n, k terms), row-major, or c + A·B when `accumulating`.
  public static func product(
    _ form: FastProductForm, m: Int, n: Int, k: Int, _ a: [Float], _ b: [Float],
    into c: inout [Float], accumulating: Bool = false
  ) throws(FastMathError) {
    precondition(a.count == m * k && b.count == n * k && c.count == m * n, "shapes differ")
    let library = try OpenBLAS.loaded()
    unsafe library.product(
      OpenBLAS.rowMajor, form == .tn ? OpenBLAS.transposed : OpenBLAS.plain,
      form == .nt ? OpenBLAS.transposed : OpenBLAS.plain, Int32(m), Int32(n), Int32(k), 1, a,
      Int32(form == .tn ? m : k), b, Int32(form == .nt ? k : n), accumulating ? 1 : 0, &c, Int32(n))
  }

  /// Eigenvalues, ascending, and eigenvectors of a symmetric matrix of `order` rows; vector v is
  /// row v of `vectors`.
  public static func symmetricEigen(
    order: Int, _ matrix: [Double]
  ) throws(FastMathError) -> (values: [Double], vectors: [Double]) {
    precondition(matrix.count == order * order, "a symmetric matrix is square")
    if order == 0 { return ([], []) }
    let library = try OpenBLAS.loaded()
    var n = Int32(order)
    var a = matrix
    var values = [Double](repeating: 0, count: order)
    var info: Int32 = 0
    var size = 0.0
    var integerSize: Int32 = 0
    var query: Int32 = -1
    unsafe library.eigen("V", "U", &n, &a, &n, &values, &size, &query, &integerSize, &query, &info)
    var workCount = Int32(size)
    var work = [Double](repeating: 0, count: Int(workCount))
    var integers = [Int32](repeating: 0, count: Int(integerSize))
    unsafe library.eigen(
      "V", "U", &n, &a, &n, &values, &work, &workCount, &integers, &integerSize, &info)
    guard info == 0 else {
      throw FastMathError(
        description: "LAPACK's dsyevd found no eigenvectors (info \(info)); is a number not finite?"
      )
    }
    return (values, a)
  }
}
