// Counter-based random numbers: the section "Random numbers" of `Specs/Arithmetic.md`. Every draw is
// a function of key, stream and index, never of what was drawn before.

import CanonicalKernels

/// Philox4x32-10. The key comes from a recipe's hash, the stream from the purpose of the draw.
public struct RandomStream: Sendable, Equatable {
  public let key: UInt64
  public let stream: UInt64
  public init(key: UInt64, stream: UInt64) {
    self.key = key
    self.stream = stream
  }

  /// Words first ..< first + count.
  public func words(from first: UInt64 = 0, count: Int) -> [UInt32] {
    unsafe [UInt32](unsafeUninitializedCapacity: count) { out, n in
      if let start = out.baseAddress {
        unsafe ck_kernels().pointee.randomWords(key, stream, first, count, start)
      }
      n = count
    }
  }
  /// fma((word >> 8)·2⁻²⁴, high − low, low), one per element in row-major order.
  public func uniform(rows: Int, columns: Int, from low: Float, to high: Float) -> Matrix {
    var m = Matrix(uninitializedRows: rows, columns: columns)
    unsafe ck_kernels().pointee.uniform(key, stream, 0, low, high, m.count, m.mutableBase)
    return m
  }
  /// Normal numbers of mean 0, in row-major order: words 2p, 2p+1 make elements 2p, 2p+1.
  public func normal(rows: Int, columns: Int, deviation: Float) -> Matrix {
    var m = Matrix(uninitializedRows: rows, columns: columns)
    unsafe ck_kernels().pointee.normal(key, stream, 0, deviation, m.count, m.mutableBase)
    return m
  }
  /// Number `index` of this stream in 0 ..< bound: word·bound >> 32, of word `index`.
  public func below(_ bound: UInt32, at index: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: (UInt64(words(from: index, count: 1)[0]) * UInt64(bound)) >> 32)
  }
  /// 0 ..< count in an order drawn by Fisher and Yates: for i from count − 1 down to 1, swap i with
  /// word(i)·(i+1) >> 32.
  public func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    let draws = words(count: count)
    for i in Swift.stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(i, Int((UInt64(draws[i]) * UInt64(i + 1)) >> 32))
    }
    return order
  }
}

/// Scalar functions in binary64 by + − × ÷ alone, for schedules and tables: the section "Tables".
public enum Scalar {
  public static func exp(_ x: Double) -> Double { ck_exp64(x) }
  public static func log(_ x: Double) -> Double { ck_log64(x) }
  public static func power(_ x: Double, _ y: Double) -> Double { ck_pow64(x, y) }
  public static func sine(_ x: Double) -> Double { sineAndCosine(x).sine }
  public static func cosine(_ x: Double) -> Double { sineAndCosine(x).cosine }
  public static func sineAndCosine(_ x: Double) -> (sine: Double, cosine: Double) {
    var s = 0.0
    var c = 0.0
    unsafe ck_sincos64(x, &s, &c)
    return (s, c)
  }
}
