// Private Datanets, peers who tell of peers, bans, restarts, rates (Specs/Node.md).

import Claims
import Content
import Cryptography
import Histories
import PeerProtocol
import Testing

@testable import Node
@testable import Store

@Suite struct PrivacyTests {
  private let key = SHA256.hash(Array("a private Datanet's key".utf8))

  @Test func `a private Datanet is shared with who has its key and nobody else`() throws {
    let world = World(seed: 21)
    let ada = try world.add("ada")
    let ben = try world.add("ben")
    let eve = try world.add("eve")
    let datanet = try world.found(ada)
    let made = try world.contribute(ada, [("a.jsonl", lines(500, seed: 1))], to: datanet)
    world.follow(ada, datanet, key: key)
    world.follow(ben, datanet, key: key, given: [ada])
    // Eve knows the ID, and has another key, then none.
    world.follow(eve, datanet, key: SHA256.hash([1]), given: [ada])
    for peer in [ada, ben, eve] { world.start(peer) }
    let done = try world.run(seconds: 20) { try world.has(ben, all: made.blocks) }
    #expect(done, "\(world.story(ben))")
    #expect(try eve.claims.datanets().isEmpty)
    world.follow(eve, datanet, key: nil)
    try world.run(seconds: 20)
    #expect(try eve.claims.datanets().isEmpty)
    #expect(eve.node?.status(at: world.instant).datanets.first?.isKnown == false)
  }

  @Test func `a public and a private Datanet share one connection`() throws {
    let world = World(seed: 22)
    let ada = try world.add("ada")
    let ben = try world.add("ben")
    let open = try world.found(ada, named: "open")
    let secret = try world.found(ada, named: "secret")
    world.follow(ada, open)
    world.follow(ada, secret, key: key)
    world.follow(ben, open, given: [ada])
    world.follow(ben, secret, key: key)
    world.start(ada)
    world.start(ben)
    let met = try world.run(seconds: 10) {
      try world.agree([ada, ben], about: open) && world.agree([ada, ben], about: secret)
    }
    #expect(met, "\(world.story(ben))")
    #expect(ben.node?.links.count == 1)
    #expect(ben.node?.status(at: world.instant).peers.first?.datanets.count == 2)
  }

