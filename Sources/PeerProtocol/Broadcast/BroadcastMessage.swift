// The messages of the broadcast, as DAG-CBOR arrays (Specs/Overlay.md, "Broadcast").

public import Content
public import Cryptography

public enum BroadcastMessage: Equatable, Sendable {
  /// A claim in full; `hops` counts the links it has come over.
  case gossip(payload: [UInt8], hops: UInt8)
  /// "I have these": digest and hops.
  case announce([Announcement])
  /// "Send me this, and all that follows": the link becomes part of the tree.
  case graft(Digest?)
  /// "Only announce to me from now on."
  case prune

  public struct Announcement: Equatable, Sendable {
    public var digest: Digest
    public var hops: UInt8

    public init(digest: Digest, hops: UInt8) {
      self.digest = digest
      self.hops = hops
    }
  }

  public var value: Value {
    switch self {
    case .gossip(let payload, let hops): [0, .bytes(payload), Value(hops)]
    case .announce(let items):
      [1, .bytes(items.flatMap { $0.digest.bytes + [$0.hops] })]
    case .graft(let digest): [2, digest.map { .bytes($0.bytes) } ?? .null]
    case .prune: [3]
    }
  }

  /// Nil when malformed or over a limit.
  public init?(_ value: Value) {
    guard let items = value.array, let type = items.first?.integer(as: Int.self) else { return nil }
    switch (type, items.count) {
    case (0, 3):
      guard let payload = items[1].bytes, let hops = items[2].integer(as: UInt8.self) else {
        return nil
      }
      self = .gossip(payload: payload, hops: hops)
    case (1, 2):
      let stride = Digest.byteCount + 1
      guard let bytes = items[1].bytes, bytes.count % stride == 0,
        bytes.count <= BroadcastLimits.announcements * stride
      else { return nil }
      var list: [Announcement] = []
      for start in Swift.stride(from: 0, to: bytes.count, by: stride) {
        guard let digest = Digest(bytes: bytes[start..<start + Digest.byteCount]) else {
          return nil
        }
        list.append(Announcement(digest: digest, hops: bytes[start + Digest.byteCount]))
      }
      self = .announce(list)
    case (2, 2):
      if items[1] == .null {
        self = .graft(nil)
      } else {
        guard let digest = items[1].bytes.flatMap({ Digest(bytes: $0) }) else { return nil }
        self = .graft(digest)
      }
    case (3, 1): self = .prune
    default: return nil
    }
  }
}
