// Who somebody is and where they may be found (Specs/Discovery.md).

internal import Content
public import Cryptography

/// An identity and addresses that somebody said it listens at: hints until dialled.
public struct PeerContact: Hashable, Sendable {
  /// Addresses kept of one peer.
  public static let maximumAddresses = 8
  /// Bytes of one address, `host:port` or `[v6]:port`.
  public static let maximumAddressBytes = 64

  public var identity: PublicKey
  public var addresses: [String]

  public init(identity: PublicKey, addresses: [String]) {
    self.identity = identity
    self.addresses = addresses
  }

  var value: Value {
    [.bytes(identity.bytes), .array(addresses.map { .text($0) })]
  }

  /// Nil when malformed or over a limit.
  init?(_ value: Value) {
    guard let items = value.array, items.count == 2,
      let identity = items[0].bytes.flatMap({ PublicKey(bytes: $0) }),
      let texts = items[1].array, texts.count <= Self.maximumAddresses
    else { return nil }
    var addresses: [String] = []
    for text in texts {
      guard let address = text.text, address.utf8.count <= Self.maximumAddressBytes else {
        return nil
      }
      addresses.append(address)
    }
    self.init(identity: identity, addresses: addresses)
  }
}
