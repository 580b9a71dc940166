// A liar that speaks the protocol: its own sessions, proofs and messages, and then whatever its
// script says (Specs/Simulation.md, "Liars").

internal import Content
package import Cryptography
package import Node
package import PeerProtocol

package final class Speaker: Participant {
  /// What a liar does. Each gets the speaker, the link, and the time.
  package struct Script {
    /// Somebody is proven at the other end and the Datanet is open.
    package var opened: (Speaker, LinkID, Instant) -> Void = { _, _, _ in }
    package var heard: (Speaker, LinkID, DatanetMessage.Content, Instant) -> Void = { _, _, _, _ in
    }
    /// Each message as it came, on all channels.
    package var raw: (Speaker, LinkID, SessionChannel, [UInt8]) -> Void = { _, _, _, _ in }
    /// After each `everyMilliseconds`, for each open link.
    package var turn: (Speaker, LinkID, Instant) -> Void = { _, _, _ in }
    package var everyMilliseconds: UInt64 = 100
    /// Hears nothing and minds no silence.
    package var isDeaf = false

    package init() {}
  }

  package final class Line {
    let session: Session
    let isDialler: Bool
    var shared: SharedDatanets?
    var effectsToSend = false
    var isWriting = false
    var isOpen = false

    init(_ session: Session, isDialler: Bool) {
      self.session = session
      self.isDialler = isDialler
    }
  }

  package private(set) var identity: Identity
  package let secret: DatanetSecret
  package var dice: SeededGenerator
  let script: Script
  let address: String
  /// Whom it dials, again and again.
  package var targets: [PeerContact]
  package var redialMilliseconds: UInt64
  /// With a new name after each end.
  package var renames = false
  /// Names that it has used.
  package private(set) var names: [PublicKey] = []
  package private(set) var lines: [(link: LinkID, line: Line)] = []
  package private(set) var ends: [SessionEnd] = []

  private var keys: KeyPair
  private var dialled: UInt64 = 0
  private var nextTurn: Instant
  private var nextDial: Instant
  private var effects: [NodeEffect] = []

  package init(
    _ world: World, _ peer: Peer, _ secret: DatanetSecret, targets: [Peer],
    redialMilliseconds: UInt64 = 5_000, _ script: Script
  ) {
    identity = peer.identity
    address = peer.address
    self.secret = secret
    self.script = script
    self.redialMilliseconds = redialMilliseconds
    self.targets = targets.map(\.contact)
    let seed = world.seed(for: peer)
    dice = SeededGenerator(seed: seed.prefix)
    keys = Self.pair(&dice)
    let now = world.instant(of: peer)
    nextTurn = now.advanced(byMilliseconds: script.everyMilliseconds)
    nextDial = now
    names = [peer.key]
  }

  private static func bytes(_ count: Int, _ dice: inout SeededGenerator) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
  }

  package func noise(_ count: Int) -> [UInt8] { Self.bytes(count, &dice) }

  private static func pair(_ dice: inout SeededGenerator) -> KeyPair {
    guard let pair = KeyPair(secret: bytes(32, &dice)) else {
      preconditionFailure("32 bytes are a secret key")
    }
    return pair
  }

  package func below(_ count: Int) -> Int { Int(dice.next() % UInt64(max(1, count))) }

  package func digest() -> Digest { SHA256.hash(noise(8)) }

  package var deadline: Instant? {
    let due = min(nextTurn, nextDial)
    if script.isDeaf { return due }
    return lines.reduce(due) { min($0, $1.line.session.deadline ?? due) }
  }

  // MARK: Events

  package func handle(_ event: NodeEvent, at now: Instant) -> [NodeEffect] {
    switch event {
    case .accepted(let link, _):
      let session = Session(
        answering: configuration, keys: secret.key.map { [$0] } ?? [],
        ephemeral: Self.pair(&dice), at: now)
      lines.append((link, Line(session, isDialler: false)))
    case .dialled(let link):
      guard let target = targetOf[link] else { break }
      let session = Session(
        dialling: configuration, expecting: target.identity, sharedKey: secret.key,
        ephemeral: Self.pair(&dice), at: now)
      lines.append((link, Line(session, isDialler: true)))
    case .dialFailed(let link, _): targetOf[link] = nil
    case .received(let link, let bytes):
      guard let line = line(link) else { break }
      carryOut(line.session.receive(bytes, at: now), link, line, at: now)
    case .drained(let link): line(link)?.isWriting = false
    case .ended(let link, _): forget(link)
    case .tick: tick(at: now)
    default: break
    }
    for (link, line) in lines { pump(link, line) }
    defer { effects = [] }
    return effects
  }

  private var targetOf: [LinkID: PeerContact] = [:]

  private func tick(at now: Instant) {
    for (link, line) in lines where !script.isDeaf {
      if let due = line.session.deadline, now >= due {
        carryOut(line.session.tick(at: now), link, line, at: now)
      }
    }
    if now >= nextTurn {
      nextTurn = now.advanced(byMilliseconds: script.everyMilliseconds)
      for (link, line) in lines where line.isOpen { script.turn(self, link, now) }
    }
    guard now >= nextDial else { return }
    nextDial = now.advanced(byMilliseconds: redialMilliseconds)
    for target in targets where !targetOf.values.contains(target) && !target.addresses.isEmpty {
      if renames, let fresh = Identity(seed: noise(32)) {
        identity = fresh
        names.append(fresh.publicKey)
      }
      dialled += 1
      let link = LinkID.dialled(dialled)
      targetOf[link] = target
      effects.append(.dial(link, address: target.addresses[0]))
    }
  }

  private var configuration: SessionConfiguration {
    SessionConfiguration(
      own: keys,
      hello: Hello(
        version: 1, identity: identity.publicKey,
        proof: identity.sign(Hello.signedBytes(staticKey: keys.publicKey)), features: 0,
        agent: "liar", addresses: [address]))
  }

  private func carryOut(_ events: [SessionEvent], _ link: LinkID, _ line: Line, at now: Instant) {
    for event in events {
      if case .message(let channel, let bytes) = event { script.raw(self, link, channel, bytes) }
      switch event {
      case .established:
        guard let binding = line.session.channelBinding else { continue }
        var shared = SharedDatanets(
          own: [secret], channelBinding: binding, isDialler: line.isDialler)
        let wishes = shared.ask(for: secret)
        line.shared = shared
        carryOut(wishes, link, line, at: now)
      case .message(.control, let message):
        guard let value = try? Value(decoding: message), let sharing = SharingMessage(value),
          var shared = line.shared
        else { continue }
        let answers = shared.handle(sharing)
        line.shared = shared
        carryOut(answers, link, line, at: now)
      case .message(let channel, let message):
        line.session.consumed(message.count, on: channel)
        if channel != .chunks, let parsed = DatanetMessage(decoding: message) {
          script.heard(self, link, parsed.content, now)
        }
      case .room: break
      case .ended(let end):
        ends.append(end)
        effects.append(.close(link))
        forget(link)
      }
    }
  }

  private func carryOut(
    _ sharing: [SharingEffect], _ link: LinkID, _ line: Line, at now: Instant
  ) {
    for effect in sharing {
      switch effect {
      case .send(let message): _ = line.session.send(message.value.encoded(), on: .control)
      case .opened:
        guard !line.isOpen else { continue }
        line.isOpen = true
        script.opened(self, link, now)
      default: break
      }
    }
  }

  private func line(_ link: LinkID) -> Line? { lines.first { $0.link == link }?.line }

  private func forget(_ link: LinkID) {
    lines.removeAll { $0.link == link }
    targetOf[link] = nil
  }

  private func pump(_ link: LinkID, _ line: Line) {
    guard !line.isWriting, line.session.hasOutput else { return }
    var bytes: [UInt8] = []
    _ = line.session.takeOutput(limit: 512 << 10, into: &bytes)
    guard !bytes.isEmpty else { return }
    line.isWriting = true
    effects.append(.send(link, bytes))
  }

  // MARK: What scripts say

  /// The session's name, with which rounds are keyed.
  package func binding(of link: LinkID) -> Digest? { line(link)?.session.channelBinding }

  /// Rounds that a script has begun.
  package var rounds: [(link: LinkID, number: UInt32, reconciliation: Reconciliation)] = []

  /// Begins a round with a frontier that may be anybody's, of any time.
  package func beginRound(with index: FrontierIndex, on link: LinkID) {
    guard let binding = binding(of: link) else { return }
    let number = UInt32(rounds.count + 1)
    let key = Reconciliation.key(
      channelBinding: binding, datanet: secret.datanet.digest, round: number)
    var reconciliation = Reconciliation(index, key: key)
    for case .send(let message) in reconciliation.begin() {
      say(.reconciliation(message, round: number), on: link)
    }
    rounds.append((link, number, reconciliation))
  }

  /// Goes on with a round like an honest peer.
  package func answer(_ message: ReconciliationMessage, round: UInt32, on link: LinkID) {
    guard
      let index = rounds.firstIndex(where: { $0.link == link && $0.number == round })
    else { return }
    for case .send(let next) in rounds[index].reconciliation.handle(message) {
      say(.reconciliation(next, round: round), on: link)
    }
  }

  /// Says something of the Datanet; false when the channel is full.
  @discardableResult
  package func say(_ content: DatanetMessage.Content, on link: LinkID) -> Bool {
    guard let line = line(link), let handle = line.shared?.handle(of: secret.datanet) else {
      return false
    }
    let message = DatanetMessage(handle: handle, content: content)
    return send(message.encoded, channel: message.channel, on: link)
  }

  /// Sends any bytes as a message, sealed as it should be.
  @discardableResult
  package func send(_ bytes: [UInt8], channel: SessionChannel, on link: LinkID) -> Bool {
    guard let line = line(link), bytes.count <= channel.maximumMessage else { return false }
    return line.session.send(bytes, on: channel)
  }

  /// From now on what comes on a link stays with the systems.
  package func stopReading(on link: LinkID) { effects.append(.pauseReading(link)) }

  /// Writes bytes past the session.
  package func write(_ bytes: [UInt8], on link: LinkID) { effects.append(.send(link, bytes)) }

  package func contact(of name: PublicKey, at address: String) -> PeerContact {
    PeerContact(identity: name, addresses: [address])
  }
}
