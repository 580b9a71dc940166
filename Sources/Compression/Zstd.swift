// zstd with known limits: what is unpacked has the length that was said before, or nothing
// (Specs/Exchange.md, "Messages").

internal import CZstd

public enum Zstd {
  /// Level 1 packs faster than most links carry; more levels gain a tenth at half the speed.
  public static let defaultLevel = 1

  /// One frame that holds `bytes`; nil when packing would not make them shorter.
  public static func pack(_ bytes: [UInt8], level: Int = defaultLevel) -> [UInt8]? {
    guard bytes.count > 1 else { return nil }
    var packed = [UInt8](repeating: 0, count: bytes.count - 1)
    // The output is too small for anything that would not pay, so zstd itself refuses.
    let count = unsafe ZSTD_compress(
      &packed, packed.count, bytes, bytes.count, Int32(truncatingIfNeeded: level))
    guard ZSTD_isError(count) == 0 else { return nil }
    packed.removeLast(packed.count - count)
    return packed
  }

  /// The bytes that `frame` holds when they are exactly `byteCount`; nil otherwise. Never more
  /// than `byteCount` bytes are written, whatever the frame says of itself.
  public static func unpack(_ frame: ArraySlice<UInt8>, byteCount: Int) -> [UInt8]? {
    guard byteCount >= 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: max(byteCount, 1))
    let count = unsafe frame.withUnsafeBytes { frame in
      unsafe ZSTD_decompress(&bytes, byteCount, frame.baseAddress, frame.count)
    }
    guard ZSTD_isError(count) == 0, count == byteCount else { return nil }
    if byteCount == 0 { bytes = [] }
    return bytes
  }
}
