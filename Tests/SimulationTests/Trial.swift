// How a simulated scenario is run and replayed: its seeds, and a village to begin with
// (Specs/Simulation.md, "Seeds").

import Claims
import Content
import Cryptography
import Foundation
import Histories
import Node
import PeerProtocol
import Simulation
import Store
import Testing

enum Trial {
  private static let environment = ProcessInfo.processInfo.environment
  /// One seed for all scenarios, to replay a failure.
  static let only = environment["DATANET_SEED"].flatMap { UInt64($0) }
  /// With `make simulate`: so many new seeds for each scenario, and crowds.
  static let more = environment["DATANET_SIMULATE"].flatMap { Int($0) } ?? 0
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The seeds of a scenario: the usual ones, those that once failed, and new ones when asked for.
  static func seeds(_ scenario: String, _ usual: UInt64...) -> [UInt64] {
    if let only { return [only] }
    let kept =
      (try? String(contentsOf: root.appending(path: "Fixtures/seeds.txt"), encoding: .utf8))
    let failed = (kept ?? "").split(separator: "\n").compactMap { line -> UInt64? in
      let words = line.split(separator: " ")
      guard words.count >= 2, words[0] == scenario else { return nil }
      return UInt64(words[1])
    }
    let start = UInt64(Date().timeIntervalSince1970)
    return usual + failed + (0..<UInt64(more)).map { start &* 1_000 &+ $0 }
  }

  /// How to see a failure again.
  static func replay(_ seed: UInt64, _ scenario: String) -> Comment {
    "replay: DATANET_SEED=\(seed) swift test --disable-xctest --filter '\(scenario)'; keep the seed in Fixtures/seeds.txt"
  }
}

/// People who follow one Datanet that the first of them has founded.
struct Village {
  let world: World
  let peers: [Peer]
  let datanet: CID

  /// Everybody but the first is given the first's address.
  init(
    _ names: [String], seed: UInt64, quality: WireQuality = WireQuality(), skew: Bool = false
  ) throws {
    world = World(seed: seed)
    let world = world
    world.quality = { _, _ in quality }
    peers = try names.map { try world.add($0) }
    if skew {
      for peer in peers {
        peer.clock = SkewedClock(
          drift: world.dice.below(400) - 200,
          startMilliseconds: UInt64(world.dice.below(1_000_000)),
          wallMilliseconds: world.dice.below(600_000) - 300_000)
      }
    }
    datanet = try world.found(peers[0])
    for peer in peers {
      world.follow(peer, datanet, given: peer === peers[0] ? [] : [peers[0]])
    }
  }

  static func names(_ count: Int) -> [String] { (0..<count).map { "peer\($0)" } }

  func startAll() { for peer in peers { world.start(peer) } }

  var ada: Peer { peers[0] }

  /// A peer outside the village whose limits nobody watches.
  func stranger(_ name: String, host: String? = nil, identity: Identity? = nil) throws -> Peer {
    let peer = try world.add(name, identity: identity, host: host, isHonest: false)
    world.follow(peer, datanet, given: [ada])
    return peer
  }

  func genesis() throws -> Claim {
    try #require(try ada.claims.genesis(of: datanet))
  }
}