  @Test func `peers who know only one peer find each other, and go on without it`() throws {
    let world = World(seed: 23)
    let ada = try world.add("ada")
    let datanet = try world.found(ada)
    let others = try ["ben", "cleo", "dan"].map { try world.add($0) }
    world.follow(ada, datanet)
    world.start(ada)
    for other in others {
      world.follow(other, datanet, given: [ada])
      world.start(other)
    }
    #expect(
      try world.run(seconds: 60) {
        others.allSatisfy { ($0.node?.linkOf.count ?? 0) == 3 }
      }, "\(others.map { world.story($0) }.joined(separator: "\n"))")
    world.stop(ada)
    try world.run(seconds: 5)
    try world.note(others[0], "without ada", in: datanet)
    #expect(try world.run(seconds: 5) { try world.agree(others, about: datanet) })
  }

  @Test func `a peer that starts again finds whom it knew`() throws {
    let world = World(seed: 24)
    let ada = try world.add("ada")
    let ben = try world.add("ben")
    let datanet = try world.found(ada)
    world.follow(ada, datanet)
    world.follow(ben, datanet, given: [ada])
    world.start(ada)
    world.start(ben)
    #expect(try world.run(seconds: 10) { try world.agree([ada, ben], about: datanet) })
    let memory = try #require(ben.node?.memory(at: world.instant))
    world.stop(ben)
    try world.run(seconds: 5)
    ben.settings.given = []
    world.start(ben, memory: memory)
    #expect(try world.run(seconds: 60) { ben.node?.linkOf[ada.key] != nil })
  }

  @Test func `a ban lasts over a restart, and the next one is longer`() throws {
    let peer = try #require(Identity(seed: SHA256.hash([7]).bytes)).publicKey
    var bans = BanList([])
    let start = Instant(milliseconds: 0)
    let first = bans.add(peer, address: "10.0.0.1:1", reason: "lied", wall: 1_000, at: start)
    #expect(bans.ban(of: peer, wall: 1_000 + Int(first) - 1) != nil)
    #expect(bans.ban(of: peer, wall: 1_000 + Int(first)) == nil)
    var again = BanList(bans.all)
    let second = again.add(
      peer, address: "10.0.0.1:1", reason: "lied", wall: 100_000_000, at: start)
    #expect(second == 4 * first)
  }

  @Test func `new names from where liars came are let in slowly`() {
    var bans = BanList([])
    let now = Instant(milliseconds: 5_000)
    let before = bans.letsIn(strangerAt: "10.1.2.3:5", at: now)
    for number in 0..<3 {
      guard let peer = Identity(seed: SHA256.hash([UInt8(number)]).bytes)?.publicKey else {
        continue
      }
      _ = bans.add(peer, address: "10.1.9.\(number):7", reason: "lied", wall: 0, at: now)
    }
    let first = bans.letsIn(strangerAt: "10.1.2.3:5", at: now)
    let second = bans.letsIn(strangerAt: "10.1.2.4:5", at: now)
    let elsewhere = bans.letsIn(strangerAt: "10.2.2.4:5", at: now)
    let later = bans.letsIn(
      strangerAt: "10.1.2.4:5", at: now.advanced(byMilliseconds: 61_000))
    #expect(before && first && !second && elsewhere && later)
  }

  // MARK: Rates and packing

  private func transfer(
    up: Int? = nil, down: Int? = nil, lines text: [[UInt8]], rate: Double, seed: UInt64
  ) throws -> (seconds: Double, wire: Int, made: Contributed) {
    let world = World(seed: seed)
    world.bytesPerSecond = rate
    let ada = try world.add("ada")
    let ben = try world.add("ben")
    let datanet = try world.found(ada)
    let made = try world.contribute(ada, [("a.jsonl", text)], to: datanet)
    ada.settings.limits.uploadBytesPerSecond = up
    ben.settings.limits.downloadBytesPerSecond = down
    world.follow(ada, datanet)
    world.follow(ben, datanet, given: [ada])
    world.start(ada)
    world.start(ben)
    let begun = world.now
    let done = try world.run(seconds: 300) { try world.has(ben, all: made.blocks) }
    #expect(done, "\(world.story(ben))")
    return (Double(world.now - begun) / 1e6, world.wireBytes, made)
  }

  @Test func `an upload rate is held`() throws {
    let rate = 200_000
    let result = try transfer(up: rate, lines: lines(20_000, seed: 3), rate: 125e6, seed: 25)
    let least = Double(result.wire) / Double(rate) * 0.85
    #expect(result.seconds > least && result.seconds < least * 1.4, "\(result.seconds), \(least)")
  }

  @Test func `a download rate is held`() throws {
    let rate = 200_000
    let result = try transfer(down: rate, lines: lines(20_000, seed: 3), rate: 125e6, seed: 26)
    let least = Double(result.wire) / Double(rate) * 0.85
    #expect(result.seconds > least && result.seconds < least * 1.4, "\(result.seconds), \(least)")
  }

  @Test func `text travels packed on a slow link and plain on a fast one`() throws {
    let text = (0..<60_000).map {
      Array("{\"number\":\($0),\"text\":\"the same words again and again and again\"}\n".utf8)
    }
    let slow = try transfer(lines: text, rate: 1e6, seed: 27)
    #expect(slow.wire * 2 < slow.made.byteCount, "\(slow.wire) of \(slow.made.byteCount)")
    let fast = try transfer(lines: text, rate: 1e9, seed: 28)
    #expect(fast.wire > fast.made.byteCount)
  }

  // MARK: Second versions

  @Test func `of a second version only what is new travels`() throws {
    let world = World(seed: 29)
    let ada = try world.add("ada")
    let ben = try world.add("ben")
    let datanet = try world.found(ada)
    var text = lines(12_000, seed: 4, length: 900)
    try world.contribute(ada, [("a.jsonl", text)], to: datanet)
    world.follow(ada, datanet)
    world.follow(ben, datanet, given: [ada])
    world.start(ada)
    world.start(ben)
    #expect(
      try world.run(seconds: 60) {
        ben.node?.status(at: world.instant).isInStep(datanet) == true
      })
    var dice = Dice(5)
    for _ in 0..<text.count / 100 {
      let place = dice.below(text.count)
      text[place][text[place].count - 20] = 65 + UInt8(dice.below(26))
    }
    let before = world.wireBytes
    let second = try world.contribute(ada, [("a.jsonl", text)], to: datanet)
    let done = try world.run(seconds: 60) { try world.has(ben, all: second.blocks) }
    #expect(done, "\(world.story(ben))")
    let share = Double(world.wireBytes - before) / Double(second.byteCount)
    print("second version with 1 % of the records edited: \(share * 100) % on the wire")
    #expect(share < 0.05)
  }
}
