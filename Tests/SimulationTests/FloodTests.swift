// Peers that speak the protocol and mean ill: floods, wrong messages, claims that cannot count,
// old frontiers, and the encirclement of one victim (Specs/Simulation.md, "Liars").

import Claims
import Content
import Cryptography
import Histories
import Node
import PeerProtocol
import Simulation
import Store
import Testing

/// What a speaker does on each of its turns.
enum Offence: String, CaseIterable, Sendable {
  // A rule is broken: the speaker is named and banned.
  case garbage, falseSignature, haveMapThatIsNone, requestsWithoutEnd, unaskedChunks,
    brokenSharing, controlGarbage, creditTooLarge, pingFlood
  // Nothing is provably wrong: what it costs is bounded.
  case announcesNothing, repeatsOneClaim, asksForEverything, endlessContacts, claimsFromTheFuture,
    claimsWithoutBeginnings, haveMapsOfNothing, nonsenseRounds, oldFrontier, seeksEverything

  var isProvable: Bool {
    switch self {
    case .garbage, .falseSignature, .haveMapThatIsNone, .requestsWithoutEnd, .unaskedChunks,
      .brokenSharing, .controlGarbage, .creditTooLarge, .pingFlood:
      true
    default: false
    }
  }
}

struct Offender {
  let offence: Offence
  let datanet: CID
  let genesis: Claim
  let known: ContributionFacts?

  struct ContributionFacts: Sendable {
    let manifest: CID
    let chunk: CID
  }

  private func stranger(_ speaker: Speaker) -> Identity {
    Identity(seed: speaker.noise(32)) ?? speaker.identity
  }

  private func claim(
    by author: Identity, height: Int, previous: Digest?, ahead: Int = 0, _ text: String
  ) throws -> Claim {
    try Claim.signed(
      .note(Note([.init("title", [text])])),
      at: .init(net: datanet, height: height, previous: previous),
      timeMilliseconds: World.epoch + ahead, by: author)
  }

  /// One turn on one link.
  func turn(_ speaker: Speaker, _ link: LinkID, at now: Instant) {
    switch offence {
    case .garbage: speaker.send(speaker.noise(40), channel: .claims, on: link)
    case .falseSignature:
      var bytes = genesis.bytes
      bytes[bytes.count - 1] ^= 1
      speaker.say(.transfer(.claims([bytes])), on: link)
    case .haveMapThatIsNone:
      guard let known else { return }
      speaker.say(
        .exchange(
          .have(contribution: known.manifest.digest, from: 0, runs: speaker.noise(5_000))),
        on: link)
    case .requestsWithoutEnd:
      for _ in 0..<8 {
        let wishes = (0..<1_000).map { _ in known?.chunk.digest ?? speaker.digest() }
        speaker.say(.exchange(.request(wishes)), on: link)
      }
    case .unaskedChunks:
      for _ in 0..<100 {
        let bytes = speaker.noise(100)
        let chunk = ChunkMessage(
          digest: SHA256.hash(bytes), form: .plain, byteCount: 100, payload: bytes[...])
        speaker.send(chunk.bytes, channel: .chunks, on: link)
      }
    case .brokenSharing:
      let answer = SharingMessage.opened(handle: 1_000, proof: speaker.noise(32))
      speaker.send(answer.value.encoded(), channel: .control, on: link)
    case .controlGarbage: speaker.send(speaker.noise(20), channel: .control, on: link)
    case .creditTooLarge:
      let credit: Value = [1, 3, Value(16 << 20)]
      for _ in 0..<4 { speaker.send(credit.encoded(), channel: .control, on: link) }
    case .pingFlood:
      for number in 0..<50 {
        let ping: Value = [2, Value(number)]
        speaker.send(ping.encoded(), channel: .control, on: link)
      }
    case .announcesNothing:
      let items = (0..<1_000).map { _ in
        BroadcastMessage.Announcement(digest: speaker.digest(), hops: 1)
      }
      for _ in 0..<4 { speaker.say(.broadcast(.announce(items)), on: link) }
    case .repeatsOneClaim:
      for _ in 0..<200 {
        speaker.say(.broadcast(.gossip(payload: genesis.bytes, hops: 1)), on: link)
      }
    case .asksForEverything:
      for _ in 0..<200 {
        speaker.say(.transfer(.want(genesis.author, heights: 0..<1_024)), on: link)
        speaker.say(.transfer(.find(datanet.digest)), on: link)
        speaker.say(.broadcast(.graft(datanet.digest)), on: link)
      }
    case .endlessContacts:
      let contacts = (0..<8).map { _ in
        speaker.contact(
          of: stranger(speaker).publicKey, at: "99.\(speaker.below(4)).\(speaker.below(250)).1:4000"
        )
      }
      for _ in 0..<20 {
        speaker.say(.overlay(.shuffle(origin: contacts[0], hops: 6, sample: contacts)), on: link)
        speaker.say(.overlay(.forwardJoin(contacts[1], hops: 6)), on: link)
        speaker.say(.overlay(.join(contacts[2])), on: link)
        speaker.say(.overlay(.neighbour(contacts[3], isUrgent: true)), on: link)
      }
    case .claimsFromTheFuture:
      let claims = (0..<40).compactMap {
        try? claim(
          by: stranger(speaker), height: 0, previous: nil, ahead: 86_400_000_000, "later \($0)")
      }
      speaker.say(.transfer(.claims(claims.map(\.bytes))), on: link)
    case .claimsWithoutBeginnings:
      let claims = (0..<40).compactMap {
        try? claim(by: stranger(speaker), height: 7, previous: datanet.digest, "loose \($0)")
      }
      speaker.say(.transfer(.claims(claims.map(\.bytes))), on: link)
    case .haveMapsOfNothing:
      for _ in 0..<4 {
        speaker.say(
          .exchange(
            .have(contribution: speaker.digest(), from: 0, runs: speaker.noise(200_000))), on: link)
      }
    case .nonsenseRounds:
      let round = UInt32(speaker.below(1_000))
      speaker.say(
        .reconciliation(
          .summary(authors: 1_000_000, sum: speaker.dice.next(), estimate: speaker.noise(estimate)),
          round: round), on: link)
      speaker.say(.reconciliation(.ask(bits: 20), round: round), on: link)
      speaker.say(.reconciliation(.sketch(speaker.noise(24 * 100)), round: round), on: link)
    case .oldFrontier:
      // It forgets all that it is sent, and asks again.
      for _ in 0..<20 { speaker.beginRound(with: FrontierIndex(), on: link) }
    case .seeksEverything:
      for _ in 0..<8 {
        speaker.say(
          .exchange(.seek((0..<1_000).map { _ in speaker.digest() }, isOn: true)), on: link)
      }
    }
  }

