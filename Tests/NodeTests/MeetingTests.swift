// Peers meet, agree about claims, and hear of new ones (Specs/Node.md).

import Claims
import Content
import Cryptography
import PeerProtocol
import Testing

@testable import Node
@testable import Store

@Suite struct MeetingTests {
  @Test(arguments: [1, 2, 3] as [UInt64])
  func `two peers meet by a ticket and know the same claims`(seed: UInt64) throws {
    let world = World(seed: seed)
    let ada = try world.add("ada")
    let ben = try world.add("ben")
    let datanet = try world.found(ada)
    for number in 0..<300 { try world.note(ada, "note \(number)", in: datanet) }
    world.follow(ada, datanet)
    world.follow(ben, datanet, given: [ada])
    world.start(ada)
    world.start(ben)
    let met = try world.run(seconds: 10) { try world.agree([ada, ben], about: datanet) }
    #expect(met, "seed \(seed)\n\(world.story(ada))\n\(world.story(ben))")
    #expect(try ben.claims.status(of: datanet).totals.claims == 301)
  }

  @Test func `what both have said apart, both know together`() throws {
    let world = World(seed: 7)
    let ada = try world.add("ada")
    let ben = try world.add("ben")
    let datanet = try world.found(ada)
    try ben.claims.join(#require(try ada.claims.genesis(of: datanet)))
    for number in 0..<50 {
      try world.note(ada, "ada \(number)", in: datanet)
      try world.note(ben, "ben \(number)", in: datanet)
    }
    world.follow(ada, datanet)
    world.follow(ben, datanet, given: [ada])
    world.start(ada)
    world.start(ben)
    let met = try world.run(seconds: 10) { try world.agree([ada, ben], about: datanet) }
    #expect(met, "\(world.story(ada))\n\(world.story(ben))")
    #expect(try ada.claims.status(of: datanet).totals.claims == 101)
    try world.run(seconds: 5)
    #expect(ben.node?.status(at: world.instant).isInStep(datanet) == true)
    #expect(ada.node?.status(at: world.instant).isInStep(datanet) == true)
  }

  @Test func `a new claim reaches five others within two seconds`() throws {
    let world = World(seed: 8)
    let ada = try world.add("ada")
    let datanet = try world.found(ada)
    let others = try ["ben", "cleo", "dan", "eva", "finn"].map { try world.add($0) }
    world.follow(ada, datanet)
    world.start(ada)
    for other in others {
      world.follow(other, datanet, given: [ada])
      world.start(other)
    }
    let all = [ada] + others
    #expect(try world.run(seconds: 10) { try world.agree(all, about: datanet) })
    for other in others {
      try world.note(other, "from \(other.name)", in: datanet)
      let heard = try world.run(seconds: 2) { try world.agree(all, about: datanet) }
      #expect(heard, "\(all.map { world.story($0, last: 8) }.joined(separator: "\n"))")
    }
    #expect(try ada.claims.status(of: datanet).totals.claims == 6)
  }

  @Test func `two who dial each other at once keep one connection`() throws {
    let world = World(seed: 9)
    let ada = try world.add("ada")
    let ben = try world.add("ben")
    let datanet = try world.found(ada)
    try ben.claims.join(#require(try ada.claims.genesis(of: datanet)))
    world.follow(ada, datanet, given: [ben])
    world.follow(ben, datanet, given: [ada])
    world.start(ada)
    world.start(ben)
    try world.run(seconds: 30)
    for peer in [ada, ben] {
      #expect(peer.node?.links.count == 1, "\(world.story(peer))")
      #expect(peer.node?.status(at: world.instant).peers.first?.datanets == [datanet])
    }
  }

  @Test func `an author's two stories are known to all`() throws {
    let world = World(seed: 10)
    let ada = try world.add("ada")
    let ben = try world.add("ben")
    let cleo = try world.add("cleo")
    let liar = try #require(Identity(seed: SHA256.hash(Array("liar".utf8)).bytes))
    let datanet = try world.found(ada)
    let genesis = try #require(try ada.claims.genesis(of: datanet))
    func story(_ text: String) throws -> Claim {
      try Claim.signed(
        .note(Note([.init("title", [text])])),
        at: .init(net: datanet, height: 0, previous: nil), timeMilliseconds: World.epoch, by: liar)
    }
    try ben.claims.join(genesis)
    _ = try ada.claims.insert([story("one")])
    _ = try ben.claims.insert([story("two")])
    for peer in [ada, ben, cleo] {
      world.follow(peer, datanet, given: peer === ada ? [] : [ada])
      world.start(peer)
    }
    let all = [ada, ben, cleo]
    #expect(try world.run(seconds: 20) { try world.agree(all, about: datanet) })
    for peer in all { #expect(try peer.claims.fork(of: liar.publicKey, in: datanet) != nil) }
  }
}
