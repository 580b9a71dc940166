// What moving data costs two nodes without a network: `DATANET_NODE_MEBIBYTES=1024` prints it
// (Specs/Performance.md).

import Claims
import Content
import Cryptography
import Glibc
import PeerProtocol
import Testing

@testable import Node
@testable import Store

/// A node on a real disk whose work runs on the spot and whose bytes go straight to the other.
private final class Side {
  let home: Home
  let store: Store
  let identity: Identity
  let node: Node
  var inbox: [NodeEvent] = []

  init(_ name: String) throws {
    var template = Array("/tmp/datanet-node-XXXXXX".utf8CString)
    _ = unsafe mkdtemp(&template)
    home = Home(String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    store = try Store.make(home)
    identity = try #require(Identity(seed: SHA256.hash(Array(name.utf8)).bytes))
    node = Node(
      identity: identity, store: store, seed: SHA256.hash(Array("seed \(name)".utf8)),
      at: Instant(milliseconds: 1))
  }

  deinit {
    let command = "rm -rf \(home.path)"
    _ = unsafe popen(command, "r").map { unsafe pclose($0) }
  }
}

@Suite struct SpeedTests {
  static let mebibytes = unsafe getenv("DATANET_NODE_MEBIBYTES").flatMap {
    unsafe Int(String(cString: $0))
  }

  private func now() -> (wall: Double, cpu: Double) {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    var cpu = timespec()
    unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu)
    return (
      Double(time.tv_sec) + Double(time.tv_nsec) / 1e9,
      Double(cpu.tv_sec) + Double(cpu.tv_nsec) / 1e9
    )
  }

  @Test(.enabled(if: mebibytes != nil)) func `one contribution from disk to disk`() throws {
    let count = (Self.mebibytes ?? 1) << 20
    let (ada, ben) = (try Side("ada"), try Side("ben"))
    let datanet = try ada.store.claims.found(
      Genesis(name: "speed"), by: ada.identity, timeMilliseconds: 1
    ).cid
    let path = "\(ada.home.path)/data.jsonl"
    try write(count, to: path)
    let addition = try ada.store.blocks.add(try FileWalk.files(at: [path]))
    _ = try ada.store.claims.append(
      .contribution([
        Publication(
          manifest: addition.manifest.cid, records: Int(addition.manifest.records),
          bytes: Int(addition.manifest.bytes), license: nil, name: "data")
      ]), to: datanet, by: ada.identity, timeMilliseconds: 2)
    let address = "127.0.0.1:1"
    ada.inbox = [.settings(NodeSettings())]
    ben.inbox = [
      .settings(
        NodeSettings(
          followings: [Following(datanet: datanet)],
          given: [
            KnownPeer(
              identity: ada.identity.publicKey, address: address, datanet: datanet, isGiven: true)
          ]))
    ]
    let begun = now()
    var clock = Instant(milliseconds: 10)
    var ticks = 0
    while ben.node.status(at: clock).isInStep(datanet) == false {
      var moved = false
      for _ in 0..<256 {
        for side in [ada, ben] {
          let other = side === ada ? ben : ada
          let events = side.inbox
          side.inbox = []
          moved = moved || !events.isEmpty
          for event in events { perform(side.node.handle(event, at: clock), side, other) }
        }
      }
      if moved {
        clock.milliseconds = 10 + UInt64((now().wall - begun.wall) * 1_000) + UInt64(ticks)
      } else {
        // Nothing is under way: time goes to the next deadline.
        ticks += 20
        clock.milliseconds += 20
      }
      for side in [ada, ben] where (side.node.deadline ?? clock) <= clock {
        side.inbox.append(.tick)
      }
      try #require(ticks < 60_000, "it never ends")
    }
    let end = now()
    let gigabytes = Double(addition.manifest.bytes) / 1e9
    print(
      "\(gigabytes) GB: \(end.wall - begun.wall) s, \(end.cpu - begun.cpu) CPU s, "
        + "\((end.cpu - begun.cpu) / gigabytes) CPU s a GB on both sides, \(ticks) ms waited")
  }

  private func perform(_ effects: [NodeEffect], _ side: Side, _ other: Side) {
    for effect in effects {
      switch effect {
      case .dial(let link, _):
        other.inbox.append(.accepted(LinkID.accepted(1), from: "127.0.0.1:2"))
        side.inbox.append(.dialled(link))
      case .send(let link, let bytes):
        other.inbox.append(
          .received(link.isDialled ? LinkID.accepted(1) : LinkID.dialled(1), bytes))
        side.inbox.append(.drained(link))
      case .work(let token, let work): side.inbox.append(.worked(token, work.run()))
      case .report(let report): if case .trouble = report { print(report) }
      case .close, .pauseReading, .resumeReading: break
      }
    }
  }

  private func write(_ count: Int, to path: String) throws {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(descriptor) }
    var random = SeededGenerator(seed: 5)
    let words = (0..<4_096).map { _ in random.next() }
    var line: [UInt8] = []
    var written = 0
    while written < count {
      line.removeAll(keepingCapacity: true)
      for _ in 0..<1_000 {
        line += "{\"text\":\"".utf8
        for _ in 0..<12 {
          let word = words[Int(truncatingIfNeeded: random.next() & 4_095)] ^ random.next() >> 40
          line += String(word, radix: 36).utf8
          line.append(32)
        }
        line += "\"}\n".utf8
      }
      written += unsafe Glibc.write(descriptor, line, line.count)
    }
  }
}
