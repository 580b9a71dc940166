// What another peer can send: every message, the first bytes of a connection, datagrams of the
// local network, tickets, and whole conversations with a node.

import Content
import Cryptography
import PeerProtocol
import Simulation

private let someone = Identity(seed: [UInt8](repeating: 7, count: 32))
private let digest = SHA256.hash([1])

private var contact: PeerContact? {
  someone.map { PeerContact(identity: $0.publicKey, addresses: ["192.0.2.7:4180"]) }
}

/// One of each kind.
private func messages() -> [DatanetMessage.Content] {
  guard let contact else { return [] }
  return [
    .overlay(.join(contact)), .overlay(.forwardJoin(contact, hops: 3)),
    .overlay(.neighbour(contact, isUrgent: true)), .overlay(.neighbourAnswer(accepted: true)),
    .overlay(.part), .overlay(.shuffle(origin: contact, hops: 2, sample: [contact, contact])),
    .overlay(.shuffleAnswer([contact])), .broadcast(.gossip(payload: [1, 2, 3], hops: 2)),
    .broadcast(.announce([.init(digest: digest, hops: 1)])), .broadcast(.graft(digest)),
    .broadcast(.graft(nil)), .broadcast(.prune), .reconciliation(.same, round: 1),
    .reconciliation(
      .summary(authors: 3, sum: 9, estimate: [UInt8](repeating: 1, count: 256)), round: 2),
    .reconciliation(.sketch([UInt8](repeating: 3, count: 240)), round: 2),
    .reconciliation(.ask(bits: 5), round: 2),
    .reconciliation(.buckets(bits: 2, fingerprints: [1, 2, 3, 4, 5, 6]), round: 2),
    .reconciliation(.states([], isAnswer: true, bits: 2, whole: [1, 3]), round: 2),
    .exchange(.have(contribution: digest, from: 0, runs: [0, 5, 2])),
    .exchange(.request([digest])), .exchange(.cancel([digest])),
    .exchange(.refuse([digest], .absent)), .exchange(.slot(isOpen: true)),
    .exchange(.interest(true)), .exchange(.seek([digest], isOn: true)),
    .transfer(.claims([[1], [2, 3]])), .transfer(.want(contact.identity, heights: 0..<9)),
    .transfer(.find(digest)),
  ]
}

/// Transcripts and the node that hears them; one node for all inputs of a process.
private final class Listener: @unchecked Sendable {
  // Only one thread fuzzes at a time: FuzzTests is serialized and libFuzzer has one.
  let interview = try? Interview(seed: 1)
  let seeds = ((try? Transcript.recorded(seed: 1)) ?? []).map(\.encoded)
  static let shared = Listener()
}

let peerDecoders: [Decoder] = [
  Decoder(
    "hello",
    seeds: {
      guard let someone else { return [] }
      let hello = Hello(
        version: 1, identity: someone.publicKey,
        proof: someone.sign(Hello.signedBytes(staticKey: digest.bytes)), features: 3,
        agent: "someone", addresses: ["192.0.2.7:4180", "[2001:db8::7]:4180"])
      return [hello.encoded]
    }
  ) { bytes in
    guard let hello = Hello(bytes) else { return nil }
    return hello.encoded == bytes ? nil : "a hello is read that is written otherwise"
  },
  Decoder(
    "message of a Datanet",
    seeds: { messages().map { DatanetMessage(handle: 2, content: $0).encoded } }
  ) { bytes in
    guard let message = DatanetMessage(decoding: bytes) else { return nil }
    guard let again = DatanetMessage(decoding: message.encoded) else {
      return "what was read cannot be read again: \(message)"
    }
    return again == message ? nil : "\(message) becomes \(again)"
  },
  Decoder(
    "sharing message",
    seeds: {
      [
        SharingMessage.open(handle: 4, proof: digest.bytes),
        .opened(handle: 4, proof: digest.bytes), .opened(handle: 5, proof: nil), .close(handle: 4),
      ].map { $0.value.encoded() }
    }
  ) { bytes in
    guard let value = try? Value(decoding: bytes), let message = SharingMessage(value) else {
      return nil
    }
    return message.value.encoded() == bytes ? nil : "\(message) is written otherwise"
  },
  Decoder(
    "chunk message",
    seeds: {
      [
        ChunkMessage(digest: digest, form: .plain, byteCount: 3, payload: [1, 2, 3]),
        ChunkMessage(digest: digest, form: .zstd, byteCount: 300, payload: [1, 2, 3]),
      ].map(\.bytes)
    }
  ) { bytes in
    guard let message = ChunkMessage(bytes) else { return nil }
    return message.bytes == bytes ? nil : "a chunk message is written otherwise"
  },
  Decoder(
    "first bytes of a session",
    seeds: {
      let plain = Array("DATANET".utf8) + [1, 1, 0]
      return [
        plain, plain + [0, 32] + digest.bytes, Array("DATANET".utf8) + [1, 9, 1] + digest.bytes,
      ]
    }
  ) { bytes in
    guard let someone, let own = KeyPair(secret: digest.bytes),
      let ephemeral = KeyPair(secret: SHA256.hash([2]).bytes)
    else { return nil }
    let hello = Hello(
      version: 1, identity: someone.publicKey, proof: [UInt8](repeating: 0, count: 64),
      features: 0, agent: "", addresses: [])
    let configuration = SessionConfiguration(own: own, hello: hello)
    let now = Instant(milliseconds: 1)
    let answering = Session(
      answering: configuration, keys: [digest], ephemeral: ephemeral, at: now)
    _ = answering.receive(bytes, at: now)
    let dialling = Session(
      dialling: configuration, expecting: nil, ephemeral: ephemeral, at: now)
    _ = dialling.receive(bytes, at: now)
    return answering.isOpen || dialling.isOpen ? "a session is open without a proof" : nil
  },
  Decoder(
    "ticket",
    seeds: {
      let datanet = CID(codec: .dagCBOR, digest: digest)
      return [
        Ticket(datanet: datanet, contacts: contact.map { [$0] } ?? []),
        Ticket(datanet: datanet, key: digest, contacts: []),
      ].map { Array($0.text.utf8) }
    }
  ) { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    guard let ticket = try? Ticket(text) else { return nil }
    return (try? Ticket(ticket.text)) == ticket ? nil : "a ticket is written otherwise"
  },
  Decoder(
    "datagram of the local network",
    seeds: {
      guard let someone else { return [] }
      return [
        ServiceDiscovery.query,
        ServiceDiscovery.answer(
          ServiceAnnouncement(
            identity: someone.publicKey, port: 4180, addresses: [[192, 0, 2, 7]])),
      ]
    }
  ) { bytes in
    _ = ServiceDiscovery.read(bytes)
    return nil
  },
  Decoder("conversation with a node", seeds: { Listener.shared.seeds }) { bytes in
    Listener.shared.interview?.play(Transcript(reading: bytes))
  },
]
