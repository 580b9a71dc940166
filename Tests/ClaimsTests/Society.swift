// People with names who sign claims, for the stories that the tests tell.

import Claims
import Content
import Cryptography

/// A small deterministic generator (SplitMix64): a seed replays a test.
struct Dice: RandomNumberGenerator {
  var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// True once in `times`.
  mutating func hit(oneIn times: Int) -> Bool { Int.random(in: 0..<times, using: &self) == 0 }
}

/// One author and the chain they have signed.
final class Person {
  let identity: Identity
  private(set) var chain: [Claim] = []
  var net: CID?
  var clock = 1_700_000_000_000

  init(_ name: String) {
    identity = Identity(seed: SHA256.hash(Array(name.utf8)).bytes)!
  }

  var key: PublicKey { identity.publicKey }
  var count: Int { chain.count }

  func found(_ genesis: Genesis) throws -> Claim {
    try add(Claim.signed(.genesis(genesis), at: .genesis, timeMilliseconds: tick(), by: identity))
  }

  /// Joins a Datanet with an empty chain.
  func join(_ genesis: Claim) { net = genesis.cid }

  func say(_ content: ClaimContent, seen: [Claim] = []) throws -> Claim {
    try add(sign(content, at: count, seen: seen))
  }

  /// A claim at any height, on top of what the chain has below, without keeping it: with a height
  /// that is taken, a second story.
  func sign(_ content: ClaimContent, at height: Int, seen: [Claim] = []) throws -> Claim {
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

func manifest(_ name: String) -> CID { CID(of: Array(name.utf8), codec: .dagCBOR) }

func contribution(_ name: String, replaces: EntryID? = nil, license: String? = nil) -> ClaimContent
{
  .contribution([
    Publication(
      manifest: manifest(name), records: 10, bytes: 1000, license: license, name: name,
      replaces: replaces)
  ])
}
