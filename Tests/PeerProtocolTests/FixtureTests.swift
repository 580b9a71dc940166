// The network's fixtures, which a client in Python made that shares no code with the program: every
// byte of a session, its discovery and its messages (Specs/Session.md, Discovery.md, Sharing.md,
// Overlay.md, Reconciliation.md, Exchange.md).

import Content
import Cryptography
import Glibc
import Testing

@testable import PeerProtocol

/// The lines `name: value` of a file of `Fixtures`.
struct FixtureFile {
  let lines: [(name: String, value: String)]

  init(_ path: String) throws {
    let root = String(#filePath.split(separator: "/Tests/", maxSplits: 1)[0])
    let file = try #require(fopen(root + "/Fixtures/" + path, "r"), "\(path) is missing")
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
      bytes += buffer[..<count]
    }
    lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
      // A name may have a colon, a value has none but a ticket's first.
      let parts = line.split(separator: ": ")
      return (parts.dropLast().joined(separator: ": "), String(parts.last ?? ""))
    }
    try #require(!lines.isEmpty)
  }

  func text(_ name: String) throws -> String {
    try #require(lines.first { $0.name == name }?.value, "no line \(name)")
  }

  func bytes(_ name: String) throws -> [UInt8] {
    try #require(Hexadecimal.bytes(of: text(name)))
  }

  func digest(_ name: String) throws -> Digest { try #require(Digest(bytes: bytes(name))) }

  /// Every line in bytes.
  func all() throws -> [(name: String, bytes: [UInt8])] {
    try lines.map { ($0.name, try #require(Hexadecimal.bytes(of: $0.value))) }
  }
}

@Suite("The network's fixtures") struct NetworkFixtureTests {
  let genesis = CID(codec: .dagCBOR, digest: SHA256.hash(Array("genesis".utf8)))
  let key = SHA256.hash(Array("key".utf8))

  // MARK: Session

  @Test(arguments: ["session/handshake.hex", "session/private.hex"])
  func `a handshake with fixed keys is the fixture's, byte for byte`(_ path: String) throws {
    let file = try FixtureFile(path)
    let ada = try Persona("ada")
    for name in ["ada", "ben"] {
      let persona = try Persona(name)
      let identity = try #require(Identity(seed: file.bytes("\(name) identity secret")))
      #expect(identity.publicKey == persona.identity.publicKey)
      let own = try #require(KeyPair(secret: file.bytes("\(name) static secret")))
      #expect(own.publicKey == persona.noise.publicKey)
      #expect(
        try Persona.ephemeral(name).publicKey
          == KeyPair(secret: file.bytes("\(name) ephemeral secret"))?.publicKey)
    }
    let isPrivate = path.contains("private")
    if isPrivate { #expect(try file.digest("key") == key) }
    var wire = try Wire(
      expecting: try Persona("ben").identity.publicKey, key: isPrivate ? key : nil,
      held: isPrivate ? [SHA256.hash([3]), key] : [])
    var adas: [UInt8] = []
    var bens: [UInt8] = []
    wire.run { bytes, fromAda in
      if fromAda { adas += bytes } else { bens += bytes }
      return bytes
    }
    let first = try file.bytes("opening") + file.bytes("message 1, with its length")
    #expect(adas == (try first + file.bytes("message 3, with its length")))
    #expect(bens == (try file.bytes("answer") + file.bytes("message 2, with its length")))
    let binding = (wire.ada.channelBinding, wire.ben.channelBinding)
    #expect(try binding.0 == file.digest("channel binding") && binding.0 == binding.1)
    #expect(try ada.configuration().hello.encoded == file.bytes("hello in message 3"))
    let hello = try #require(Hello(file.bytes("hello in message 2")))
    #expect(hello.isProven(for: try Persona("ben").noise.publicKey))
  }

  @Test func `frames and the change of keys are the fixture's`() throws {
    let file = try FixtureFile("session/frames.hex")
    let key = try file.digest("key")
    #expect(try key == FixtureFile("session/handshake.hex").digest("ada's sending key"))
    func sealed(
      _ cipher: inout FrameCipher, _ payload: [UInt8], _ channel: SessionChannel,
      isLast: Bool = true
    ) -> [UInt8] {
      cipher.sealed(payload[...], channel: channel, isLast: isLast)
    }
    var cipher = FrameCipher(key: key)
    let hello = sealed(&cipher, Array("hello, ben".utf8), .claims)
    #expect(try hello == file.bytes("'hello, ben' on claims"))
    let empty = sealed(&cipher, [], .requests)
    #expect(try empty == file.bytes("an empty message on requests"))
    let ping = sealed(&cipher, ControlMessage.ping(7).encoded, .control)
    #expect(try ping == file.bytes("ping 7"))
    let zeros = [UInt8](repeating: 0, count: 65_517)
    let long =
      sealed(&cipher, zeros, .claims, isLast: false) + sealed(&cipher, [0], .claims)
    #expect(
      try SHA256.hash(long)
        == file.digest("SHA-256 of the two frames of 65,518 zeros on claims"))
    var late = FrameCipher(key: key)
    for _ in 0..<65_535 { _ = sealed(&late, [], .control) }
    let old = sealed(&late, Array("old".utf8), .claims)
    #expect(try old == file.bytes("frame 65,535, 'old' on claims"))
    let new = sealed(&late, Array("new".utf8), .claims)
    #expect(try new == file.bytes("frame 65,536, 'new' on claims"))
  }

  @Test func `control messages are the fixture's, and the refused ones are refused`() throws {
    let meant: [String: ControlMessage] = [
      "goodbye, shutting down": .goodbye(.shuttingDown),
      "credit of 2 MiB on claims": .credit(.claims, 2 << 20), "ping 7": .ping(7),
      "pong 7": .pong(7),
    ]
    for (name, bytes) in try FixtureFile("session/control.hex").all() {
      #expect(ControlMessage(bytes) == meant[name], "\(name)")
      if let message = meant[name] { #expect(message.encoded == bytes, "\(name)") }
    }
  }

  @Test func `the opening of Datanets is the fixture's`() throws {
    let file = try FixtureFile("session/sharing.hex")
    let binding = try file.digest("channel binding")
    #expect(try genesis.bytes == file.bytes("genesis"))
    for (name, secret) in [
      ("public", DatanetSecret(datanet: genesis)),
      ("private", DatanetSecret(datanet: genesis, key: key)),
    ] {
      let open = SharingMessage.open(
        handle: 0, proof: secret.proof(channelBinding: binding, isDialler: true))
      #expect(try open.value.encoded() == file.bytes("\(name) open, from the dialler"))
      let opened = SharingMessage.opened(
        handle: 0, proof: secret.proof(channelBinding: binding, isDialler: false))
      #expect(try opened.value.encoded() == file.bytes("\(name) opened, from the other"))
    }
    let absent = SharingMessage.opened(handle: 0, proof: nil)
    #expect(try absent.value.encoded() == file.bytes("opened: not here"))
    #expect(try SharingMessage.close(handle: 0).value.encoded() == file.bytes("close"))
  }

  // MARK: Discovery

  @Test func `tickets are the fixture's, and the refused ones are refused by name`() throws {
    let file = try FixtureFile("discovery/tickets.txt")
    let ada = PeerContact(
      identity: try Persona("ada").identity.publicKey,
      addresses: ["127.0.0.1:4180", "[::1]:4180"])
    let open = Ticket(datanet: genesis, contacts: [ada])
    #expect(try open.text == file.text("public"))
    #expect(
      try Ticket(datanet: genesis, key: key, contacts: [ada]).text == file.text("private"))
    #expect(
      try Ticket(datanet: genesis, contacts: []).text == file.text("nobody to ask"))
    #expect(try Ticket(file.text("as pasted")) == open)
    let refusals: [String: Ticket.Refusal] = [
      "scheme": .scheme, "length": .length, "spelling": .spelling, "check": .check,
      "version": .version(2), "content": .content,
    ]
    for (name, text) in file.lines where name.hasPrefix("refused ") {
      let word = String(name.dropFirst(8).prefix { $0.isLetter })
      let refusal = try #require(refusals[word], "\(name)")
      #expect(throws: refusal, "\(name)") { try Ticket(text) }
    }
  }

  @Test func `messages of the local network are the fixture's`() throws {
    let file = try FixtureFile("discovery/multicast.hex")
    let ada = ServiceAnnouncement(
      identity: try Persona("ada").identity.publicKey, port: 4180,
      addresses: [
        [192, 0, 2, 7], [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7],
      ])
    #expect(try ServiceDiscovery.query == file.bytes("query"))
    #expect(try ServiceDiscovery.answer(ada) == file.bytes("answer"))
    for (name, bytes) in try file.all() {
      let read = ServiceDiscovery.read(bytes)
      if name == "query" {
        #expect(read == .query)
      } else if name.hasPrefix("nothing") {
        #expect(read == nil, "\(name)")
      } else {
        #expect(read == .announcements([ada]), "\(name)")
      }
    }
  }

  // MARK: Overlay and broadcast

  @Test func `messages of overlay and broadcast are the fixture's`() throws {
    let ada = PeerContact(
      identity: try Persona("ada").identity.publicKey, addresses: ["127.0.0.1:4180"])
    let ben = PeerContact(
      identity: try Persona("ben").identity.publicKey,
      addresses: ["[::1]:4180", "ben.example:4180"])
    let first = SHA256.hash(Array("first".utf8))
    let second = SHA256.hash(Array("second".utf8))
    let meant: [String: DatanetMessage.Content] = [
      "join": .overlay(.join(ada)), "forwardJoin": .overlay(.forwardJoin(ada, hops: 6)),
      "neighbour": .overlay(.neighbour(ada, isUrgent: true)),
      "neighbourAnswer": .overlay(.neighbourAnswer(accepted: false)), "part": .overlay(.part),
      "shuffle": .overlay(.shuffle(origin: ada, hops: 3, sample: [ada, ben])),
      "shuffleAnswer": .overlay(.shuffleAnswer([ben])),
      "gossip": .broadcast(.gossip(payload: Array("a claim".utf8), hops: 3)),
      "announce": .broadcast(
        .announce([.init(digest: first, hops: 0), .init(digest: second, hops: 9)])),
      "graft": .broadcast(.graft(first)), "graft of nothing": .broadcast(.graft(nil)),
      "prune": .broadcast(.prune),
    ]
    let all = try FixtureFile("overlay/messages.hex").all()
    #expect(all.count == meant.count)
    for (name, bytes) in all {
      let content = try #require(meant[name], "\(name)")
      let message = DatanetMessage(handle: 2, content: content)
      #expect(message.encoded == bytes, "\(name)")
      #expect(DatanetMessage(decoding: bytes) == message, "\(name)")
    }
    for (name, bytes) in try FixtureFile("overlay/refused.hex").all() {
      #expect(DatanetMessage(decoding: bytes) == nil, "\(name)")
    }
  }
}
