// Chunks spread from who has them to who wants them (Specs/Exchange.md, "Figures").

import Content
import Cryptography
import Testing

@testable import PeerProtocol

@Suite struct ExchangeTests {
  @Test func oneSeedToFourTakesHardlyLongerThanOneCopy() {
    // 1 Gbit/s, 20 ms: 8,000 chunks of 64 KiB.
    let network = ExchangeNetwork(
      chunks: 8_000, byteCount: 65_536, peers: 5, bytesPerSecond: 125e6,
      delayMicroseconds: 10_000, seed: 3)
    for number in 0..<5 { network.follow(number) { _ in number == 0 } }
    for left in 0..<5 { for right in 0..<left { network.connect(left, right) } }
    network.run(until: 60_000_000) { !(1..<5).allSatisfy { network.isComplete($0) } }
    let single = 8_000.0 * 65_536 / 125e6
    let taken = Double(network.now) / 1e6
    #expect((1..<5).allSatisfy { network.isComplete($0) })
    #expect(taken < single * 1.15, "\(taken) s for \(single) s of one copy")
    #expect(network.peers[0].sent < 8_000 * 65_536 * 103 / 100, "each chunk leaves the seed once")
    let received = (1..<5).map { network.peers[$0].received }.reduce(0, +)
    #expect(received < 4 * 8_000 * 65_536 * 1_005 / 1_000, "hardly a chunk comes twice")
  }

  @Test("A link that carries packed chunks is filled as well")
  func packedChunks() {
    let network = ExchangeNetwork(
      chunks: 2_000, byteCount: 65_536, peers: 2, bytesPerSecond: 12.5e6,
      delayMicroseconds: 50_000, seed: 6)
    network.packedPercent = 30
    for number in 0..<2 { network.follow(number) { _ in number == 0 } }
    network.connect(0, 1)
    network.run(until: 60_000_000) { !network.isComplete(1) }
    let ideal = 2_000.0 * 65_536 * 0.3 / 12.5e6
    let taken = Double(network.now) / 1e6
    #expect(network.isComplete(1) && taken < ideal * 1.4, "\(taken) s, at best \(ideal)")
  }

  @Test func whoCannotReachTheSeedHoldsNobodyUp() {
    // Two of four cannot fetch their shares of the chunks.
    let network = ExchangeNetwork(
      chunks: 2_000, byteCount: 65_536, peers: 5, bytesPerSecond: 125e6,
      delayMicroseconds: 10_000, seed: 5)
    for number in 0..<5 { network.follow(number) { _ in number == 0 } }
    for left in 1..<5 { for right in 1..<left { network.connect(left, right) } }
    for number in 1..<3 { network.connect(0, number) }
    network.run(until: 60_000_000) { !(1..<5).allSatisfy { network.isComplete($0) } }
    let single = 2_000.0 * 65_536 / 125e6
    let taken = Double(network.now) / 1e6
    #expect((1..<5).allSatisfy { network.isComplete($0) })
    #expect(taken < single * 2.5, "\(taken) s for \(single) s of one copy")
  }

  @Test func fourSlowSeedsFillOneFastLink() {
    // Four times 100 Mbit/s up; the receiver's link is not the limit.
    let network = ExchangeNetwork(
      chunks: 1_600, byteCount: 65_536, peers: 5, bytesPerSecond: 12.5e6,
      delayMicroseconds: 10_000, seed: 4)
    for number in 0..<5 { network.follow(number) { _ in number > 0 } }
    for other in 1..<5 { network.connect(0, other) }
    network.downBytesPerSecond = 125e6
    network.run(until: 120_000_000) { !network.isComplete(0) }
    #expect(network.isComplete(0))
    let ideal = 1_600.0 * 65_536 / 50e6
    let taken = Double(network.now) / 1e6
    #expect(taken < ideal / 0.95, "\(taken) s, and \(ideal) s at 400 Mbit/s")
  }

