// A claim: one signed statement, one link in its author's chain (Specs/Claims.md).

public import Content
public import Cryptography

/// A statement whose signature has been checked, or which comes from our own store, where only
/// such are kept: there is no way to hold a `Claim` that a stranger made up.
public struct Claim: Sendable {
  /// A claim is one block.
  public static let maximumByteCount = Value.maximumByteCount
  /// Heights stay below this, so that counts fit every language's integers.
  public static let maximumHeight = 1 << 31
  /// Heads that one claim can name.
  public static let maximumSeen = 64
  /// Kinds are short words.
  public static let longestKind = 32
  /// Milliseconds since 1970 stay below 2⁵³, which JSON readers can hold.
  public static let maximumTimeMilliseconds = 1 << 53
  /// The version of the envelope; another one is refused.
  public static let formatVersion = 1
  /// What the signature covers besides the statement, so that it means nothing elsewhere.
  public static let signatureDomain = Array("datanet/claim/v1".utf8)

  /// The block: `[statement, signature]`.
  public let bytes: [UInt8]
  /// The SHA-256 of `bytes`: the claim's address.
  public let digest: Digest
  /// The genesis claim of the Datanet; nil in the genesis itself.
  public let net: CID?
  public let author: PublicKey
  /// The place in the author's chain; 0 is the first.
  public let height: Int
  /// The author's claim at the height below; nil at height 0.
  public let previous: Digest?
  /// Other authors' newest claims that this one's author knew. Decides nothing by itself.
  public let seen: [CID]
  /// Shown to people; decides nothing.
  public let timeMilliseconds: Int
  public let kind: String
  public let body: Value

  public var cid: CID { CID(codec: .dagCBOR, digest: digest) }
  /// The Datanet that the claim belongs to: for a genesis, its own address.
  public var datanet: CID { net ?? cid }
  public var isGenesis: Bool { net == nil }

  /// What the claim says. A kind from a newer version is `.unknown`, a body that breaks its
  /// kind's rules `.malformed`: both are kept and relayed, and count for nothing.
  public var content: ClaimContent { ClaimContent(kind: kind, body: body) }

  /// Reads a stranger's bytes: shape, limits and signature.
  public init(verifying bytes: [UInt8]) throws(ClaimError) {
    try self.init(shape: bytes)
    guard author.isValid(signature: signature, of: signedMessage) else { throw .signature }
  }

  /// Reads bytes whose signature was checked before they were stored.
  public init(stored bytes: [UInt8]) throws(ClaimError) {
    try self.init(shape: bytes)
  }

  /// The members are the caller's to keep true; only reading and signing construct claims.
  init(
    bytes: [UInt8], net: CID?, author: PublicKey, height: Int, previous: Digest?, seen: [CID],
    timeMilliseconds: Int, kind: String, body: Value
  ) {
    self.bytes = bytes
    self.digest = SHA256.hash(bytes)
    self.net = net
    self.author = author
    self.height = height
    self.previous = previous
    self.seen = seen
    self.timeMilliseconds = timeMilliseconds
    self.kind = kind
    self.body = body
  }
}

extension Claim: Hashable {
  /// Claims are equal when their bytes are.
  public static func == (left: Claim, right: Claim) -> Bool { left.digest == right.digest }
  public func hash(into hasher: inout Hasher) { hasher.combine(digest) }
}

extension Claim: CustomStringConvertible {
  public var description: String { "\(kind) \(cid) (height \(height) of \(author))" }
}
