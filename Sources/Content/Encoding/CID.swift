// Content addresses: CIDv1 over SHA-256 (Specs/ContentAddresses.md).

public import Cryptography

/// The name of a block: how its bytes are to be read, and their SHA-256.
public struct CID: Hashable, Sendable, Comparable {
  public enum Codec: UInt8, Sendable, Comparable {
    /// Bytes without structure: chunks.
    case raw = 0x55
    /// Strict deterministic DAG-CBOR: manifests, claims, recipes.
    case dagCBOR = 0x71

    public static func < (left: Codec, right: Codec) -> Bool { left.rawValue < right.rawValue }
  }

  /// Version, codec, hash function and length, then the digest.
  public static let byteCount = 4 + Digest.byteCount

  public let codec: Codec
  public let digest: Digest

  public init(codec: Codec, digest: Digest) {
    self.codec = codec
    self.digest = digest
  }

  /// The address of `block`.
  public init(of block: [UInt8], codec: Codec) {
    self.init(codec: codec, digest: SHA256.hash(block))
  }

  /// The binary form: 01, codec, 12 20, digest.
  public var bytes: [UInt8] {
    [1, codec.rawValue, 0x12, 0x20] + digest.bytes
  }

  /// Reads the binary form. Other versions, codecs and hash functions are refused.
  public init(bytes: some Collection<UInt8>) throws(CIDError) {
    guard bytes.count == Self.byteCount else { throw .length(bytes.count) }
    let head = Array(bytes.prefix(4))
    guard head[0] == 1 else { throw .version(head[0]) }
    guard let codec = Codec(rawValue: head[1]) else { throw .codec(head[1]) }
    guard head[2] == 0x12, head[3] == 0x20, let digest = Digest(bytes: bytes.dropFirst(4)) else {
      throw .hashFunction(head[2])
    }
    self.init(codec: codec, digest: digest)
  }

  /// Reads the text form: `b` and lower-case base32 without padding.
  public init(_ text: some StringProtocol) throws(CIDError) {
    guard text.utf8.first == UInt8(ascii: "b") else { throw .multibase }
    guard let bytes = Base32.bytes(of: text.utf8.dropFirst()) else { throw .base32 }
    try self.init(bytes: bytes)
  }

  public static func < (left: CID, right: CID) -> Bool {
    left.codec == right.codec ? left.digest < right.digest : left.codec < right.codec
  }
}

extension CID: CustomStringConvertible {
  public var description: String { "b" + Base32.text(of: bytes) }
}

public enum CIDError: Error, Equatable {
  case multibase
  case base32
  case length(Int)
  case version(UInt8)
  case codec(UInt8)
  case hashFunction(UInt8)
}

extension CIDError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .multibase: "not a CID: it does not start with 'b' (base32, lower case)"
    case .base32: "not a CID: it is not strict lower-case base32 without padding"
    case .length(let count): "not a CID: \(count) bytes instead of \(CID.byteCount)"
    case .version(let version): "CID version \(version) is not spoken here: version 1 only"
    case .codec(let codec):
      "CID codec 0x\(String(codec, radix: 16)) is not spoken here: raw and dag-cbor only"
    case .hashFunction(let code):
      "CID hash 0x\(String(code, radix: 16)) is not spoken here: sha2-256 of 32 bytes only"
    }
  }
}
