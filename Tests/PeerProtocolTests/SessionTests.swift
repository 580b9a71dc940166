// Two sessions talk through a wire that a test can bend (Specs/Session.md).

import Cryptography
import PeerProtocol
import Testing

/// A small generator, so that a failing run can be repeated from its seed.
struct Dice: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }
}

/// A peer's name turned into keys: the same every time.
struct Persona {
  let identity: Identity
  let noise: KeyPair

  init(_ name: String) throws {
    identity = try #require(Identity(seed: SHA256.hash(Array("identity \(name)".utf8)).bytes))
    noise = try #require(KeyPair(secret: SHA256.hash(Array("noise \(name)".utf8)).bytes))
  }

  func configuration(lowest: UInt8 = 1, highest: UInt8 = 1) -> SessionConfiguration {
    let hello = Hello(
      version: highest, identity: identity.publicKey,
      proof: identity.sign(Hello.signedBytes(staticKey: noise.publicKey)),
      features: 0, agent: "datanet test", addresses: ["127.0.0.1:1"])
    return SessionConfiguration(
      own: noise, hello: hello, lowestVersion: lowest, highestVersion: highest)
  }

  static func ephemeral(_ label: String) throws -> KeyPair {
    try #require(KeyPair(secret: SHA256.hash(Array("ephemeral \(label)".utf8)).bytes))
  }
}

/// Two ends and what each has said so far.
struct Wire {
  let ada: Session
  let ben: Session
  var adasEvents: [SessionEvent] = []
  var bensEvents: [SessionEvent] = []
  var now = Instant(milliseconds: 1_000)

  init(
    expecting: PublicKey? = nil, key: Digest? = nil, held: [Digest] = [],
    ada adaVersions: ClosedRange<UInt8> = 1...1, ben benVersions: ClosedRange<UInt8> = 1...1
  ) throws {
    let configuration = try Persona("ada").configuration(
      lowest: adaVersions.lowerBound, highest: adaVersions.upperBound)
    ada = Session(
      dialling: configuration, expecting: expecting, sharedKey: key,
      ephemeral: try Persona.ephemeral("ada"), at: now)
    ben = Session(
      answering: try Persona("ben").configuration(
        lowest: benVersions.lowerBound, highest: benVersions.upperBound),
      keys: held, ephemeral: try Persona.ephemeral("ben"), at: now)
  }

  /// Carries bytes both ways until nobody has any, through `bend`.
  mutating func run(bend: (_ bytes: [UInt8], _ fromAda: Bool) -> [UInt8] = { bytes, _ in bytes }) {
    var idle = 0
    while idle < 2 {
      var bytes: [UInt8] = []
      adasEvents += ada.takeOutput(limit: 200_000, into: &bytes)
      if bytes.isEmpty { idle += 1 } else { idle = 0 }
      bensEvents += ben.receive(bend(bytes, true), at: now)
      bytes = []
      bensEvents += ben.takeOutput(limit: 200_000, into: &bytes)
      if bytes.isEmpty { idle += 1 } else { idle = 0 }
      adasEvents += ada.receive(bend(bytes, false), at: now)
    }
  }

  mutating func say(_ message: [UInt8], on channel: SessionChannel) -> Bool {
    ada.send(message, on: channel)
  }
  var bothOpen: Bool { ada.isOpen && ben.isOpen }

  var adasEnd: SessionEnd? { Self.end(adasEvents) }
  var bensEnd: SessionEnd? { Self.end(bensEvents) }
  static func end(_ events: [SessionEvent]) -> SessionEnd? {
    for case .ended(let reason) in events { return reason }
    return nil
  }
  static func messages(_ events: [SessionEvent]) -> [[UInt8]] {
    events.compactMap { if case .message(_, let bytes) = $0 { bytes } else { nil } }
  }
}

