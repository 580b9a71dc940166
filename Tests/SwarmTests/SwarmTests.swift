// Real peers on a bad network: parted and healed, killed at random, with delay and loss; in the end
// everybody agrees and has every byte (Specs/Simulation.md, "Real processes").

import Foundation
import Testing

@Suite("A swarm of processes", .serialized)
struct SwarmTests {
  /// With `make swarm-test` 20; three in `make test`.
  private static let peers =
    ProcessInfo.processInfo.environment["DATANET_SWARM"].flatMap { Int($0) } ?? 3
  private static let seed =
    ProcessInfo.processInfo.environment["DATANET_SEED"].flatMap { UInt64($0) } ?? 1

  @Test(
    "agrees and has everything after a partition and kill -9 at random",
    .enabled(if: Swarm.isPossible, "needs root, iproute2, network namespaces and /dev/net/tun"),
    .timeLimit(.minutes(10)))
  func swarm() throws {
    let count = max(3, SwarmTests.peers)
    let isLarge = count > 6
    let swarm = try Swarm(count, seed: SwarmTests.seed)
    defer { swarm.remove() }
    var dice = SystemChance(state: SwarmTests.seed)
    swarm.network.set(delayMilliseconds: 25, lossPerMillion: 10_000)

    for index in 1...count { try swarm.datanet(index, "init") }
    try swarm.datanet(1, "create demo")
    func contribute(_ index: Int, _ name: String, kilobytes: Int) throws {
      let path = swarm.folder.appending(path: "\(name).txt").path
      try Swarm.shell("head -c \(kilobytes * 768) /dev/urandom | base64 -w 80 > '\(path)'")
      try swarm.datanet(index, "add demo '\(path)'")
    }
    try contribute(1, "first", kilobytes: isLarge ? 1_000 : 200)
    try swarm.up(1)
    var ticket = ""
    let listens = swarm.wait(seconds: 20) {
      ticket =
        (try? swarm.datanet(1, "ticket demo").split(separator: "\n").first).map(String.init) ?? ""
      return ticket.hasPrefix("datanet:") && ticket.count > 150
    }
    #expect(listens, "\(ticket) \(swarm.story([1]))")
    for index in 2...count {
      try swarm.datanet(index, "join '\(ticket)'")
      try swarm.up(index)
    }
    let all = Array(1...count)
    let met = swarm.wait(seconds: isLarge ? 120 : 40) { swarm.agree() }
    #expect(met, "\(swarm.story(all))")

    // Two halves for a while; both say things.
    swarm.network.part(all.map { $0 % 2 })
    for index in all where index <= 6 {
      try swarm.datanet(index, "note demo --title 'apart \(index)'")
    }
    try contribute(2, "apart", kilobytes: isLarge ? 500 : 100)
    Thread.sleep(forTimeInterval: isLarge ? 20 : 3)
    #expect(!swarm.agree())
    swarm.network.heal()

    // Some are killed, and come back.
    for round in 0..<(isLarge ? 10 : 2) {
      let victim = 1 + Int(dice.next() % UInt64(count))
      swarm.kill(victim, SIGKILL)
      let speaker = 1 + Int(dice.next() % UInt64(count))
      try swarm.datanet(speaker, "note demo --title 'round \(round)'")
      if round == 1 { try contribute(3, "late", kilobytes: isLarge ? 300 : 100) }
      Thread.sleep(forTimeInterval: Double(dice.next() % 1_000) / 1_000)
      try swarm.up(victim)
    }
    let agreed = swarm.wait(seconds: isLarge ? 240 : 90) { swarm.agree() }
    #expect(agreed, "\(swarm.story(all))")
    for index in all {
      // Whoever runs on the home does the work; this waits for it.
      try swarm.datanet(index, "sync demo --once --timeout 55")
      try swarm.datanet(index, "fsck")
      try swarm.datanet(index, "get demo 'out\(index)' >/dev/null")
      for name in ["first", "apart", "late"] {
        try Swarm.shell(
          "find '\(swarm.folder.path)/out\(index)' -name '\(name).txt' | xargs -I{} cmp {} '\(swarm.folder.path)/\(name).txt'"
        )
      }
    }
    for index in all { swarm.kill(index, SIGTERM) }
  }
}

/// SplitMix64, so that a seed says who is killed when.
struct SystemChance {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
