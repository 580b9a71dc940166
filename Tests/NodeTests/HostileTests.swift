// A stranger with keys and a Datanet's ID sends whatever it likes: the node goes on, and keeps no
// more than its limits (Specs/Node.md, "Limits").

import Claims
import Content
import Cryptography
import Histories
import PeerProtocol
import Testing

@testable import Node
@testable import Store

@Suite struct HostileTests {
  /// A session by hand: opens the Datanet and then says what the dice say.
  private final class Stranger {
    let session: Session
    var shared: SharedDatanets?
    var isEnded = false
    var dice: Dice
    let secret: DatanetSecret

    init(_ datanet: CID, seed: UInt64, at now: Instant) throws {
      dice = Dice(seed)
      secret = DatanetSecret(datanet: datanet)
      let identity = try #require(Identity(seed: SHA256.hash(Array("s \(seed)".utf8)).bytes))
      let own = try #require(KeyPair(secret: SHA256.hash(Array("k \(seed)".utf8)).bytes))
      let ephemeral = try #require(KeyPair(secret: SHA256.hash(Array("e \(seed)".utf8)).bytes))
      let hello = Hello(
        version: 1, identity: identity.publicKey,
        proof: identity.sign(Hello.signedBytes(staticKey: own.publicKey)), features: 0,
        agent: "stranger", addresses: [])
      session = Session(
        dialling: SessionConfiguration(own: own, hello: hello), expecting: nil,
        ephemeral: ephemeral, at: now)
    }

    func take(_ bytes: [UInt8], at now: Instant) {
      for event in session.receive(bytes, at: now) {
        switch event {
        case .established:
          var fresh = SharedDatanets(
            own: [secret], channelBinding: session.channelBinding!, isDialler: true)
          for case .send(let message) in fresh.ask(for: secret) {
            _ = session.send(message.value.encoded(), on: .control)
          }
          shared = fresh
        case .message(.control, let message):
          guard let value = try? Value(decoding: message), let read = SharingMessage(value) else {
            continue
          }
          for case .send(let answer) in shared?.handle(read) ?? [] {
            _ = session.send(answer.value.encoded(), on: .control)
          }
        case .message(let channel, let message): session.consumed(message.count, on: channel)
        case .ended: isEnded = true
        case .room: break
        }
      }
    }

    /// Something that is nearly a message.
    func babble(_ claims: [Claim]) {
      guard let handle = shared?.handle(of: secret.datanet) else { return }
      let digest = SHA256.hash([UInt8(dice.below(256))])
      let contents: [DatanetMessage.Content] = [
        .transfer(.claims(claims.isEmpty ? [] : [claims[dice.below(claims.count)].bytes])),
        .transfer(.find(digest)),
        .reconciliation(.ask(bits: UInt8(dice.below(18))), round: UInt32(dice.below(9))),
        .reconciliation(
          .summary(
            authors: UInt64(dice.below(1 << 30)), sum: dice.next(),
            estimate: (0..<256).map { _ in UInt8(dice.below(256)) }), round: 1),
        .reconciliation(
          .states(
            (0..<dice.below(50)).map {
              TaggedState(tag: UInt32($0 * 977), count: 9, fingerprint: 1)
            },
            isAnswer: dice.below(2) == 0, bits: 4, whole: []), round: 1),
        .exchange(.seek((0..<dice.below(40)).map { SHA256.hash([UInt8($0)]) }, isOn: true)),
        .exchange(.have(contribution: digest, from: 0, runs: [0, UInt8(dice.below(128))])),
        .exchange(.request([digest, digest])),
        .exchange(.pieces([.init(digest: digest, ranges: [5..<9])])),
        .exchange(.slot(isOpen: true)), .exchange(.interest(true)),
        .overlay(.part), .overlay(.neighbourAnswer(accepted: true)),
        .broadcast(.graft(digest)), .broadcast(.prune),
        .broadcast(.gossip(payload: claims.first?.bytes ?? [], hops: UInt8(dice.below(256)))),
      ]
      let content = contents[dice.below(contents.count)]
      let message = DatanetMessage(handle: handle, content: content)
      var bytes = message.encoded
      if dice.below(4) == 0, !bytes.isEmpty {
        bytes[dice.below(bytes.count)] ^= 1 << UInt8(dice.below(8))
      }
      let channels: [SessionChannel] = [message.channel, message.channel, .chunks, .control]
      let channel = channels[dice.below(dice.below(20) == 0 ? 4 : 2)]
      guard bytes.count <= channel.maximumMessage else { return }
      _ = session.send(bytes, on: channel)
    }
  }

  @Test(arguments: 0..<40)
  func `whatever a stranger says, a node answers or sends it away`(seed: Int) throws {
    let disk = MemoryDisk()
    let (claims, blocks) = try Peer.open(disk)
    let identity = try #require(Identity(seed: SHA256.hash(Array("ada".utf8)).bytes))
    let genesis = try claims.found(Genesis(name: "demo"), by: identity, timeMilliseconds: 1)
    var known = [genesis]
    for number in 0..<20 {
      known.append(
        try claims.append(
          .note(Note([.init("title", ["\(number)"])])), to: genesis.cid, by: identity,
          timeMilliseconds: 2))
    }
    var now = Instant(milliseconds: 1_000)
    let node = Node(
      identity: identity, claims: claims, blocks: blocks, home: nil,
      seed: SHA256.hash(Array("node".utf8)), at: now)
    _ = node.handle(.settings(NodeSettings()), at: now)
    let link = LinkID.accepted(1)
    _ = node.handle(.accepted(link, from: "10.9.9.9:4"), at: now)
    let stranger = try Stranger(genesis.cid, seed: UInt64(seed), at: now)
    var queue: [NodeEvent] = []
    var isClosed = false
    for step in 0..<300 where !isClosed {
      if step > 4 { stranger.babble(known) }
      var bytes: [UInt8] = []
      _ = stranger.session.takeOutput(limit: 1 << 20, into: &bytes)
      if !bytes.isEmpty { queue.append(.received(link, bytes)) }
      if let due = node.deadline, due <= now { queue.append(.tick) }
      while !queue.isEmpty {
        for effect in node.handle(queue.removeFirst(), at: now) {
          switch effect {
          case .send(_, let bytes):
            stranger.take(bytes, at: now)
            queue.append(.drained(link))
          case .work(let token, let work): queue.append(.worked(token, work.run()))
          case .close: isClosed = true
          default: break
          }
        }
      }
      now = now.advanced(byMilliseconds: 50)
    }
    #expect(try claims.status(of: genesis.cid).totals.claims == 21, "seed \(seed)")
    if isClosed { #expect(node.links.isEmpty) }
    let membership = try #require(node.memberships.first)
    #expect(membership.intake.count <= NodeLimits.claimsWaiting)
    #expect(membership.contributions.plans.isEmpty)
  }
}
