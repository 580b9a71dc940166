// What each side says of itself inside the handshake, under its protection
// (Specs/Session.md, "Hello").

internal import Content
public import Cryptography

/// A hello is a DAG-CBOR map: `a` addresses, `f` features, `i` identity, `n` agent name,
/// `p` proof, `v` version.
public struct Hello: Equatable, Sendable {
  /// The version that the sender will speak.
  public var version: UInt8
  /// The sender's Ed25519 key.
  public var identity: PublicKey
  /// The identity's signature over the Noise static key that this session uses.
  public var proof: [UInt8]
  /// Bit n says that the sender has feature n; unknown bits are ignored.
  public var features: UInt64
  /// The program's name and version, for people.
  public var agent: String
  /// Where the sender listens, as `host:port`; claims to be checked by dialling, not facts.
  public var addresses: [String]

  public init(
    version: UInt8, identity: PublicKey, proof: [UInt8], features: UInt64, agent: String,
    addresses: [String]
  ) {
    self.version = version
    self.identity = identity
    self.proof = proof
    self.features = features
    self.agent = agent
    self.addresses = addresses
  }

  /// What an identity signs: nobody can use the signature for anything else.
  public static func signedBytes(staticKey: [UInt8]) -> [UInt8] {
    Array("datanet session key\u{0}".utf8) + staticKey
  }

  public var encoded: [UInt8] {
    let value: Value = [
      "a": .array(addresses.map { .text($0) }), "f": Value(features), "i": .bytes(identity.bytes),
      "n": .text(agent), "p": .bytes(proof), "v": Value(version),
    ]
    return value.encoded()
  }

  /// Nil when malformed or over a limit. The proof is checked by `isProven(for:)`.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count <= SessionLimits.helloByteCount, let value = try? Value(decoding: bytes),
      value.map?.entries.count == 6,
      let addresses = value["a"]?.array, addresses.count <= SessionLimits.helloAddresses,
      let features = value["f"]?.integer(as: UInt64.self),
      let identity = value["i"]?.bytes.flatMap({ PublicKey(bytes: $0) }),
      let agent = value["n"]?.text, agent.utf8.count <= 64,
      let proof = value["p"]?.bytes, proof.count == 64,
      let version = value["v"]?.integer(as: UInt8.self)
    else { return nil }
    var texts: [String] = []
    for address in addresses {
      guard let text = address.text, text.utf8.count <= 64 else { return nil }
      texts.append(text)
    }
    self.init(
      version: version, identity: identity, proof: proof, features: features, agent: agent,
      addresses: texts)
  }

  /// Whether the identity vouches for the static key that the handshake proved.
  public func isProven(for staticKey: [UInt8]) -> Bool {
    identity.isValid(signature: proof, of: Self.signedBytes(staticKey: staticKey))
  }
}
