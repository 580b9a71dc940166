// Why a session ended: one name per reason, the same in logs, `peers` and the spec
// (Specs/Session.md, "Ends").

public enum SessionEnd: Error, Equatable, Sendable {
  /// The other side said goodbye.
  case goodbye(Goodbye)
  /// This side said goodbye.
  case left(Goodbye)
  /// The stream ended without a goodbye: the network, a crash, or somebody who cut it.
  case cut
  /// A sealed frame was changed, replayed, reordered or left out.
  case authentication
  /// The first bytes are not this protocol's.
  case notDatanet
  /// No version is spoken by both.
  case version(lowest: UInt8, highest: UInt8)
  case handshake(HandshakeError)
  /// Nobody answered the handshake in time.
  case handshakeTimeout
  /// The hello is malformed, too long, or names another version than was agreed.
  case hello
  /// The identity did not sign the session's static key.
  case identityProof
  /// Somebody answered, but not the identity that the ticket names.
  case wrongIdentity
  /// This peer itself answered.
  case ownIdentity
  case frameLength
  case trailer
  /// A message longer than its channel allows.
  case messageLength
  /// More bytes than were granted.
  case credit
  case control
  /// More control messages than anybody needs.
  case flood
  /// Nothing was heard for too long.
  case silence
  /// The session carried as many frames as one session may.
  case lifetime
}

/// What the side that ends a session says.
public enum Goodbye: UInt8, Sendable {
  case done = 0
  case shuttingDown = 1
  case tooManyPeers = 2
  case protocolError = 3
  case banned = 4
  case duplicate = 5
  case slow = 6
  case unknown = 255
}
