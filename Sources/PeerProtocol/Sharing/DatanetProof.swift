// How two peers find out which Datanets they share, without saying which they have
// (Specs/Sharing.md).

public import Content
public import Cryptography

/// What it takes to open a Datanet: to know the ID of a public one, the key of a private one.
public struct DatanetSecret: Hashable, Sendable {
  public let datanet: CID
  public let key: Digest?

  public init(datanet: CID, key: Digest? = nil) {
    self.datanet = datanet
    self.key = key
  }

  /// Proves knowledge within one session, in one direction: worthless in any other.
  public func proof(channelBinding: Digest, isDialler: Bool) -> [UInt8] {
    let secret = HMAC.sha256(
      key: (key ?? datanet.digest).bytes,
      Array((key == nil ? "datanet public" : "datanet private").utf8) + datanet.bytes)
    return HMAC.sha256(
      key: secret.bytes, [isDialler ? 1 : 0] + channelBinding.bytes
    ).bytes
  }
}

/// Messages on the control channel, from 16 on.
public enum SharingMessage: Equatable, Sendable {
  /// "I mean a Datanet that you know if you understand this; I call it `handle`."
  case open(handle: UInt32, proof: [UInt8])
  /// "I know it too", with the other direction's proof; or "I do not", with none.
  case opened(handle: UInt32, proof: [UInt8]?)
  case close(handle: UInt32)

  public var value: Value {
    switch self {
    case .open(let handle, let proof): [16, Value(handle), .bytes(proof)]
    case .opened(let handle, let proof):
      [17, Value(handle), proof.map { .bytes($0) } ?? .null]
    case .close(let handle): [18, Value(handle)]
    }
  }

  /// Nil when malformed.
  public init?(_ value: Value) {
    guard let items = value.array, items.count >= 2, let type = items[0].integer(as: Int.self),
      let handle = items[1].integer(as: UInt32.self)
    else { return nil }
    func proof(_ value: Value) -> [UInt8]? {
      value.bytes.flatMap { $0.count == Digest.byteCount ? $0 : nil }
    }
    switch (type, items.count) {
    case (16, 3):
      guard let proof = proof(items[2]) else { return nil }
      self = .open(handle: handle, proof: proof)
    case (17, 3):
      if items[2] == .null {
        self = .opened(handle: handle, proof: nil)
      } else {
        guard let proof = proof(items[2]) else { return nil }
        self = .opened(handle: handle, proof: proof)
      }
    case (18, 2): self = .close(handle: handle)
    default: return nil
    }
  }
}
