// People with names who sign claims, for the stories that the tests tell.

public import Claims
public import Content
public import Cryptography

/// One author and the chain they have signed.
public final class Person {
  public let identity: Identity
  public private(set) var chain: [Claim] = []
  public private(set) var net: CID?
  private var clock = 1_700_000_000_000

  public init(_ name: String) {
    identity = Identity(seed: SHA256.hash(Array(name.utf8)).bytes)!
  }

  public var key: PublicKey { identity.publicKey }
  public var count: Int { chain.count }

  public func found(_ genesis: Genesis) throws -> Claim {
    try add(Claim.signed(.genesis(genesis), at: .genesis, timeMilliseconds: tick(), by: identity))
  }

  /// Joins a Datanet with an empty chain.
  public func join(_ genesis: Claim) { net = genesis.cid }

  public func say(_ content: ClaimContent, seen: [Claim] = []) throws -> Claim {
    try add(sign(content, at: count, seen: seen))
  }

  /// A claim at any height, on top of what the chain has below, without keeping it: with a height
  /// that is taken, a second story.
  public func sign(_ content: ClaimContent, at height: Int, seen: [Claim] = []) throws -> Claim {
    try Claim.signed(
      kind: content.kind, body: content.body,
      at: .init(net: net, height: height, previous: height > 0 ? chain[height - 1].digest : nil),
      seen: seen.map(\.cid), timeMilliseconds: tick(), by: identity)
  }

  private func add(_ claim: Claim) -> Claim {
    if claim.isGenesis { net = claim.cid }
    chain.append(claim)
    return claim
  }

  private func tick() -> Int {
    clock += 1000
    return clock
  }
}

public func manifest(_ name: String) -> CID { CID(of: Array(name.utf8), codec: .dagCBOR) }

public func contribution(_ name: String, replaces: EntryID? = nil, license: String? = nil)
  -> ClaimContent
{
  .contribution([
    Publication(
      manifest: manifest(name), records: 10, bytes: 1000, license: license, name: name,
      replaces: replaces)
  ])
}
