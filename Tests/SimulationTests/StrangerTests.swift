// Who is kept out of a private Datanet, and who takes without reading (Specs/Simulation.md,
// "Scenarios").

import Claims
import Content
import Cryptography
import Histories
import Node
import PeerProtocol
import Simulation
import Store
import Testing

@Suite(.serialized) struct StrangerTests {
  @Test(arguments: Trial.seeds("private", 1, 2))
  func `liars without the key learn nothing of a private Datanet`(seed: UInt64) throws {
    let world = World(seed: seed)
    let key = SHA256.hash(Array("the key of \(seed)".utf8))
    let peers = try ["ada", "ben", "cleo"].map { try world.add($0) }
    let datanet = try world.found(peers[0])
    let made = try world.contribute(peers[0], lines: 3_000, seed: seed, to: datanet)
    for peer in peers {
      world.follow(peer, datanet, key: key, given: peer === peers[0] ? [] : [peers[0]])
    }
    // All know the ID and who is in it: one has no key, one a wrong one, and two speak by scripts and
    // answer as if a Datanet were open that nobody has opened with them.
    let keyless = try world.add("keyless", isHonest: false)
    world.follow(keyless, datanet, given: peers)
    let wrong = try world.add("wrong key", isHonest: false)
    world.follow(wrong, datanet, key: SHA256.hash([1]), given: peers)
    var opened = 0
    var claims = 0
    var script = Speaker.Script()
    script.opened = { _, _, _ in opened += 1 }
    script.raw = { _, _, channel, _ in if channel != .control { claims += 1 } }
    script.turn = { speaker, link, _ in
      speaker.say(.transfer(.find(datanet.digest)), on: link)
      speaker.beginRound(with: FrontierIndex(), on: link)
    }
    script.everyMilliseconds = 400
    let speakers = try ["no key", "false key"].map { try world.add($0, isHonest: false) }
    for peer in peers { world.start(peer) }
    for liar in [keyless, wrong] { world.start(liar) }
    for (number, speaker) in speakers.enumerated() {
      let secret = DatanetSecret(datanet: datanet, key: number == 0 ? nil : SHA256.hash([2]))
      world.start(speaker) { Speaker($0, $1, secret, targets: peers, script) }
    }
    for turn in 0..<10 {
      world.after(2 + Double(turn)) {
        let peer = peers[turn % 3]
        guard try peer.claims.genesis(of: datanet) != nil else { return }
        try world.note(peer, "among us \(turn)", in: datanet)
      }
    }
    try world.run(seconds: 30)
    let settled = try world.run(seconds: 60, lookSeconds: 0.5) {
      try world.isSettled(peers, datanet, [made])
    }
    #expect(settled, "\(Trial.replay(seed, "private Datanet"))\n\(world.stories(peers))")
    #expect(opened == 0 && claims == 0, "\(opened) opened, \(claims) messages")
    for liar in [keyless, wrong] {
      #expect(try liar.claims.datanets().isEmpty, "\(liar.name)")
      #expect(!liar.reports.contains { if case .shared = $0.report { true } else { false } })
    }
    for liar in [keyless, wrong] + speakers {
      for peer in peers {
        #expect(
          !peer.reports.contains { $0.report == .shared(datanet, with: liar.key) },
          "\(peer.name) shared with \(liar.name)")
      }
    }
    #expect(world.faults.isEmpty, "\(world.faults)")
  }

  @Test(arguments: Trial.seeds("deaf", 1, 2))
  func `who asks and stops reading costs a queue and is cut off`(seed: UInt64) throws {
    let village = try Village(["ada", "ben"], seed: seed)
    let (world, peers, datanet) = (village.world, village.peers, village.datanet)
    let made = try world.contribute(village.ada, lines: 40_000, seed: seed, to: datanet)
    village.startAll()
    #expect(
      try world.run(seconds: 60) { try world.isSettled(peers, datanet, [made]) },
      "\(world.stories(peers))")
    let deaf = try (0..<5).map { try village.stranger("deaf \($0)") }
    let wishes = made.blocks.prefix(500).map(\.digest)
    var script = Speaker.Script()
    script.isDeaf = true
    script.opened = { speaker, link, _ in
      speaker.say(.exchange(.seek([made.manifest.digest], isOn: true)), on: link)
      speaker.say(.exchange(.interest(true)), on: link)
      speaker.say(.exchange(.request(Array(wishes))), on: link)
      speaker.say(.transfer(.want(made.claim.author, heights: 0..<1_024)), on: link)
      speaker.stopReading(on: link)
    }
    // It goes on to speak, so that nobody thinks it gone.
    script.turn = { speaker, link, _ in speaker.say(.exchange(.interest(true)), on: link) }
    script.everyMilliseconds = 5_000
    for liar in deaf {
      world.start(liar) {
        Speaker(
          $0, $1, DatanetSecret(datanet: datanet), targets: [village.ada],
          redialMilliseconds: 600_000, script)
      }
    }
    try world.run(seconds: 20)
    func connected() -> Int {
      village.ada.node?.status(at: world.instant(of: village.ada)).peers
        .count { peer in deaf.contains { $0.key == peer.identity } } ?? 0
    }
    #expect(connected() == 5, "\(world.story(village.ada, last: 30))")
    // Others are served meanwhile.
    let cleo = try world.add("cleo")
    world.follow(cleo, datanet, given: [village.ada])
    world.start(cleo)
    let settled = try world.run(seconds: 60) { try world.isSettled([cleo], datanet, [made]) }
    #expect(
      settled, "\(Trial.replay(seed, "stops reading"))\n\(world.stories([village.ada, cleo]))")
    try world.run(seconds: 70)
    // Ada may have dialled one of them again since, to see somebody else.
    for liar in deaf {
      let wasCut = village.ada.reports.contains { report in
        if case .disconnected(liar.key, let reason) = report.report {
          reason.contains("took nothing")
        } else {
          false
        }
      }
      #expect(wasCut, "\(liar.name)\n\(world.story(village.ada, last: 30))")
    }
    #expect(world.faults.isEmpty, "\(world.faults)")
  }
}
