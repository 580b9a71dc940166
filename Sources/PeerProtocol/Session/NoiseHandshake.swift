// Noise XX and XXpsk3 with 25519, ChaChaPoly and SHA256 (Noise revision 34; Specs/Session.md).
//
//   -> e
//   <- e, ee, s, es
//   -> s, se            (XXpsk3: s, se, psk)

public import Cryptography

public struct KeyPair: Sendable {
  public let secret: [UInt8]
  public let publicKey: [UInt8]

  /// Nil unless `secret` has 32 bytes.
  public init?(secret: [UInt8]) {
    guard let publicKey = X25519.publicKey(of: secret) else { return nil }
    self.secret = secret
    self.publicKey = publicKey
  }
}

public enum HandshakeError: Error, Equatable {
  /// A handshake message has the wrong length for its place.
  case length
  /// A key in a message is a point of small order.
  case key
  /// A sealed part is not what the other side sealed: a wrong key, or a changed byte.
  case authentication
  /// A message came when none was due.
  case order
}

/// One side of a handshake. Messages alternate; after the third, `keys` and `hash` are final.
public struct NoiseHandshake {
  public enum Role: Sendable { case initiator, responder }

  /// The longest payload of a handshake message: an identity proof is far below.
  public static let maximumPayload = 4096

  public let role: Role
  private var state: SymmetricState
  private let own: KeyPair
  private let ephemeral: KeyPair
  private let sharedKey: Digest?
  private var theirEphemeral: [UInt8] = []
  public private(set) var theirStatic: [UInt8] = []
  /// The number of messages written or read so far: 0, 1, 2, and 3 when done.
  public private(set) var progress = 0

  public init(
    role: Role, own: KeyPair, ephemeral: KeyPair, prologue: [UInt8], sharedKey: Digest? = nil
  ) {
    self.role = role
    self.own = own
    self.ephemeral = ephemeral
    self.sharedKey = sharedKey
    let pattern = sharedKey == nil ? "XX" : "XXpsk3"
    state = SymmetricState(protocolName: "Noise_\(pattern)_25519_ChaChaPoly_SHA256")
    state.mix(hash: prologue)
  }

  public var isDone: Bool { progress == 3 }
  /// Whether the next message is this side's to write.
  public var isOurTurn: Bool { !isDone && (progress % 2 == 0) == (role == .initiator) }
  /// The transcript's hash: both sides' name for this session, once done.
  public var hash: Digest { state.transcript }

  /// The keys for sending and receiving, once done.
  public var keys: (sending: Digest, receiving: Digest) {
    let (first, second) = state.split()
    return role == .initiator ? (first, second) : (second, first)
  }

  private mutating func agree(_ pair: KeyPair, _ theirs: [UInt8]) throws(HandshakeError) {
    guard let secret = X25519.agree(secret: pair.secret, with: theirs) else { throw .key }
    state.mix(key: secret)
  }

  private mutating func mixEphemeral(_ key: [UInt8]) {
    state.mix(hash: key)
    if sharedKey != nil { state.mix(key: key) }
  }

  public mutating func write(payload: [UInt8]) throws(HandshakeError) -> [UInt8] {
    guard isOurTurn else { throw .order }
    guard payload.count <= Self.maximumPayload else { throw .length }
    var message: [UInt8] = []
    switch progress {
    case 0:
      message += ephemeral.publicKey
      mixEphemeral(ephemeral.publicKey)
    case 1:
      message += ephemeral.publicKey
      mixEphemeral(ephemeral.publicKey)
      try agree(ephemeral, theirEphemeral)
      message += state.encryptAndHash(own.publicKey)
      try agree(own, theirEphemeral)
    default:
      message += state.encryptAndHash(own.publicKey)
      try agree(own, theirEphemeral)
      if let sharedKey { state.mix(keyAndHash: sharedKey.bytes) }
    }
    message += state.encryptAndHash(payload)
    progress += 1
    return message
  }

  public mutating func read(_ message: [UInt8]) throws(HandshakeError) -> [UInt8] {
    guard !isOurTurn, !isDone else { throw .order }
    var rest = message[...]
    func take(_ count: Int) throws(HandshakeError) -> [UInt8] {
      guard rest.count >= count else { throw .length }
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    let sealedKey = X25519.byteCount + ChaChaPoly.tagByteCount
    if progress < 2 {
      theirEphemeral = try take(X25519.byteCount)
      mixEphemeral(theirEphemeral)
    }
    if progress == 1 {
      try agree(ephemeral, theirEphemeral)
      theirStatic = try open(try take(sealedKey))
      try agree(ephemeral, theirStatic)
    } else if progress == 2 {
      theirStatic = try open(try take(sealedKey))
      try agree(ephemeral, theirStatic)
      if let sharedKey { state.mix(keyAndHash: sharedKey.bytes) }
    }
    let tag = state.isKeyed ? ChaChaPoly.tagByteCount : 0
    guard rest.count >= tag, rest.count - tag <= Self.maximumPayload else { throw .length }
    let payload = try open(Array(rest))
    progress += 1
    return payload
  }

  private mutating func open(_ sealed: [UInt8]) throws(HandshakeError) -> [UInt8] {
    guard let plain = state.decryptAndHash(sealed) else { throw .authentication }
    return plain
  }
}
