// One encrypted connection between two peers, without sockets: bytes and time in, bytes and
// events out (Specs/Session.md has the state × event table).

public import Cryptography

public enum SessionEvent: Equatable, Sendable {
  /// The other side is proven to be the identity in its hello.
  case established(Hello)
  case message(SessionChannel, [UInt8])
  /// A channel that refused a message has room again.
  case room(SessionChannel)
  /// Nothing follows. What `takeOutput` still gives should be written before closing.
  case ended(SessionEnd)
}

/// A class, because a session is one thing: two copies would seal two texts under one nonce.
public final class Session {
  /// Where a session is; each case says where it can go.
  enum Phase: Equatable {
    /// Responder only: the opening is awaited. → handshake, ended
    case opening
    /// Initiator only: the answer is awaited. → handshake, ended
    case answer
    /// Noise messages are exchanged. → open, ended
    case handshake
    /// → ended
    case open
    case ended
  }

  private let configuration: SessionConfiguration
  /// The identity that must answer; nil when any will do.
  private let expected: PublicKey?
  /// The private Datanet's key that this session's handshake used, once known.
  public private(set) var sharedKey: Digest?
  private let ephemeral: KeyPair
  private let candidateKeys: [Digest]

  private(set) var phase: Phase
  private var noise: NoiseHandshake?
  private var sealing: FrameCipher?
  private var opening: FrameCipher?
  private var openingBytes: [UInt8] = []
  private var version: UInt8 = 0
  /// The session's name on both sides: proofs of knowledge are keyed with it.
  public private(set) var channelBinding: Digest?

  private var input: [UInt8] = []
  private var output: [UInt8] = []
  private var outbox = Outbox()
  private var inbox = Inbox()
  private var began: Instant
  private var lastHeard: Instant
  private var quietStart: Instant
  private var pings = 0
  private var controlBytes = 0
  private var pingNumber: UInt64 = 0
  private var pingSent: Instant?
  /// The last measured round trip.
  public private(set) var roundTripMilliseconds: UInt64?

  /// Dials. `ephemeral` is fresh randomness; `sharedKey` opens a private Datanet.
  public init(
    dialling configuration: SessionConfiguration, expecting identity: PublicKey?,
    sharedKey: Digest? = nil, ephemeral: KeyPair, at now: Instant
  ) {
    self.configuration = configuration
    expected = identity
    self.sharedKey = sharedKey
    self.ephemeral = ephemeral
    candidateKeys = []
    (began, lastHeard, quietStart) = (now, now, now)
    phase = .answer
    let hint = sharedKey.map { Opening.hint(key: $0, ephemeral: ephemeral.publicKey) }
    openingBytes =
      Opening(
        lowest: configuration.lowestVersion, highest: configuration.highestVersion, hint: hint
      ).bytes
    var noise = NoiseHandshake(
      role: .initiator, own: configuration.own, ephemeral: ephemeral, prologue: openingBytes,
      sharedKey: sharedKey)
    output = openingBytes
    // Writing the first message cannot fail: it is this side's turn and there is no payload.
    if let first = try? noise.write(payload: []) { output += Self.prefixed(first) }
    self.noise = noise
  }

  /// Answers. `keys` are those of the private Datanets that this peer holds.
  public init(
    answering configuration: SessionConfiguration, keys: [Digest], ephemeral: KeyPair,
    at now: Instant
  ) {
    self.configuration = configuration
    expected = nil
    self.ephemeral = ephemeral
    candidateKeys = keys
    (began, lastHeard, quietStart) = (now, now, now)
    phase = .opening
  }

  public var isOpen: Bool { phase == .open }
  public var isEnded: Bool { phase == .ended }

  private static func prefixed(_ message: [UInt8]) -> [UInt8] {
    [UInt8(truncatingIfNeeded: message.count >> 8), UInt8(truncatingIfNeeded: message.count)]
      + message
  }

  // MARK: Input

  /// Takes bytes from the wire.
  public func receive(
    _ bytes: UnsafeRawBufferPointer, at now: Instant
  ) -> [SessionEvent] {
    guard phase != .ended, bytes.count > 0 else { return [] }
    lastHeard = now
    allowAnew(at: now)
    var events: [SessionEvent] = []
    do throws(SessionEnd) {
      let rest = unsafe try openFrames(bytes, at: now, &events)
      guard rest.count > 0, phase != .ended else { return events }
      unsafe input.append(contentsOf: rest)
      var start = 0
      while let used = try step(from: start, at: now, &events), phase != .ended {
        start += used
      }
      if start > 0 { input.removeFirst(min(start, input.count)) }
    } catch {
      end(error, &events)
    }
    return events
  }