  /// Bytes of an estimate (Specs/Reconciliation.md).
  private var estimate: Int { 256 }
}

@Suite(.serialized) struct FloodTests {
  private func run(
    _ offence: Offence, seed: UInt64
  ) throws -> (village: Village, liar: Peer, made: Contributed, settled: Bool) {
    let village = try Village(["ada", "ben", "cleo"], seed: seed)
    let (world, peers, datanet) = (village.world, village.peers, village.datanet)
    let made = try world.contribute(village.ada, lines: 4_000, seed: seed, to: datanet)
    village.startAll()
    #expect(
      try world.run(seconds: 30) { try world.isSettled(peers, datanet, [made]) },
      "\(world.stories(peers))")
    let liar = try village.stranger("liar")
    let facts = Offender.ContributionFacts(manifest: made.manifest, chunk: made.blocks[0])
    let offender = Offender(
      offence: offence, datanet: datanet, genesis: try village.genesis(), known: facts)
    var script = Speaker.Script()
    script.turn = { offender.turn($0, $1, at: $2) }
    script.heard = { speaker, link, content, _ in
      if case .reconciliation(let message, let round) = content, offence == .oldFrontier {
        speaker.answer(message, round: round, on: link)
      }
    }
    script.everyMilliseconds = 400
    world.start(liar) { world, peer in
      Speaker(world, peer, DatanetSecret(datanet: datanet), targets: peers, script)
    }
    try world.run(seconds: 10)
    // In the middle of it people go on.
    let more = try world.contribute(peers[1], lines: 2_000, seed: seed &+ 9, to: datanet)
    for turn in 0..<5 { try world.note(peers[turn % 3], "meanwhile \(turn)", in: datanet) }
    let settled = try world.run(seconds: 60, lookSeconds: 0.25) {
      try world.isSettled(peers, datanet, [made, more])
    }
    try world.run(seconds: 5)
    return (village, liar, made, settled)
  }

  @Test(arguments: Offence.allCases.filter(\.isProvable), Trial.seeds("offence", 1))
  func `who breaks a rule is named and cut off`(_ offence: Offence, seed: UInt64) throws {
    let (village, liar, _, settled) = try run(offence, seed: seed)
    let world = village.world
    #expect(
      settled, "\(offence) \(Trial.replay(seed, "FloodTests"))\n\(world.stories(village.peers))")
    #expect(world.faults.isEmpty, "\(offence) \(world.faults)")
    #expect(
      world.banners(of: liar.key).count == 3,
      "\(offence): only \(world.banners(of: liar.key)) banned it\n\(world.stories(village.peers))")
    let connected = village.peers.contains { peer in
      peer.node?.status(at: world.instant(of: peer)).peers.contains { $0.identity == liar.key }
        ?? false
    }
    #expect(!connected)
  }

  @Test(arguments: Offence.allCases.filter { !$0.isProvable }, Trial.seeds("offence", 1))
  func `what nobody can prove costs a bounded amount`(_ offence: Offence, seed: UInt64) throws {
    let clock = ContinuousClock()
    let began = clock.now
    let (village, _, _, settled) = try run(offence, seed: seed)
    let world = village.world
    print("\(offence): \(clock.now - began), \(world.wireBytes >> 10) KiB on all wires")
    #expect(
      settled, "\(offence) \(Trial.replay(seed, "FloodTests"))\n\(world.stories(village.peers))")
    #expect(world.faults.isEmpty, "\(offence) \(world.faults)")
    for peer in village.peers { #expect(peer.hasTrouble() == nil) }
  }
}
