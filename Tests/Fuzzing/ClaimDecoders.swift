// Claims, identities and their files.

import Claims
import Content
import Cryptography

private let identity = Identity(seed: [UInt8](repeating: 7, count: Identity.seedByteCount))

let claimDecoders: [Decoder] = [
  Decoder("claim", seeds: { claims() }) { bytes in
    if (try? Claim(verifying: bytes)) != nil, (try? Claim(stored: bytes)) == nil {
      return "a claim that checks cannot be read back from the store"
    }
    guard let claim = try? Claim(stored: bytes) else { return nil }
    // The body comes from a stranger: reading it must always end.
    _ = claim.content.publications
    return claim.bytes == bytes ? nil : "the claim holds other bytes than were read"
  },
  Decoder("claim body", seeds: { claims().compactMap { try? Claim(stored: $0).body.encoded() } }) {
    bytes in
    guard let body = try? Value(decoding: bytes) else { return nil }
    let kinds = [
      "genesis", "contribution", "retraction", "review", "grant", "revoke", "note", "milestone",
      "yardstick", "base", "unknown",
    ]
    for kind in kinds { _ = ClaimContent(kind: kind, body: body).body }
    return nil
  },
  Decoder("identity file", seeds: { identity.map { [IdentityFile.plain($0)] } ?? [] }) { bytes in
    // Sealed files are opened with a passphrase only in tests that may take their time.
    _ = try? IdentityFile.summary(of: bytes)
    return nil
  },
  Decoder("did", seeds: { identity.map { [Array($0.did.utf8)] } ?? [] }) { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    guard let key = try? PublicKey(did: text) else { return nil }
    return key.did == text ? nil : "another spelling of the same key was accepted"
  },
]

private func claims() -> [[UInt8]] {
  guard let identity else { return [] }
  let manifest = CID(of: [0xA0], codec: .dagCBOR)
  let publication = Publication(manifest: manifest, records: 3, bytes: 99, license: "MIT")
  let place = Claim.Place(net: manifest, height: 1, previous: manifest.digest)
  let contents: [ClaimContent] = [
    .contribution([publication]), .retraction(Retraction([EntryID(claim: manifest)])),
    .review([Review(EntryID(claim: manifest), .approve)]),
    .grant([Grant(identity.publicKey, .curator, from: 0)]),
    .revoke([Revocation(identity.publicKey, .contributor, until: 4)]),
    .note(Note([.init("title", ["a", "b"])], replaces: [manifest])),
    .milestone(
      Milestone([.init(author: identity.publicKey, count: 3, head: manifest.digest)])),
    .yardstick([publication]),
  ]
  return contents.compactMap {
    try? Claim.signed($0, at: place, seen: [manifest], timeMilliseconds: 1, by: identity).bytes
  }
}