@Suite struct SessionTests {
  @Test func strangersMeetAndKnowEachOther() throws {
    var wire = try Wire(expecting: try Persona("ben").identity.publicKey)
    wire.run()
    let open = wire.bothOpen
    #expect(open)
    guard case .established(let hello) = wire.bensEvents.first else {
      Issue.record("ben did not see ada")
      return
    }
    #expect(hello.identity == (try Persona("ada").identity.publicKey))
    let bindings = (wire.ada.channelBinding, wire.ben.channelBinding)
    #expect(bindings.0 == bindings.1)
  }

  @Test func messagesOfEverySizeArriveWholeAndInOrder() throws {
    var wire = try Wire()
    wire.run()
    var dice = Dice(seed: 7)
    let sizes = [0, 1, 2, 65_515, 65_517, 65_518, 65_519, 131_034, 1 << 20]
    let sent = sizes.map { dice.bytes($0) }
    for message in sent {
      let accepted = wire.say(message, on: .chunks)
      #expect(accepted)
      wire.run()
      wire.ben.consumed(message.count, on: .chunks)
    }
    #expect(Wire.messages(wire.bensEvents) == sent)
  }

  @Test func aTicketsIdentityMustAnswer() throws {
    var wire = try Wire(expecting: try Persona("cleo").identity.publicKey)
    wire.run()
    #expect(wire.adasEnd == .wrongIdentity)
    // Ben, who is not meant, learns nothing of who dialled.
    #expect(wire.bensEvents.isEmpty)
    let end = wire.ben.closed()
    #expect(end == [.ended(.cut)])
  }

  @Test func aPrivateDatanetsKeyOpensAndAWrongOneDoesNot() throws {
    let key = SHA256.hash([1])
    var good = try Wire(key: key, held: [SHA256.hash([2]), key])
    good.run()
    let opened = good.bothOpen && good.ben.sharedKey == key
    #expect(opened)
    var bad = try Wire(key: key, held: [SHA256.hash([2])])
    bad.run()
    #expect(bad.bensEnd == .handshake(.authentication))
    let open = bad.ben.isOpen
    #expect(!open)
  }

  @Test func versionsAreAgreedOrRefusedByNumber() throws {
    var older = try Wire(ada: 1...3, ben: 2...2)
    older.run()
    let open = older.bothOpen
    #expect(open)
    var apart = try Wire(ada: 1...1, ben: 2...4)
    apart.run()
    #expect(apart.adasEnd == .version(lowest: 2, highest: 4))
    #expect(apart.bensEnd == .version(lowest: 1, highest: 1))
  }

