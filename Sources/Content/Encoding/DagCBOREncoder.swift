// Writing DAG-CBOR: one encoding per value (Specs/ContentAddresses.md, "Encoding").

internal import Cryptography

/// Appends items to `bytes`. The caller keeps array and map counts true and keys in order.
public struct DagCBOREncoder: Sendable {
  public private(set) var bytes: [UInt8]

  public init(reserving capacity: Int = 256) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  @inline(__always)
  private mutating func head(_ major: UInt8, _ count: UInt64) {
    if count < 24 {
      bytes.append(major << 5 | UInt8(truncatingIfNeeded: count))
    } else {
      longHead(major, count)
    }
  }

  private mutating func longHead(_ major: UInt8, _ count: UInt64) {
    switch count {
    case ...0xFF: append(major << 5 | 24, count << 56, width: 1)
    case ...0xFFFF: append(major << 5 | 25, count << 48, width: 2)
    case ...0xFFFF_FFFF: append(major << 5 | 26, count << 32, width: 4)
    default: append(major << 5 | 27, count, width: 8)
    }
  }

  /// Appends a byte and the upper `width` bytes of `word`: one change of the array for both.
  private mutating func append(_ byte: UInt8, _ word: UInt64, width: Int) {
    let parts: [16 of UInt8] = unsafe unsafeBitCast(
      (UInt64(byte).littleEndian << 56, word.bigEndian), to: [16 of UInt8].self)
    unsafe parts.span.withUnsafeBytes {
      unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[7..<8 + width]))
    }
  }

  public mutating func null() { bytes.append(0xF6) }
  public mutating func bool(_ value: Bool) { bytes.append(value ? 0xF5 : 0xF4) }
  public mutating func unsigned(_ value: UInt64) { head(0, value) }
  /// Encodes −1 − `complement`.
  public mutating func negative(complement: UInt64) { head(1, complement) }
  public mutating func integer(_ value: Int64) {
    if value >= 0 { head(0, UInt64(value)) } else { head(1, UInt64(-1 - value)) }
  }
  public mutating func bytes(_ value: some Collection<UInt8>) {
    head(2, UInt64(value.count))
    bytes.append(contentsOf: value)
  }
  public mutating func text(_ value: String) {
    head(3, UInt64(value.utf8.count))
    bytes.append(contentsOf: value.utf8)
  }
  public mutating func array(count: Int) { head(4, UInt64(count)) }
  public mutating func map(count: Int) { head(5, UInt64(count)) }
  /// The value must be finite: NaN and infinities have no encoding.
  public mutating func float(_ value: Double) {
    precondition(value.isFinite, "DAG-CBOR has no NaN and no infinities")
    append(0xFB, value.bitPattern, width: 8)
  }
  /// Appends items that are encoded already.
  public mutating func encoded(_ items: [UInt8]) { bytes.append(contentsOf: items) }
  public mutating func link(_ cid: CID) {
    let head: [9 of UInt8] = [0xD8, 42, 0x58, 37, 0, 1, cid.codec.rawValue, 0x12, 0x20]
    unsafe head.span.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    unsafe cid.digest.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
  }
  public mutating func link(_ cid: ForeignLink) {
    bytes.append(0xD8)
    bytes.append(42)
    head(2, UInt64(cid.bytes.count + 1))
    bytes.append(0)
    bytes.append(contentsOf: cid.bytes)
  }

  public mutating func value(_ value: Value) { bytes.append(contentsOf: value.encoded()) }
}
