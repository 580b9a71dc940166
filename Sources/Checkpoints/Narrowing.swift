// Float to the bytes of a weight type, rounded to nearest even; see Specs/Checkpoints.md.

public enum Narrowing {
  /// The upper half of the Float, rounded. NaN stays NaN: it keeps its upper bits and becomes quiet.
  static func bfloat16(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    if value.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
    return UInt16(truncatingIfNeeded: (bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
  }

  /// IEEE half precision in integers, so that the result does not depend on the CPU.
  static func float16(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    let sign = UInt16(truncatingIfNeeded: bits >> 16 & 0x8000)
    let magnitude = bits & 0x7FFF_FFFF
    if magnitude > 0x7F80_0000 {
      return sign | 0x7E00 | UInt16(truncatingIfNeeded: magnitude >> 13 & 0x3FF)
    }
    // From 65520 on the nearest half is infinity.
    if magnitude >= 0x477F_F000 { return sign | 0x7C00 }
    if magnitude >= 0x3880_0000 {
      let rounded = magnitude + 0xFFF + (magnitude >> 13 & 1)
      return sign | UInt16(truncatingIfNeeded: (rounded - 0x3800_0000) >> 13)
    }
    // Subnormal halves: units of 2^-24. Below half a unit everything rounds to zero.
    if magnitude <= 0x3300_0000 { return sign }
    let exponent = magnitude >> 23
    let fraction = magnitude & 0x7F_FFFF | 0x80_0000
    let shift = 126 - exponent
    let kept = fraction >> shift
    let rest = fraction & (1 << shift - 1)
    let half: UInt32 = 1 << (shift - 1)
    let up = rest > half || (rest == half && kept & 1 == 1)
    return sign | UInt16(truncatingIfNeeded: kept + (up ? 1 : 0))
  }

  /// Little-endian bytes. Types other than F32, F16 and BF16 give nothing.
  public static func bytes(of values: [Float], as type: TensorType) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(values.count * type.size)
    switch type {
    case .f32:
      // Swift's platforms here are little-endian.
      return unsafe values.withUnsafeBytes { unsafe Array($0) }
    case .f16, .bf16:
      for value in values {
        let bits = type == .f16 ? float16(value) : bfloat16(value)
        output.append(UInt8(truncatingIfNeeded: bits))
        output.append(UInt8(truncatingIfNeeded: bits >> 8))
      }
      return output
    default:
      return output
    }
  }
}
