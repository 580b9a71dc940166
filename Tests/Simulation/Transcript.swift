// What one side of a session said, message by message, as one piece of bytes that can be kept,
// changed and said again (Specs/Simulation.md, "Session fuzz").
//
//   transcript = *( channel:1 length:3 (big-endian) message )

internal import Content
internal import Cryptography
internal import Histories
internal import Node
package import PeerProtocol
internal import Store

package struct Transcript: Sendable {
  package var messages: [(channel: SessionChannel, bytes: [UInt8])]

  package init(_ messages: [(channel: SessionChannel, bytes: [UInt8])] = []) {
    self.messages = messages
  }

  package var encoded: [UInt8] {
    messages.flatMap { message in
      [
        message.channel.rawValue, UInt8(truncatingIfNeeded: message.bytes.count >> 16),
        UInt8(truncatingIfNeeded: message.bytes.count >> 8),
        UInt8(truncatingIfNeeded: message.bytes.count),
      ] + message.bytes
    }
  }

  /// Reads what is there: a length beyond the end takes the rest, channels wrap around.
  package init(reading bytes: [UInt8]) {
    messages = []
    var at = 0
    while at + 4 <= bytes.count, messages.count < 256 {
      let channel = SessionChannel(rawValue: bytes[at] & 3) ?? .control
      let length = Int(bytes[at + 1]) << 16 | Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
      let end = min(bytes.count, at + 4 + min(length, channel.maximumMessage))
      messages.append((channel, Array(bytes[at + 4..<end])))
      at = end
    }
  }

  /// The whole talk of honest nodes with a listener: as an old member, and as a newcomer who
  /// fetches everything. Handles are the dialler's, so that another dialler can say it again.
  package static func recorded(seed: UInt64) throws -> [Transcript] {
    let world = World(seed: seed)
    let ada = try world.add("ada")
    let ben = try world.add("ben")
    let ear = try world.add("ear", isHonest: false)
    let datanet = try world.found(ada)
    let made = try world.contribute(ada, lines: 400, seed: seed, to: datanet)
    for number in 0..<20 { try world.note(ada, "note \(number)", in: datanet) }
    let genesis = try ada.claims.genesis(of: datanet)
    if let genesis { try ben.claims.join(genesis) }
    var heard: [(LinkID, SessionChannel, [UInt8])] = []
    // Not the peer itself: it will hold the speaker that holds this script.
    let own = (key: ear.key, address: ear.address)
    var script = Speaker.Script()
    script.raw = { _, link, channel, bytes in heard.append((link, channel, bytes)) }
    script.opened = { speaker, link, _ in
      speaker.beginRound(with: FrontierIndex(), on: link)
      speaker.say(.exchange(.slot(isOpen: true)), on: link)
      speaker.say(.exchange(.seek([made.manifest.digest], isOn: true)), on: link)
      speaker.say(
        .overlay(.neighbour(speaker.contact(of: own.key, at: own.address), isUrgent: true)),
        on: link)
    }
    script.heard = { speaker, link, content, _ in
      switch content {
      case .reconciliation(let message, let round):
        speaker.answer(message, round: round, on: link)
      case .exchange(.seek(let digests, true)):
        // "I have it all": so that everything is asked for.
        for digest in digests {
          speaker.say(.exchange(.have(contribution: digest, from: 0, runs: [0, 8])), on: link)
        }
      case .exchange(.have(let contribution, _, _)):
        speaker.say(.exchange(.interest(true)), on: link)
        speaker.say(
          .exchange(.request([contribution] + made.blocks.map(\.digest))), on: link)
      default: break
      }
    }
    world.follow(ada, datanet)
    world.follow(ben, datanet, given: [ear])
    world.start(ada)
    world.start(ear) { world, peer in
      Speaker(world, peer, DatanetSecret(datanet: datanet), targets: [ada], script)
    }
    world.start(ben)
    try world.run(seconds: 5)
    try world.note(ben, "one more", in: datanet)
    try world.run(seconds: 40)
    let links = heard.map(\.0).reduce(into: [LinkID]()) { links, link in
      if !links.contains(link) { links.append(link) }
    }
    return links.map { link in
      Transcript(heard.filter { $0.0 == link }.map { (channel: $0.1, bytes: $0.2) })
    }
  }
}
