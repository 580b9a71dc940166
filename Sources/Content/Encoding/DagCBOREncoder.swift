// Writing DAG-CBOR: one encoding per value (Specs/ContentAddresses.md, "Encoding").

/// Appends items to `bytes`. The caller keeps array and map counts true and keys in order.
public struct DagCBOREncoder: Sendable {
  public private(set) var bytes: [UInt8]

  public init(reserving capacity: Int = 256) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  private mutating func head(_ major: UInt8, _ count: UInt64) {
    switch count {
    case 0..<24:
      bytes.append(major << 5 | UInt8(truncatingIfNeeded: count))
    case 24...0xFF:
      bytes.append(major << 5 | 24)
      bytes.append(UInt8(truncatingIfNeeded: count))
    case 0x100...0xFFFF:
      bytes.append(major << 5 | 25)
      append(bigEndian: count, bytes: 2)
    case 0x1_0000...0xFFFF_FFFF:
      bytes.append(major << 5 | 26)
      append(bigEndian: count, bytes: 4)
    default:
      bytes.append(major << 5 | 27)
      append(bigEndian: count, bytes: 8)
    }
  }

  private mutating func append(bigEndian value: UInt64, bytes count: Int) {
    for shift in stride(from: (count - 1) * 8, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
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
    bytes.append(0xFB)
    append(bigEndian: value.bitPattern, bytes: 8)
  }
  /// Appends items that are encoded already.
  public mutating func encoded(_ items: [UInt8]) { bytes.append(contentsOf: items) }
  public mutating func link(_ cid: CID) {
    bytes.append(0xD8)
    bytes.append(42)
    head(2, UInt64(CID.byteCount + 1))
    bytes.append(0)
    bytes.append(contentsOf: cid.bytes)
  }

  public mutating func link(_ cid: ForeignLink) {
    bytes.append(0xD8)
    bytes.append(42)
    head(2, UInt64(cid.bytes.count + 1))
    bytes.append(0)
    bytes.append(contentsOf: cid.bytes)
  }

  public mutating func value(_ value: Value) {
    switch value {
    case .null: null()
    case .bool(let value): bool(value)
    case .integer(let value):
      if value >= 0 {
        head(0, UInt64(truncatingIfNeeded: value))
      } else {
        head(1, UInt64(truncatingIfNeeded: -1 - value))
      }
    case .float(let value): float(value)
    case .bytes(let value): bytes(value)
    case .text(let value): text(value)
    case .array(let items):
      array(count: items.count)
      for item in items { self.value(item) }
    case .map(let entries):
      map(count: entries.entries.count)
      for entry in entries.entries {
        text(entry.key)
        self.value(entry.value)
      }
    case .link(let cid): link(cid)
    case .foreignLink(let cid): link(cid)
    }
  }
}

extension Value {
  public func encoded() -> [UInt8] {
    var encoder = DagCBOREncoder()
    encoder.value(self)
    return encoder.bytes
  }
}
