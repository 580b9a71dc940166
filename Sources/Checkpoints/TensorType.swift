// The element types of safetensors and their exact widening to Float; see Specs/Checkpoints.md.

public enum TensorType: String, Sendable, Equatable, CaseIterable {
  case bool = "BOOL"
  case u8 = "U8"
  case i8 = "I8"
  case f8e5m2 = "F8_E5M2"
  case f8e4m3 = "F8_E4M3"
  case i16 = "I16"
  case u16 = "U16"
  case f16 = "F16"
  case bf16 = "BF16"
  case i32 = "I32"
  case u32 = "U32"
  case f32 = "F32"
  case f64 = "F64"
  case i64 = "I64"
  case u64 = "U64"

  /// Bytes of one element.
  public var size: Int {
    switch self {
    case .bool, .u8, .i8, .f8e5m2, .f8e4m3: 1
    case .i16, .u16, .f16, .bf16: 2
    case .i32, .u32, .f32: 4
    case .f64, .i64, .u64: 8
    }
  }

  /// True for the types that weights may have: every value of them is also a Float.
  public var widensToFloat: Bool { self == .f32 || self == .f16 || self == .bf16 }

  /// The place in the order that the Python package sorts by, larger types first.
  var rank: Int { TensorType.allCases.firstIndex(of: self) ?? 0 }
}

/// Exact conversions. No rounding, no flushing; NaN payloads are kept.
enum Widening {
  @inline(always) static func bfloat16(_ bits: UInt16) -> Float {
    Float(bitPattern: UInt32(bits) << 16)
  }

  /// Moves the half's exponent and fraction into place and scales by 2^112: exact for normal and
  /// subnormal halves alike. Infinities and NaNs get the exponent of all ones instead.
  @inline(always) static func float16(_ bits: UInt16) -> Float {
    let magnitude = UInt32(bits & 0x7FFF) << 13
    let sign = UInt32(bits & 0x8000) << 16
    let scaled = (Float(bitPattern: magnitude) * Float(bitPattern: 0x7780_0000)).bitPattern
    let special = magnitude | 0x7F80_0000
    return Float(bitPattern: sign | (magnitude >= 0x0F80_0000 ? special : scaled))
  }

  /// Widens `output.count` elements that start at `source`, which may be unaligned and has
  /// at least that many elements. `type` is one of the three that widen.
  static func widen(
    _ type: TensorType, _ source: UnsafeRawPointer, into output: UnsafeMutableBufferPointer<Float>
  ) {
    switch type {
    case .f32:
      unsafe UnsafeMutableRawBufferPointer(output).baseAddress?.copyMemory(
        from: source, byteCount: output.count * 4)
    case .bf16:
      for index in 0..<output.count {
        unsafe output[index] = bfloat16(
          source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
      }
    case .f16:
      for index in 0..<output.count {
        unsafe output[index] = float16(
          source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
      }
    default:
      break
    }
  }
}