  @Test(arguments: 0..<20)
  func everythingArrivesThoughPeersComeAndGo(seed: Int) {
    let network = ExchangeNetwork(
      chunks: 200, byteCount: 20_000, peers: 12, bytesPerSecond: 5e6, delayMicroseconds: 30_000,
      seed: UInt64(seed))
    var dice = Dice(seed: UInt64(seed))
    // Each chunk lies somewhere among the first four; peer 0 never dies.
    for number in 0..<12 {
      network.follow(number) { place in number == 0 || (number < 4 && place % 4 == number) }
    }
    for left in 1..<12 {
      network.connect(left, 0)
      for _ in 0..<3 {
        let right = Int.random(in: 0..<12, using: &dice)
        if right != left { network.connect(left, right) }
      }
    }
    network.run(until: 2_000_000)
    for number in [2, 5, 7] { network.kill(number) }
    let living = [1, 3, 4, 6, 8, 9, 10, 11]
    network.run(until: 300_000_000) { !living.allSatisfy { network.isComplete($0) } }
    #expect(living.allSatisfy { network.isComplete($0) }, "seed \(seed)")
    for number in living { #expect(network.peers[number].exchange.standstill == .nothingMissing) }
  }

  @Test func aLiarIsNamedAndTheRestGoesOn() {
    let network = ExchangeNetwork(
      chunks: 100, byteCount: 20_000, peers: 3, bytesPerSecond: 5e6, delayMicroseconds: 5_000,
      seed: 8)
    network.peers[1].lies = true
    for number in 0..<3 { network.follow(number) { _ in number > 0 } }
    network.connect(0, 1)
    network.connect(0, 2)
    network.run(until: 100_000_000) { !network.isComplete(0) }
    #expect(network.isComplete(0))
    #expect(network.banned.map(\.whom) == [1])
    #expect(network.peers[0].accusations.count == 1)
  }

  @Test func whoWithholdsIsAskedNoMoreAndNothingIsMissing() {
    let network = ExchangeNetwork(
      chunks: 60, byteCount: 20_000, peers: 3, bytesPerSecond: 5e6, delayMicroseconds: 5_000,
      seed: 9)
    network.peers[1].withholds = true
    for number in 0..<3 { network.follow(number) { _ in number > 0 } }
    network.connect(0, 1)
    network.run(until: 5_000_000)
    network.connect(0, 2)
    network.run(until: 200_000_000) { !network.isComplete(0) }
    #expect(network.isComplete(0))
  }

  @Test func aStandstillSaysWhy() {
    let network = ExchangeNetwork(
      chunks: 10, byteCount: 1_000, peers: 2, bytesPerSecond: 5e6, delayMicroseconds: 1_000,
      seed: 1)
    network.follow(0) { _ in false }
    #expect(network.peers[0].exchange.standstill == .noPeers)
    network.follow(1) { $0 < 9 }
    network.connect(0, 1)
    network.run(until: 5_000_000)
    #expect(
      network.peers[0].exchange.standstill == .nobodyHas(1, network.chunks.digests[9]))
  }

  @Test(arguments: 0..<100)
  func placeSetsComeBackFromTheirRuns(seed: Int) {
    var dice = Dice(seed: UInt64(seed))
    let limit = Int.random(in: 0...700, using: &dice)
    var set = PlaceSet(limit: limit)
    for place in 0..<limit where Int.random(in: 0..<3, using: &dice) == 0 { set.insert(place) }
    var copy = PlaceSet(limit: limit)
    let whole = copy.insert(runs: set.runs(from: 0, count: limit), from: 0, count: limit)
    #expect(whole && copy == set)
    var other = PlaceSet(limit: limit)
    _ = other.insert(runs: dice.bytes(40), from: 0, count: limit)
    #expect(other.count <= limit)
    let places = (0..<limit).filter { set.contains($0) }
    #expect(PlaceSet.runs(of: places[...], from: 0) == set.runs(from: 0, count: limit))
    if let first = set.next(from: 0) {
      #expect(set.contains(first) && !(0..<first).contains { set.contains($0) })
    }
  }

  @Test("The largest maps and questions fit the channel that carries them")
  func worstMessagesFit() {
    let limit = ExchangeLimits.places
    var set = PlaceSet(limit: Int(limit))
    for place in stride(from: 0, to: Int(limit), by: 2) { set.insert(place) }
    let runs = set.runs(from: 0, count: Int(limit))
    let map = ExchangeMessage.have(contribution: SHA256.hash([1]), from: 0, runs: runs)
    #expect(map.value.encoded().count < SessionChannel.requests.maximumMessage)
    // As many ranges as a block may have, each as far from the last one as three bytes can say.
    let ranges = (0..<ExchangeLimits.rangesOfBlock).map { $0 * 500 + 1..<$0 * 500 + 300 }
    let all = (0..<100).map {
      ExchangeMessage.Pieces(digest: SHA256.hash([UInt8($0)]), ranges: ranges)
    }
    let messages = ExchangeMessage.Pieces.messages(of: all)
    #expect(messages.flatMap { $0 } == all && messages.count > 2)
    for part in messages {
      let bytes = ExchangeMessage.pieces(part).value.encoded()
      #expect(bytes.count < SessionChannel.requests.maximumMessage)
    }
  }
}
