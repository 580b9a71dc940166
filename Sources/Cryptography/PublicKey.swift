// Who signed: an Ed25519 public key, shown as `did:key` (Specs/Identities.md).

internal import CSodium

/// An author, a peer, anyone who signs: 32 bytes, compared as an unsigned big-endian number.
public struct PublicKey: Hashable, Sendable, Comparable {
  public static let byteCount = 32
  public static let signatureByteCount = 64

  /// The 32 bytes; a key is not a digest, but it is kept in the same four words.
  private let words: Digest

  /// Nil unless exactly 32 bytes are given. Whether they are a point of the curve shows when a
  /// signature is checked.
  public init?(bytes: some Collection<UInt8>) {
    guard let words = Digest(bytes: bytes) else { return nil }
    self.words = words
  }

  public init?(bytes: [UInt8]) { unsafe self.init(span: bytes.span.bytes) }

  public init?(span: RawSpan) {
    guard let words = Digest(span: span) else { return nil }
    self.words = words
  }

  public var bytes: [UInt8] { words.bytes }

  /// The key's four words, the first eight bytes in the first word.
  public var fourWords: (UInt64, UInt64, UInt64, UInt64) { words.fourWords }

  /// The first eight bytes as a number: a fair hash for buckets.
  public var prefix: UInt64 { words.prefix }

  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe words.withUnsafeBytes(body)
  }

  /// Whether `signature` is this key's over `message`, by libsodium's strict rules: canonical
  /// encodings only, no points of small order, no cofactor.
  public func isValid(signature: [UInt8], of message: [UInt8]) -> Bool {
    unsafe isValid(signature: signature.span.bytes, of: message.span.bytes)
  }

  public func isValid(signature: RawSpan, of message: RawSpan) -> Bool {
    guard signature.byteCount == Self.signatureByteCount else { return false }
    return unsafe signature.withUnsafeBytes { signature in
      unsafe message.withUnsafeBytes { message in
        unsafe words.withUnsafeBytes { key in
          guard
            let signatureBytes = unsafe signature.bindMemory(to: UInt8.self).baseAddress,
            let keyBytes = unsafe key.bindMemory(to: UInt8.self).baseAddress
          else { return false }
          return unsafe crypto_sign_ed25519_verify_detached(
            signatureBytes, message.bindMemory(to: UInt8.self).baseAddress,
            UInt64(message.count), keyBytes) == 0
        }
      }
    }
  }

  public static func < (left: PublicKey, right: PublicKey) -> Bool { left.words < right.words }
}

// MARK: did:key

extension PublicKey {
  /// Multicodec ed25519-pub, as a varint.
  private static let multicodec: [UInt8] = [0xED, 0x01]
  private static let didPrefix = "did:key:z"

  /// `did:key:z6Mk…`: base58btc over the multicodec and the key.
  public var did: String { Self.didPrefix + Base58.text(of: Self.multicodec + bytes) }

  /// Reads `did:key:z6Mk…`; other methods, key types and spellings are refused.
  public init(did: some StringProtocol) throws(DIDError) {
    guard did.hasPrefix(Self.didPrefix) else { throw .method }
    guard let bytes = Base58.bytes(of: did.dropFirst(Self.didPrefix.count)) else { throw .base58 }
    guard bytes.starts(with: Self.multicodec) else { throw .keyType }
    guard let key = PublicKey(bytes: bytes.dropFirst(Self.multicodec.count)) else {
      throw .length(bytes.count)
    }
    self = key
  }
}

extension PublicKey: CustomStringConvertible {
  public var description: String { did }
}

public enum DIDError: Error, Equatable {
  case method
  case base58
  case keyType
  case length(Int)
}

extension DIDError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .method: "not an identity: it does not start with did:key:z"
    case .base58: "not an identity: a character or the length is impossible in base58"
    case .keyType: "not an identity known here: only Ed25519 keys (did:key:z6Mk…)"
    case .length(let count): "not an identity: \(count) bytes instead of 34"
    }
  }
}
