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

  /// Whether only the proven other side can have caused it: its sealed frames broke a rule. A frame
  /// that does not open, or a length in the clear, may be somebody else's on the way.
  public var isProvenFault: Bool {
    switch self {
    case .trailer, .messageLength, .credit, .control, .flood: true
    default: false
    }
  }
}

extension SessionEnd: CustomStringConvertible {
  /// For people: the same words in logs and in `peers`.
  public var description: String {
    switch self {
    case .goodbye(let goodbye): "the other side said goodbye: \(goodbye)"
    case .left(let goodbye): "\(goodbye)"
    case .cut: "the connection was cut"
    case .authentication: "what arrived was changed on the way, or sealed with another key"
    case .notDatanet: "the other side does not speak this protocol"
    case .version(let lowest, let highest):
      "the other side speaks versions \(lowest) to \(highest), which this program does not"
    case .handshake(let error): "the handshake failed: \(error)"
    case .handshakeTimeout: "nobody answered the handshake in time"
    case .hello: "the hello is malformed"
    case .identityProof: "the identity did not sign the session's key"
    case .wrongIdentity: "somebody else answered than the ticket names"
    case .ownIdentity: "this peer itself answered"
    case .frameLength: "a frame has a length that none may have"
    case .trailer: "a frame's trailer is malformed"
    case .messageLength: "a message is longer than its channel allows"
    case .credit: "more bytes came than were granted"
    case .control: "a control message is malformed"
    case .flood: "more control messages came than anybody needs"
    case .silence: "nothing was heard for too long"
    case .lifetime: "the session carried as many frames as one may"
    }
  }
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

extension Goodbye: CustomStringConvertible {
  public var description: String {
    switch self {
    case .done: "there is nothing more to say"
    case .shuttingDown: "the peer stops"
    case .tooManyPeers: "there is no place for another peer"
    case .protocolError: "the other side broke the protocol"
    case .banned: "the peer is banned"
    case .duplicate: "there is another connection between the two"
    case .slow: "the other side was silent, or took nothing, for too long"
    case .unknown: "for a reason that this program does not know"
    }
  }
}