  /// Opens the frames that are whole in `bytes` where they lie; gives what is left.
  private func openFrames(
    _ bytes: UnsafeRawBufferPointer, at now: Instant, _ events: inout [SessionEvent]
  ) throws(SessionEnd) -> UnsafeRawBufferPointer {
    var rest = unsafe bytes
    guard phase == .open else { return unsafe rest }
    if !input.isEmpty {
      // The frame that was begun is completed first.
      let head = unsafe rest.prefix(max(0, 2 - input.count))
      unsafe input.append(contentsOf: head)
      unsafe rest = UnsafeRawBufferPointer(rebasing: rest[head.count...])
      guard input.count >= 2 else { return unsafe rest }
      let length = try frameLength(input[0], input[1])
      let tail = unsafe rest.prefix(max(0, 2 + length - input.count))
      unsafe input.append(contentsOf: tail)
      unsafe rest = UnsafeRawBufferPointer(rebasing: rest[tail.count...])
      guard input.count >= 2 + length else { return unsafe rest }
      let frame = input
      input = []
      try unsafe frame.span.bytes.withUnsafeBytes { (buffer) throws(SessionEnd) in
        try unsafe self.frame(
          UnsafeRawBufferPointer(rebasing: buffer[2..<2 + length]), at: now, &events)
      }
    }
    while phase == .open, rest.count >= 2 {
      let length = unsafe try frameLength(rest[0], rest[1])
      guard rest.count >= 2 + length else { break }
      try unsafe frame(
        UnsafeRawBufferPointer(rebasing: rest[2..<2 + length]), at: now, &events)
      unsafe rest = UnsafeRawBufferPointer(rebasing: rest[(2 + length)...])
    }
    return unsafe rest
  }

  private func frameLength(_ high: UInt8, _ low: UInt8) throws(SessionEnd) -> Int {
    let length = Int(high) << 8 | Int(low)
    guard length >= SessionLimits.smallestFrame else { throw .frameLength }
    return length
  }

  public func receive(_ bytes: [UInt8], at now: Instant) -> [SessionEvent] {
    unsafe bytes.withUnsafeBytes { unsafe receive($0, at: now) }
  }

  /// The stream is closed. Without a goodbye before it somebody or something cut it.
  public func closed() -> [SessionEvent] {
    var events: [SessionEvent] = []
    if phase != .ended { end(.cut, &events) }
    return events
  }

  /// Handles one whole unit of `input` from `start`; nil when more bytes are needed.
  private func step(
    from start: Int, at now: Instant, _ events: inout [SessionEvent]
  ) throws(SessionEnd) -> Int? {
    let rest = input.count - start
    switch phase {
    case .ended: return nil
    case .opening:
      guard let wanted = Opening.byteCount(head: input[start...]) else { throw .notDatanet }
      guard rest >= wanted else { return nil }
      try answer(Array(input[start..<start + wanted]))
      return wanted
    case .answer:
      guard let status = input[start...].first else { return nil }
      guard status <= 1 else { throw .notDatanet }
      guard rest >= (status == 0 ? 2 : 3) else { return nil }
      if status == 1 { throw .version(lowest: input[start + 1], highest: input[start + 2]) }
      version = input[start + 1]
      let spoken = configuration.lowestVersion...configuration.highestVersion
      guard spoken.contains(version) else { throw .version(lowest: version, highest: version) }
      phase = .handshake
      return 2
    case .handshake, .open:
      guard rest >= 2 else { return nil }
      let length = Int(input[start]) << 8 | Int(input[start + 1])
      if phase == .handshake {
        // A full stop for strangers: no handshake message is longer than its payload allows.
        guard length <= NoiseHandshake.maximumPayload + 128 else { throw .frameLength }
      } else {
        guard length >= SessionLimits.smallestFrame else { throw .frameLength }
      }
      guard rest >= 2 + length else { return nil }
      let unit = start + 2..<start + 2 + length
      if phase == .handshake {
        try handshake(Array(input[unit]), &events)
      } else {
        let whole = Array(input[unit])
        try unsafe whole.span.bytes.withUnsafeBytes { (buffer) throws(SessionEnd) in
          try unsafe frame(buffer, at: now, &events)
        }
      }
      return 2 + length
    }
  }

  // MARK: Handshake

  private func answer(_ bytes: [UInt8]) throws(SessionEnd) {
    guard let theirs = Opening(bytes[...]) else { throw .notDatanet }
    let highest = min(theirs.highest, configuration.highestVersion)
    guard highest >= max(theirs.lowest, configuration.lowestVersion) else {
      output += [1, configuration.lowestVersion, configuration.highestVersion]
      throw .version(lowest: theirs.lowest, highest: theirs.highest)
    }
    version = highest
    output += [0, highest]
    openingBytes = bytes
    phase = .handshake
  }

