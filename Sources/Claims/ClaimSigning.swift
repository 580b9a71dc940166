// Making a claim (Specs/Claims.md, "Signing"). The caller has put the new head on the disk before
// the claim leaves this machine: `Store` does, and offers no other way.

public import Content
public import Cryptography

extension Claim {
  /// Where a new claim goes.
  public struct Place: Hashable, Sendable {
    /// Nil for a genesis.
    public let net: CID?
    public let height: Int
    public let previous: Digest?

    /// Founds a Datanet.
    public static let genesis = Place(net: nil, height: 0, previous: nil)

    /// Behind an author's chain of `height` claims, whose newest is `previous`.
    public init(net: CID?, height: Int, previous: Digest?) {
      self.net = net
      self.height = height
      self.previous = previous
    }
  }

  /// Signs `content`. Refuses what other peers would refuse or ignore.
  public static func signed(
    _ content: ClaimContent, at place: Place, seen: [CID] = [], timeMilliseconds: Int,
    by identity: Identity
  ) throws(ClaimError) -> Claim {
    let body = content.body
    if case .malformed(_, _, let reason) = ClaimContent(kind: content.kind, body: body) {
      throw .body(reason)
    }
    return try signed(
      kind: content.kind, body: body, at: place, seen: seen, timeMilliseconds: timeMilliseconds,
      by: identity)
  }

  /// Signs a body of any kind as it is: for kinds of later versions, and for tests.
  public static func signed(
    kind: String, body: Value, at place: Place, seen: [CID] = [], timeMilliseconds: Int,
    by identity: Identity
  ) throws(ClaimError) -> Claim {
    var statement = ValueMap([
      .init(key: "v", value: Value(formatVersion)),
      .init(key: "body", value: body),
      .init(key: "kind", value: .text(kind)),
      .init(key: "time", value: Value(timeMilliseconds)),
      .init(key: "author", value: .bytes(identity.publicKey.bytes)),
      .init(key: "height", value: Value(place.height)),
    ])
    if let net = place.net { statement["net"] = .link(net) }
    if let previous = place.previous {
      statement["prev"] = .link(CID(codec: .dagCBOR, digest: previous))
    }
    let heads = Array(Set(seen)).sorted()
    if !heads.isEmpty { statement["seen"] = .array(heads.map { .link($0) }) }
    let encoded = Value.map(statement).encoded()
    let signature = identity.sign(signatureDomain + encoded)
    return try Claim(shape: [listHead] + encoded + signatureHead + signature)
  }
}
