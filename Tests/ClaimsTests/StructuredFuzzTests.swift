// Well-signed nonsense: statements with changed, missing, added and swapped parts, signed anew, so
// that they reach past the signature into bodies and merge (Specs/Claims.md, "Kinds").

import Claims
import Content
import Cryptography
import Histories
import Testing

@Suite struct StructuredFuzzTests {
  private let eve = Identity(seed: SHA256.hash(Array("eve".utf8)).bytes)!

  /// Signs any statement whatever.
  private func sign(_ statement: Value) -> [UInt8] {
    let encoded = statement.encoded()
    return [0x82] + encoded + [0x58, 0x40] + eve.sign(Claim.signatureDomain + encoded)
  }

  private func statement(_ claim: Claim) throws -> Value {
    try #require(try Value(decoding: claim.bytes).array?.first)
  }

  private func randomLeaf(_ dice: inout Dice, _ net: CID) -> Value {
    switch dice.below(12) {
    case 0: .null
    case 1: .bool(dice.hit(oneIn: 2))
    case 2: Value(dice.below(5))
    case 3: .integer(-1)
    case 4: .integer(Int128(UInt64.max))
    case 5: .integer(Int128(1) << Int128(dice.below(64)))
    case 6: .float(1.5)
    case 7: .bytes([UInt8](repeating: 7, count: dice.pick([0, 31, 32, 33, 64])!))
    case 8: .text(dice.pick(["", "approve", "curator", "é", String(repeating: "x", count: 2000)])!)
    case 9: .array([])
    case 10: .map(ValueMap())
    default: .link(dice.hit(oneIn: 2) ? net : CID(codec: .raw, digest: net.digest))
    }
  }

  /// Changes one place somewhere in the tree.
  private func mutated(_ value: Value, _ dice: inout Dice, _ net: CID) -> Value {
    if dice.hit(oneIn: 4) { return randomLeaf(&dice, net) }
    switch value {
    case .array(var items):
      guard !items.isEmpty else { return .array([randomLeaf(&dice, net)]) }
      let place = dice.below(items.count)
      switch dice.below(5) {
      case 0: items.remove(at: place)
      case 1: items.append(items[place])
      case 2: items.swapAt(0, place)
      default: items[place] = mutated(items[place], &dice, net)
      }
      return .array(items)
    case .map(var map):
      guard let entry = dice.pick(map.entries) else { return randomLeaf(&dice, net) }
      switch dice.below(6) {
      case 0: map[entry.key] = nil
      case 1: map["extra"] = randomLeaf(&dice, net)
      default: map[entry.key] = mutated(entry.value, &dice, net)
      }
      return .map(map)
    default: return randomLeaf(&dice, net)
    }
  }

  @Test(arguments: (0..<20).map { UInt64($0) * 131 + 9 })
  func signedNonsenseIsRefusedOrHarmless(seed: UInt64) throws {
    var dice = Dice(seed)
    let history = try History(seed: seed, claims: 60)
    var ledger = try #require(Ledger(genesis: history.genesis))
    for claim in history.claims { _ = ledger.insert(claim) }
    var extra: [Claim] = []
    var refused = 0
    var malformed = 0
    for _ in 0..<300 {
      guard let model = dice.pick(history.claims) else { return }
      var value = try statement(model)
      if var map = value.map {
        map["author"] = .bytes(eve.publicKey.bytes)
        // Mostly eve's next claim, so that it counts.
        let chain = ledger.claims(of: eve.publicKey)
        map["height"] = Value(chain.count)
        map["prev"] = chain.last.map { .link($0.cid) }
        if dice.hit(oneIn: 2), let body = map["body"] {
          map["body"] = mutated(body, &dice, history.genesis.cid)
        } else {
          map = mutated(.map(map), &dice, history.genesis.cid).map ?? map
        }
        value = .map(map)
      }
      let bytes = sign(value)
      do {
        let claim = try Claim(verifying: bytes)
        #expect(claim.bytes == bytes)
        #expect(try Claim(stored: bytes) == claim)
        if case .malformed = claim.content { malformed += 1 }
        extra.append(claim)
        _ = ledger.insert(claim)
      } catch {
        refused += 1
      }
    }
    let definition = try #require(
      DatanetState(genesis: history.genesis, claims: history.claims + extra))
    #expect(DatanetState(ledger) == definition, "seed \(seed)")
    #expect(refused > 20 && malformed > 10 && extra.count > 50, "seed \(seed)")
  }

  @Test func flippedBitsAreNeverAccepted() throws {
    let history = try History(seed: 5, claims: 30)
    var dice = Dice(5)
    for claim in history.claims {
      for _ in 0..<40 {
        var bytes = claim.bytes
        bytes[dice.below(bytes.count)] ^= 1 << UInt8(dice.below(8))
        #expect(throws: ClaimError.self) { try Claim(verifying: bytes) }
      }
      for length in [0, 1, claim.bytes.count / 2, claim.bytes.count - 1] {
        #expect(throws: ClaimError.self) { try Claim(stored: Array(claim.bytes.prefix(length))) }
      }
      #expect(throws: ClaimError.self) { try Claim(stored: claim.bytes + [0]) }
    }
  }
}