  /// A responder knows the initiator's ephemeral key only now, and so which key is meant. For a
  /// hint that fits none it goes on with a key nobody has: an eavesdropper who replays somebody's
  /// opening learns nothing about what this peer holds.
  private func beginAnswering(_ message: [UInt8]) throws(SessionEnd) {
    guard message.count >= X25519.byteCount else { throw .handshake(.length) }
    if let hint = Opening(openingBytes[...])?.hint {
      let theirs = Array(message[..<X25519.byteCount])
      let decoy = HMAC.sha256(key: ephemeral.secret, Array("decoy".utf8))
      sharedKey =
        candidateKeys.first { Opening.hint(key: $0, ephemeral: theirs) == hint } ?? decoy
    }
    noise = NoiseHandshake(
      role: .responder, own: configuration.own, ephemeral: ephemeral, prologue: openingBytes,
      sharedKey: sharedKey)
  }

  private func handshake(
    _ message: [UInt8], _ events: inout [SessionEvent]
  ) throws(SessionEnd) {
    if noise == nil { try beginAnswering(message) }
    guard var noise else { return }
    let payload: [UInt8]
    do throws(HandshakeError) {
      payload = try noise.read(message)
      if noise.progress == 1 {
        guard payload.isEmpty else { throw .length }
        output += Self.prefixed(try noise.write(payload: ownHello))
        self.noise = noise
        return
      }
    } catch {
      throw .handshake(error)
    }
    // Who answers judges with the keys in place, so that its goodbye is sealed. Who dials judges
    // before it says who it is: an impostor at the address learns nothing.
    if noise.isDone {
      open(noise)
      events.append(.established(try judged(payload, staticKey: noise.theirStatic)))
    } else {
      let hello = try judged(payload, staticKey: noise.theirStatic)
      do throws(HandshakeError) {
        output += Self.prefixed(try noise.write(payload: ownHello))
      } catch {
        throw .handshake(error)
      }
      open(noise)
      events.append(.established(hello))
    }
  }

  private var ownHello: [UInt8] {
    var hello = configuration.hello
    hello.version = version
    return hello.encoded
  }

  private func open(_ done: NoiseHandshake) {
    noise = nil
    let keys = done.keys
    sealing = FrameCipher(key: keys.sending)
    opening = FrameCipher(key: keys.receiving)
    channelBinding = done.hash
    phase = .open
  }

  private func judged(_ bytes: [UInt8], staticKey: [UInt8]) throws(SessionEnd) -> Hello {
    guard let hello = Hello(bytes), hello.version == version else { throw .hello }
    guard hello.isProven(for: staticKey) else { throw .identityProof }
    guard hello.identity != configuration.hello.identity else { throw .ownIdentity }
    if let expected, hello.identity != expected { throw .wrongIdentity }
    return hello
  }

  // MARK: Frames

  private func frame(
    _ unit: UnsafeRawBufferPointer, at now: Instant, _ events: inout [SessionEvent]
  ) throws(SessionEnd) {
    guard let (payload, channel, isLast) = try unsafe opening?.open(unit) else { return }
    if opening?.isSpent == true { throw .lifetime }
    if channel == .control {
      controlBytes += payload.count
      guard controlBytes <= SessionLimits.controlBytesPerQuiet else { throw .flood }
    }
    guard let message = try inbox.add(payload, on: channel, isLast: isLast) else { return }
    guard channel == .control else { return events.append(.message(channel, message)) }
    try control(message, at: now, &events)
  }

  private func control(
    _ message: [UInt8], at now: Instant, _ events: inout [SessionEvent]
  ) throws(SessionEnd) {
    switch ControlMessage(message) {
    case nil: throw .control
    case .goodbye(let reason): throw .goodbye(reason)
    case .credit(let channel, let bytes):
      guard outbox.grant(bytes, on: channel) else { throw .control }
    case .ping(let number):
      pings += 1
      guard pings <= SessionLimits.pingsPerQuiet,
        outbox.append(ControlMessage.pong(number).encoded, on: .control)
      else { throw .flood }
    case .pong(let number):
      if number == pingNumber, let sent = pingSent {
        roundTripMilliseconds = now.milliseconds(since: sent)
        pingSent = nil
      }
    case .other: events.append(.message(.control, message))
    }
  }

  /// Tells the other side that a message of `byteCount` bytes was dealt with, so that it may send
  /// more: until then it waits with its next ones.
  public func consumed(_ byteCount: Int, on channel: SessionChannel) {
    guard phase == .open, let grant = inbox.consume(byteCount, on: channel) else { return }
    _ = outbox.append(ControlMessage.credit(channel, grant).encoded, on: .control)
  }

  // MARK: Output

