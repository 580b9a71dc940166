// OpenBLAS, loaded when it is first used and not when the program starts: its threads are made as it is
// loaded, and would cost every command milliseconds of both cores (Specs/Architecture.md, "FastMath").

import Glibc

/// The functions in use. Safe to keep and to share: they point into a library that is never unloaded,
/// and OpenBLAS may be called from any thread. Calling them is not, and is marked.
@safe struct OpenBLAS: @unchecked Sendable {
  typealias Product =
    @convention(c) (
      Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>?, Int32,
      UnsafePointer<Float>?, Int32, Float, UnsafeMutablePointer<Float>?, Int32
    ) -> Void
  /// LAPACK's dsyevd.
  typealias Eigen =
    @convention(c) (
      UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<Int32>?,
      UnsafeMutablePointer<Double>?, UnsafePointer<Int32>?, UnsafeMutablePointer<Double>?,
      UnsafeMutablePointer<Double>?, UnsafePointer<Int32>?, UnsafeMutablePointer<Int32>?,
      UnsafePointer<Int32>?, UnsafeMutablePointer<Int32>?
    ) -> Void

  // cblas.h's numbers.
  static let rowMajor: Int32 = 101
  static let plain: Int32 = 111
  static let transposed: Int32 = 112

  let product: Product
  let eigen: Eigen
  let coreName: @convention(c) () -> UnsafePointer<CChar>?
  let setThreads: @convention(c) (Int32) -> Void

  private static let file = "libopenblas.so.0"
  private static let outcome = Result { () throws(FastMathError) in try OpenBLAS() }

  static func loaded() throws(FastMathError) -> OpenBLAS { try outcome.get() }

  private init() throws(FastMathError) {
    // Threads that are made at loading spin; more are made when they are asked for.
    unsafe setenv("OPENBLAS_NUM_THREADS", "1", 0)
    guard let library = unsafe dlopen(Self.file, RTLD_NOW | RTLD_LOCAL) else {
      let cause = unsafe dlerror().map { unsafe String(cString: $0) } ?? "no cause is known"
      throw FastMathError(
        description: "OpenBLAS cannot be loaded (\(cause)): install Debian's libopenblas0")
    }
    func symbol(_ name: String) throws(FastMathError) -> UnsafeMutableRawPointer {
      guard let found = unsafe dlsym(library, name) else {
        throw FastMathError(
          description: "\(Self.file) has no \(name): install Debian's libopenblas0")
      }
      return unsafe found
    }
    unsafe product = unsafeBitCast(try symbol("cblas_sgemm"), to: Product.self)
    unsafe eigen = unsafeBitCast(try symbol("dsyevd_"), to: Eigen.self)
    unsafe coreName = unsafeBitCast(
      try symbol("openblas_get_corename"),
      to: (@convention(c) () -> UnsafePointer<CChar>?).self)
    unsafe setThreads = unsafeBitCast(
      try symbol("openblas_set_num_threads"), to: (@convention(c) (Int32) -> Void).self)
  }
}