  @Test(arguments: 0..<200)
  func anyFlippedBitEndsTheSession(seed: Int) throws {
    var dice = Dice(seed: UInt64(seed))
    var wire = try Wire()
    // Where the bit flips: in the handshake or in what follows.
    var countdown = Int.random(in: 0..<900, using: &dice)
    let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &dice)
    var flipped = false
    func bend(_ bytes: [UInt8], _ fromAda: Bool) -> [UInt8] {
      guard !flipped, fromAda else { return bytes }
      guard countdown < bytes.count else {
        countdown -= bytes.count
        return bytes
      }
      flipped = true
      var bent = bytes
      bent[countdown] ^= bit
      return bent
    }
    wire.run(bend: bend)
    if wire.ada.isOpen { _ = wire.ada.send(dice.bytes(900), on: .claims) }
    wire.run(bend: bend)
    #expect(flipped)
    // A flipped length may leave the receiver waiting for bytes that never come: the deadline
    // and the closing stream end that, and no changed message was ever handed up.
    wire.now = wire.now.advanced(byMilliseconds: 100_000)
    wire.bensEvents += wire.ben.tick(at: wire.now)
    wire.bensEvents += wire.ben.closed()
    #expect(wire.bensEnd != nil, "seed \(seed)")
    #expect(Wire.messages(wire.bensEvents).isEmpty, "seed \(seed)")
  }

  @Test func replayedReorderedAndCutStreamsAreNoticed() throws {
    for trick in 0..<3 {
      var wire = try Wire()
      wire.run()
      var frames: [[UInt8]] = []
      for number in UInt8(0)..<3 {
        _ = wire.ada.send([number], on: .claims)
        var bytes: [UInt8] = []
        _ = wire.ada.takeOutput(limit: 1 << 20, into: &bytes)
        frames.append(bytes)
      }
      let order = [[0, 0], [1, 0], [0, 2]][trick]
      for index in order { wire.bensEvents += wire.ben.receive(frames[index], at: wire.now) }
      #expect(wire.bensEnd == .authentication)
    }
    var wire = try Wire()
    wire.run()
    let events = wire.ben.closed()
    #expect(events == [.ended(.cut)])
  }

  @Test func claimsOvertakeChunks() throws {
    var wire = try Wire()
    wire.run()
    for _ in 0..<3 {
      let accepted = wire.say([UInt8](repeating: 1, count: 1 << 20), on: .chunks)
      #expect(accepted)
    }
    let accepted = wire.say([2], on: .claims)
    #expect(accepted)
    var bytes: [UInt8] = []
    _ = wire.ada.takeOutput(limit: 1, into: &bytes)
    wire.bensEvents += wire.ben.receive(bytes, at: wire.now)
    #expect(Wire.messages(wire.bensEvents) == [[2]])
  }

  @Test func aSlowReaderCostsABoundedQueue() throws {
    var wire = try Wire()
    wire.run()
    let message = [UInt8](repeating: 1, count: 1 << 20)
    var accepted = 0
    for _ in 0..<100 {
      if wire.ada.send(message, on: .chunks) { accepted += 1 }
      wire.run()
    }
    // Ben never says that he dealt with one: his window and ada's queue are all that fills.
    #expect(accepted == (SessionChannel.chunks.window + SessionChannel.chunks.queue) >> 20)
    #expect(Wire.messages(wire.bensEvents).count == SessionChannel.chunks.window >> 20)
    for _ in 0..<8 { wire.ben.consumed(message.count, on: .chunks) }
    wire.run()
    #expect(wire.adasEvents.contains(.room(.chunks)))
    #expect(Wire.messages(wire.bensEvents).count == accepted)
  }

  @Test func keysChangeAndTheSessionGoesOn() throws {
    var wire = try Wire()
    wire.run()
    let frames = Int(SessionLimits.framesPerKey) + 100
    for number in 0..<frames {
      let accepted = wire.say([UInt8(truncatingIfNeeded: number)], on: .claims)
      #expect(accepted)
      if number % 1_000 == 999 || number == frames - 1 {
        wire.run()
        for _ in 0..<1_000 { wire.ben.consumed(1, on: .claims) }
      }
    }
    let received = Wire.messages(wire.bensEvents)
    #expect(received.count == frames)
    #expect(received.last == [UInt8(truncatingIfNeeded: frames - 1)])
  }

  @Test func silenceEndsASessionAndAPingKeepsIt() throws {
    var wire = try Wire()
    wire.run()
    wire.now = wire.now.advanced(byMilliseconds: SessionLimits.quietMilliseconds)
    let quiet = wire.ada.tick(at: wire.now)
    #expect(quiet == [])
    wire.run()
    let roundTrip = wire.ada.roundTripMilliseconds
    #expect(roundTrip == 0)
    wire.now = wire.now.advanced(byMilliseconds: SessionLimits.silenceMilliseconds)
    let events = wire.ada.tick(at: wire.now)
    #expect(events == [.ended(.silence)])
  }

  @Test func floodsOfPingsEndTheSession() throws {
    var wire = try Wire()
    wire.run()
    for _ in 0...SessionLimits.pingsPerQuiet { wire.ada.ping(at: wire.now) }
    wire.run()
    #expect(wire.bensEnd == .flood)
    #expect(wire.adasEnd == .goodbye(.protocolError))
  }

  @Test func aLineOnWhichOneSideSpeaksIsNoFlood() throws {
    var wire = try Wire()
    wire.run()
    for _ in 0..<2 * SessionLimits.pingsPerQuiet {
      wire.now = wire.now.advanced(byMilliseconds: SessionLimits.quietMilliseconds)
      wire.ada.ping(at: wire.now)
      wire.run()
    }
    #expect(wire.bensEnd == nil)
    #expect(wire.ada.isOpen)
  }
}
