// The self-test: every kernel that this CPU has computes the battery of `Fixtures/arithmetic`, and
// each result's digest must be the one that an independent implementation found (`Specs/Arithmetic.md`,
// "Fixtures"). It needs no file: inputs come from a generator, digests are compiled in.

import CanonicalKernels

public struct ArithmeticSelfTest: Sendable, Equatable {
  /// A case whose digest is wrong on one variant.
  public struct Difference: Sendable, Equatable, CustomStringConvertible {
    public let variant: KernelVariant
    public let name: String
    public let expectedDigest: UInt64
    public let digest: UInt64
    /// Bits that differ from the portable kernels' result, and the first element where they do; none
    /// when the portable kernels are wrong in the same way.
    public let differingBits: Int
    public let firstElement: Int?

    public var description: String {
      let at = firstElement.map { ", first at element \($0)" } ?? ""
      return
        "\(variant.name): \(name): \(differingBits) bits differ from the portable kernels\(at); "
        + "digest \(Self.hex(digest)) is not \(Self.hex(expectedDigest))"
    }
    static func hex(_ x: UInt64) -> String {
      let digits = String(x, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }
  }

  public var variants: [KernelVariant] = []
  public var caseCount = 0
  /// Numbers compared, over all cases and variants.
  public var numberCount = 0
  public var differences: [Difference] = []

  public var differingBits: Int { differences.reduce(0) { $0 + max(1, $1.differingBits) } }

  /// Runs the battery on every variant that this CPU has; `progress` is told each variant's name.
  public static func run(progress: (KernelVariant) -> Void = { _ in }) -> ArithmeticSelfTest {
    var result = ArithmeticSelfTest()
    result.caseCount = Int(ck_battery_count())
    result.variants = Kernels.available
    for variant in result.variants {
      progress(variant)
      for index in 0..<ck_battery_count() {
        let values = values(variant, index)
        result.numberCount += values.count
        let digest = digest(values)
        let expected = ck_battery_expected(index)
        guard digest != expected else { continue }
        let portable = Self.values(.portable, index)
        var bits = 0
        var first: Int?
        for (i, (a, b)) in zip(values, portable).enumerated() {
          let difference = (canonical(a) ^ canonical(b)).nonzeroBitCount
          if difference > 0 && first == nil { first = i }
          bits += difference
        }
        result.differences.append(
          Difference(
            variant: variant, name: caseName(index), expectedDigest: expected, digest: digest,
            differingBits: bits, firstElement: first))
      }
    }
    return result
  }

  /// The battery's cases, as (name, digest that is expected).
  public static var expected: [(name: String, digest: UInt64)] {
    (0..<ck_battery_count()).map { (caseName($0), ck_battery_expected($0)) }
  }

  private static func caseName(_ index: Int32) -> String {
    guard let name = unsafe ck_battery_name(index) else { return "" }
    return unsafe String(cString: name)
  }
  private static func values(_ variant: KernelVariant, _ index: Int32) -> [Float] {
    var out: UnsafeMutablePointer<Float>?
    let count = unsafe ck_battery_run(ck_variant(variant.rawValue), index, &out)
    defer { unsafe ck_release(out, count) }
    return unsafe Array(UnsafeBufferPointer(start: out, count: count))
  }
  private static func digest(_ x: [Float]) -> UInt64 {
    unsafe x.withUnsafeBufferPointer { unsafe ck_digest($0.count, $0.baseAddress) }
  }
  private static func canonical(_ x: Float) -> UInt32 { x.isNaN ? 0x7FC0_0000 : x.bitPattern }
}
