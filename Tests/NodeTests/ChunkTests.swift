// Data follows claims: fetched, verified, kept; from many, against liars, within limits
// (Specs/Node.md).

import Claims
import Content
import Cryptography
import PeerProtocol
import Testing

@testable import Node
@testable import Store

@Suite struct ChunkTests {
  /// Peers by name in one Datanet that the first has founded; the others know the first.
  private func world(_ names: [String], seed: UInt64) throws -> (World, [Peer], CID) {
    let world = World(seed: seed)
    let peers = try names.map { try world.add($0) }
    let datanet = try world.found(peers[0])
    for peer in peers { world.follow(peer, datanet, given: peer === peers[0] ? [] : [peers[0]]) }
    return (world, peers, datanet)
  }

  private func inStep(_ peer: Peer, _ datanet: CID, _ world: World) -> Bool {
    peer.node?.status(at: world.instant).isInStep(datanet) ?? false
  }

  @Test(arguments: [1, 2] as [UInt64])
  func `a contribution is fetched whole and verified`(seed: UInt64) throws {
    let (world, peers, datanet) = try world(["ada", "ben"], seed: seed)
    let (ada, ben) = (peers[0], peers[1])
    let made = try world.contribute(
      ada, [("a.jsonl", lines(20_000, seed: seed)), ("b.jsonl", lines(100, seed: 5))], to: datanet)
    for peer in peers { world.start(peer) }
    let done = try world.run(seconds: 30) { inStep(ben, datanet, world) }
    #expect(done, "seed \(seed)\n\(world.story(ada))\n\(world.story(ben))")
    #expect(try world.has(ben, all: made.blocks))
    #expect(try ben.digest(of: datanet) == ada.digest(of: datanet))
    #expect(
      ben.reports.contains { $0.report == .complete(datanet, manifest: made.manifest.cid) })
    #expect(ben.node?.intake.isIdle == true)
    let overhead = Double(world.wireBytes) / Double(made.byteCount)
    #expect(overhead < 1.10, "\(overhead) bytes on the wire for each of the contribution's")
  }

  @Test func `a contribution made while they are connected arrives by itself`() throws {
    let (world, peers, datanet) = try world(["ada", "ben", "cleo"], seed: 3)
    for peer in peers { world.start(peer) }
    #expect(try world.run(seconds: 10) { try world.agree(peers, about: datanet) })
    let made = try world.contribute(
      peers[1], [("b.jsonl", lines(5_000, seed: 9))], to: datanet)
    let done = try world.run(seconds: 20) {
      try world.agree(peers, about: datanet) && world.has(peers[0], all: made.blocks)
        && world.has(peers[2], all: made.blocks)
    }
    #expect(done, "\(peers.map { world.story($0) }.joined(separator: "\n"))")
  }

  @Test func `a hundred small contributions by three people reach everybody`() throws {
    let (world, peers, datanet) = try world(["ada", "ben", "cleo"], seed: 4)
    for peer in peers { world.start(peer) }
    #expect(try world.run(seconds: 10) { try world.agree(peers, about: datanet) })
    var blocks: [CID] = []
    for number in 0..<100 {
      blocks += try world.contribute(
        peers[number % 3], [("f.jsonl", lines(20, seed: UInt64(1_000 + number)))], to: datanet
      ).blocks
    }
    let done = try world.run(seconds: 60) {
      try world.agree(peers, about: datanet)
        && peers.allSatisfy { try world.has($0, all: blocks) }
    }
    #expect(done, "\(peers.map { world.story($0) }.joined(separator: "\n"))")
  }

  @Test func `whoever sends a corrupt chunk is named and cut off, and the rest goes on`() throws {
    let (world, peers, datanet) = try world(["ada", "liar", "ben"], seed: 5)
    let (ada, liar, ben) = (peers[0], peers[1], peers[2])
    let made = try world.contribute(ada, [("a.jsonl", lines(20_000, seed: 8))], to: datanet)
    world.start(ada)
    world.start(liar)
    #expect(try world.run(seconds: 30) { try world.has(liar, all: made.blocks) })
    liar.corrupts = true
    world.follow(ben, datanet, given: [liar])
    world.start(ben)
    let done = try world.run(seconds: 60) { inStep(ben, datanet, world) }
    #expect(done, "\(world.story(ben))")
    #expect(try world.has(ben, all: made.blocks))
    let banned = ben.reports.compactMap { report -> PublicKey? in
      if case .banned(let peer, _, _, _) = report.report { peer } else { nil }
    }
    #expect(Set(banned) == [liar.key])
    #expect(ben.node?.linkOf[liar.key] == nil)
    #expect(ben.node?.status(at: world.instant).bans.map(\.identity) == [liar.key])
  }

  @Test func `a peer that follows only claims has no data, and says so`() throws {
    let (world, peers, datanet) = try world(["ada", "ben"], seed: 6)
    let made = try world.contribute(peers[0], [("a.jsonl", lines(2_000, seed: 8))], to: datanet)
    world.follow(peers[1], datanet, mode: .claims)
    for peer in peers { world.start(peer) }
    #expect(try world.run(seconds: 20) { inStep(peers[1], datanet, world) })
    #expect(try peers[1].blocks.totals().blocks == 0)
    // Later it is followed wholly.
    world.follow(peers[1], datanet, mode: .all)
    #expect(try world.run(seconds: 20) { try world.has(peers[1], all: made.blocks) })
  }

  @Test func `only pinned files are fetched`() throws {
    let (world, peers, datanet) = try world(["ada", "ben"], seed: 6)
    let made = try world.contribute(
      peers[0], [("a.jsonl", lines(20_000, seed: 8)), ("b.jsonl", lines(20_000, seed: 9))],
      to: datanet)
    peers[1].settings.pins = [Pin(datanet: datanet, claim: made.claim.cid, path: "b.jsonl")]
    world.follow(peers[1], datanet, mode: .pinned)
    for peer in peers { world.start(peer) }
    #expect(try world.run(seconds: 20) { inStep(peers[1], datanet, world) })
    let here = try made.chunks.filter { try peers[1].blocks.has($0) }.count
    #expect(here * 5 > made.chunks.count * 2 && here * 5 < made.chunks.count * 3)
    peers[1].settings.pins.append(
      Pin(datanet: datanet, claim: made.claim.cid, path: "a.jsonl", records: 0..<10))
    world.tell(peers[1], .settings(peers[1].settings))
    #expect(try world.run(seconds: 20) { inStep(peers[1], datanet, world) })
    let more = try made.chunks.filter { try peers[1].blocks.has($0) }.count
    #expect(more > here && more < here + 4, "\(here), \(more)")
  }

  @Test func `a disk quota stops fetching and is named as the reason`() throws {
    let (world, peers, datanet) = try world(["ada", "ben"], seed: 7)
    let made = try world.contribute(peers[0], [("a.jsonl", lines(30_000, seed: 8))], to: datanet)
    let quota = made.byteCount / 3
    peers[1].settings.limits = PeerLimits(quotaBytes: quota)
    for peer in peers { world.start(peer) }
    try world.run(seconds: 20)
    let status = try #require(peers[1].node?.status(at: world.instant))
    #expect(status.datanets.first?.standstill == .quotaReached(bytes: quota))
    #expect(try peers[1].blocks.totals().bytes <= quota)
    #expect(try peers[1].blocks.totals().bytes > quota / 2)
    peers[1].settings.limits = PeerLimits()
    world.tell(peers[1], .settings(peers[1].settings))
    #expect(try world.run(seconds: 20) { inStep(peers[1], datanet, world) })
  }

  @Test func `what is retracted is dropped and served no more`() throws {
    let (world, peers, datanet) = try world(["ada", "ben", "cleo"], seed: 8)
    let made = try world.contribute(peers[0], [("a.jsonl", lines(5_000, seed: 8))], to: datanet)
    world.start(peers[0])
    world.start(peers[1])
    #expect(try world.run(seconds: 20) { inStep(peers[1], datanet, world) })
    try world.say(
      peers[0], .retraction(Retraction([EntryID(claim: made.claim.digest, item: 0)])), in: datanet)
    try world.run(seconds: 30)
    #expect(
      peers[1].reports.contains { $0.report == .dropped(datanet, manifest: made.manifest.cid) })
    #expect(try peers[1].blocks.totals().blocks == 0, "the space is free again")
    world.start(peers[2])
    #expect(try world.run(seconds: 20) { inStep(peers[2], datanet, world) })
    #expect(try peers[2].blocks.totals().blocks == 0)
  }

  @Test func `after a restart nothing verified is fetched again`() throws {
    let (world, peers, datanet) = try world(["ada", "ben"], seed: 9)
    world.bytesPerSecond = 4e6
    let made = try world.contribute(peers[0], [("a.jsonl", lines(60_000, seed: 8))], to: datanet)
    for peer in peers { world.start(peer) }
    #expect(
      try world.run(seconds: 60) { try peers[1].blocks.totals().bytes * 2 > made.byteCount })
    let before = world.wireBytes
    world.stop(peers[1])
    world.start(peers[1])
    #expect(try world.run(seconds: 60) { inStep(peers[1], datanet, world) })
    #expect(try world.has(peers[1], all: made.blocks))
    let after = world.wireBytes - before
    #expect(after < made.byteCount * 55 / 100, "\(after) of \(made.byteCount) bytes")
  }
}
