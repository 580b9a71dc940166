// A block: bytes and the address that they were checked against (Specs/ContentAddresses.md).

/// Bytes with their address. Whoever makes one has hashed the bytes.
public struct Block: Hashable, Sendable {
  /// No block is larger, so that any block fits in any message, buffer and cache line of the plan.
  public static let maximumByteCount = 1 << 20

  public let cid: CID
  public let bytes: [UInt8]

  /// Trusts the caller that `cid` is the address of `bytes`.
  public init(trusted cid: CID, bytes: [UInt8]) {
    self.cid = cid
    self.bytes = bytes
  }

  /// Hashes `bytes`.
  public init(_ bytes: [UInt8], codec: CID.Codec) {
    self.init(trusted: CID(of: bytes, codec: codec), bytes: bytes)
  }

  public init(_ value: Value) {
    self.init(value.encoded(), codec: .dagCBOR)
  }
}
