// One whole node and one stranger after another who says what it is told to, without a network:
// what the session fuzz drives (Specs/Simulation.md, "Session fuzz").

internal import Claims
package import Content
internal import Cryptography
package import Histories
internal import Node
internal import PeerProtocol
internal import Store

package final class Interview {
  private let world: World
  private let ada: Peer
  private let node: Node
  package let datanet: CID
  private var dice: Dice
  private var strangers: UInt64 = 0
  private var now: UInt64 = 10_000
  /// Claims that nobody may make the node forget.
  private let claims: Int

  /// A node with a Datanet, a few claims and a contribution; the same as in `Transcript.recorded`.
  package init(seed: UInt64) throws {
    world = World(seed: seed)
    dice = Dice(seed)
    ada = try world.add("ada")
    datanet = try world.found(ada)
    try world.contribute(ada, lines: 400, seed: seed, to: datanet)
    for number in 0..<20 { try world.note(ada, "note \(number)", in: datanet) }
    world.follow(ada, datanet)
    node = Node(
      identity: ada.identity, claims: ada.claims, blocks: ada.blocks, home: nil,
      seed: world.seed(for: ada), at: Instant(milliseconds: now))
    claims = try ada.claims.status(of: datanet).totals.claims
    feed(.clock(wallMilliseconds: World.epoch))
    feed(.listening([ada.address]))
    feed(.settings(ada.settings))
  }

  private var instant: Instant { Instant(milliseconds: now) }
  /// Sealed bytes from the node to the stranger of now.
  private var toStranger: [UInt8] = []
  private var isClosed = false

  private func feed(_ event: NodeEvent) {
    var events = [event]
    while !events.isEmpty {
      for effect in node.handle(events.removeFirst(), at: instant) {
        switch effect {
        case .dial(let link, _): events.append(.dialFailed(link, reason: "nobody is there"))
        case .send(let link, let bytes):
          toStranger += bytes
          events.append(.drained(link))
        case .close: isClosed = true
        case .work(let token, let work): events.append(.worked(token, work.run()))
        case .pauseReading, .resumeReading, .report: break
        }
      }
    }
  }

  /// A stranger comes, opens the Datanet, says everything, and is cut. What went wrong, or nil.
  package func play(_ transcript: Transcript, flip: Int? = nil) -> String? {
    strangers += 1
    now += 1_000
    isClosed = false
    toStranger = []
    let link = LinkID.accepted(strangers)
    let seed = SHA256.hash(Array("stranger \(strangers)".utf8))
    guard let identity = Identity(seed: seed.bytes),
      let keys = KeyPair(secret: SHA256.hash(seed.bytes).bytes),
      let ephemeral = KeyPair(secret: SHA256.hash(Array(seed.bytes.reversed())).bytes)
    else { return "no keys" }
    let hello = Hello(
      version: 1, identity: identity.publicKey,
      proof: identity.sign(Hello.signedBytes(staticKey: keys.publicKey)), features: 0,
      agent: "stranger", addresses: ["203.0.113.7:4000"])
    let session = Session(
      dialling: SessionConfiguration(own: keys, hello: hello), expecting: ada.key,
      ephemeral: ephemeral, at: instant)
    var shared: SharedDatanets?
    var isOpen = false
    // From another neighbourhood each time, so that nobody answers for another's bans.
    let (high, low) = (1 + strangers / 250 % 220, strangers % 250)
    feed(.accepted(link, from: "\(high).\(low).1.1:5000"))

    func exchange() {
      for _ in 0..<8 {
        var bytes: [UInt8] = []
        _ = session.takeOutput(limit: 4 << 20, into: &bytes)
        if !bytes.isEmpty, !isClosed { feed(.received(link, bytes)) }
        let answer = toStranger
        toStranger = []
        for event in session.receive(answer, at: instant) {
          switch event {
          case .established:
            guard let binding = session.channelBinding else { continue }
            var own = SharedDatanets(
              own: [DatanetSecret(datanet: datanet)], channelBinding: binding, isDialler: true)
            for case .send(let message) in own.ask(for: DatanetSecret(datanet: datanet)) {
              _ = session.send(message.value.encoded(), on: .control)
            }
            shared = own
          case .message(.control, let message):
            guard let value = try? Value(decoding: message), let sharing = SharingMessage(value),
              var own = shared
            else { continue }
            for effect in own.handle(sharing) {
              if case .send(let message) = effect {
                _ = session.send(message.value.encoded(), on: .control)
              }
              if case .opened = effect { isOpen = true }
            }
            shared = own
          case .message(let channel, let message):
            session.consumed(message.count, on: channel)
          case .room, .ended: break
          }
        }
        if answer.isEmpty, bytes.isEmpty { break }
      }
    }
    exchange()
    guard isOpen else { return "the stranger was not let in" }
    for (index, message) in transcript.messages.enumerated() {
      guard session.isOpen, !isClosed else { break }
      now += 20
      _ = session.send(message.bytes, on: message.channel)
      if flip == index {
        var bytes: [UInt8] = []
        _ = session.takeOutput(limit: 4 << 20, into: &bytes)
        if !bytes.isEmpty {
          bytes[dice.below(bytes.count)] ^= 1
          feed(.received(link, bytes))
        }
      }
      exchange()
    }
    let fault = check()
    if !isClosed { feed(.ended(link, reason: "gone")) }
    now += 500
    feed(.tick)
    guard node.status(at: instant).peers.isEmpty else { return "the stranger is still there" }
    return fault
  }

  private func check() -> String? {
    for holding in node.holdings() where holding.count > holding.limit {
      return "keeps \(holding.count) of \(holding.limit) \(holding.name)"
    }
    do {
      let now = try ada.claims.status(of: datanet).totals.claims
      guard now >= claims else { return "\(claims - now) claims are gone" }
    } catch {
      return "the store cannot be read: \(error)"
    }
    return nil
  }

  /// A transcript with messages left out, repeated, moved, and changed.
  package static func mutated(
    _ transcript: Transcript, others: [Transcript], _ mutate: ([UInt8]) -> [UInt8],
    _ dice: inout Dice
  ) -> Transcript {
    var messages = transcript.messages
    for _ in 0...dice.below(6) where !messages.isEmpty {
      let place = dice.below(messages.count)
      switch dice.below(8) {
      case 0: messages.remove(at: place)
      case 1: messages.insert(messages[place], at: dice.below(messages.count))
      case 2: messages.swapAt(place, dice.below(messages.count))
      case 3:
        if let other = dice.pick(others), let message = dice.pick(other.messages) {
          messages.insert(message, at: place)
        }
      case 4: messages[place].channel = dice.pick(SessionChannel.allCases) ?? .claims
      default:
        let bytes = mutate(messages[place].bytes)
        messages[place].bytes = Array(bytes.prefix(messages[place].channel.maximumMessage))
      }
    }
    return Transcript(messages)
  }
}