  /// Queues a message; false when the channel is full (an event says when it has room) or the
  /// session is not open. Longer than the channel allows is this program's own mistake.
  public func send(_ message: [UInt8], on channel: SessionChannel) -> Bool {
    send(message[...], on: channel)
  }

  /// The same for a part of some memory, which is kept until all of its parts are sent.
  public func send(_ message: ArraySlice<UInt8>, on channel: SessionChannel) -> Bool {
    precondition(message.count <= channel.maximumMessage, "message longer than its channel allows")
    return phase == .open && outbox.append(message, on: channel)
  }

  /// Received bytes that make no whole frame yet.
  package var unparsedBytes: Int { input.count }
  /// Bytes of messages whose end has not come.
  package var unfinishedBytes: Int { inbox.unfinishedBytes }

  /// Bytes that wait on a channel.
  public func waiting(on channel: SessionChannel) -> Int { outbox.waiting(on: channel) }

  /// Appends what should be written next, about `limit` bytes at most. Frames are sealed only
  /// now, so a claim that was queued last still goes before chunks that were queued first.
  public func takeOutput(limit: Int, into bytes: inout [UInt8]) -> [SessionEvent] {
    bytes += output
    output = []
    guard phase == .open else { return [] }
    guard outbox.next != nil else { return outbox.relieved().map { .room($0) } }
    let earlier = bytes
    // Frames are sealed to where they will be sent from, in memory that is neither grown nor cleared.
    let most =
      min(outbox.sealedByteCount, limit + SessionLimits.frameByteCount + 2)
    bytes = unsafe [UInt8](unsafeUninitializedCapacity: earlier.count + most) { buffer, used in
      let room = UnsafeMutableRawBufferPointer(buffer)
      unsafe room.copyBytes(from: earlier)
      used = earlier.count
      while used - earlier.count < limit, let channel = outbox.next {
        outbox.take(from: channel, limit: SessionLimits.payloadByteCount) { payload, isLast in
          let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: room[used...])
          let count = unsafe sealing?.seal(payload, channel: channel, isLast: isLast, into: rest)
          used += count ?? 0
        }
      }
    }
    return outbox.relieved().map { .room($0) }
  }

  public var hasOutput: Bool { !output.isEmpty || (phase == .open && outbox.next != nil) }

  // MARK: Time and ends

  /// When `tick` is due next.
  public var deadline: Instant? {
    switch phase {
    case .ended: nil
    case .open:
      lastHeard.advanced(
        byMilliseconds: pingSent == nil
          ? SessionLimits.quietMilliseconds : SessionLimits.silenceMilliseconds)
    default: began.advanced(byMilliseconds: SessionLimits.handshakeMilliseconds)
    }
  }

  public func tick(at now: Instant) -> [SessionEvent] {
    var events: [SessionEvent] = []
    switch phase {
    case .ended: break
    case .open:
      allowAnew(at: now)
      if now.milliseconds(since: lastHeard) >= SessionLimits.silenceMilliseconds {
        end(.silence, &events)
      } else if now.milliseconds(since: lastHeard) >= SessionLimits.quietMilliseconds {
        if pingSent == nil { ping(at: now) }
      }
    default:
      if now.milliseconds(since: began) >= SessionLimits.handshakeMilliseconds {
        end(.handshakeTimeout, &events)
      }
    }
    return events
  }

  /// What may be sent in a quiet span may be sent in each, however busy the session is.
  private func allowAnew(at now: Instant) {
    guard now.milliseconds(since: quietStart) >= SessionLimits.quietMilliseconds else { return }
    (quietStart, pings, controlBytes) = (now, 0, 0)
  }

  /// Asks for a sign of life, which also measures the round trip.
  public func ping(at now: Instant) {
    guard phase == .open else { return }
    pingNumber &+= 1
    pingSent = now
    _ = outbox.append(ControlMessage.ping(pingNumber).encoded, on: .control)
  }

  /// Says goodbye and ends. What `takeOutput` still gives should be written before closing.
  public func leave(_ reason: Goodbye) -> [SessionEvent] {
    var events: [SessionEvent] = []
    if phase != .ended { end(.left(reason), &events) }
    return events
  }

  private func end(_ reason: SessionEnd, _ events: inout [SessionEvent]) {
    if phase == .open { seal(goodbyeFor: reason) }
    phase = .ended
    input = []
    outbox = Outbox()
    events.append(.ended(reason))
  }

  private func seal(goodbyeFor reason: SessionEnd) {
    let goodbye: Goodbye
    switch reason {
    case .goodbye, .cut: return
    case .left(let reason): goodbye = reason
    case .silence: goodbye = .slow
    default: goodbye = .protocolError
    }
    let message = ControlMessage.goodbye(goodbye).encoded
    output += sealing?.sealed(message[...], channel: .control, isLast: true) ?? []
  }
}
