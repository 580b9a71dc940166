// Claims that were announced and do not come (Specs/Overlay.md, "Broadcast").

import Cryptography
import PeerProtocol
import Testing

@Suite struct AnnouncementTests {
  private func digest(_ number: Int) -> Digest { SHA256.hash(Array("\(number)".utf8)) }

  private func peer(_ number: Int) throws -> PublicKey {
    try #require(Identity(seed: digest(number).bytes)).publicKey
  }

  private func at(_ milliseconds: UInt64) -> Instant { Instant(milliseconds: milliseconds) }

  private func announce(_ numbers: Range<Int>) -> BroadcastMessage {
    .announce(numbers.map { .init(digest: digest($0), hops: 1) })
  }

  @Test func eachWhoAnnouncedAClaimIsAskedInTurnAndThenNobody() throws {
    let (ada, ben) = (try peer(1), try peer(2))
    var broadcast = Broadcast()
    for peer in [ada, ben] { _ = broadcast.handle(.neighbourUp(peer), at: at(0)) }
    #expect(broadcast.deadline == nil)
    _ = broadcast.handle(.message(announce(7..<8), from: ada), at: at(100))
    _ = broadcast.handle(.message(announce(7..<9), from: ben), at: at(300))
    #expect(broadcast.deadline == at(1_600))
    #expect(broadcast.handle(.tick, at: at(1_599)).isEmpty)
    #expect(broadcast.handle(.tick, at: at(1_600)) == [.send(.graft(digest(7)), to: ada)])
    #expect(broadcast.deadline == at(1_800))
    #expect(broadcast.handle(.tick, at: at(1_800)) == [.send(.graft(digest(8)), to: ben)])
    #expect(broadcast.deadline == at(2_100))
    // What has come is waited for no longer.
    _ = broadcast.handle(.known(digest(8)), at: at(1_900))
    #expect(broadcast.handle(.tick, at: at(2_100)) == [.send(.graft(digest(7)), to: ben)])
    #expect(broadcast.handle(.tick, at: at(2_600)).isEmpty)
    #expect(broadcast.deadline == nil)
  }

  @Test func whoLeavesIsNotAsked() throws {
    let (ada, ben) = (try peer(1), try peer(2))
    var broadcast = Broadcast()
    for peer in [ada, ben] { _ = broadcast.handle(.neighbourUp(peer), at: at(0)) }
    for peer in [ada, ben] {
      _ = broadcast.handle(.message(announce(0..<3), from: peer), at: at(0))
    }
    _ = broadcast.handle(.neighbourDown(ada), at: at(10))
    let asked = broadcast.handle(.tick, at: at(1_500))
    #expect(asked == (0..<3).map { .send(.graft(digest($0)), to: ben) })
  }

  @Test func aFullListOfAnnouncementsMakesClaimsNoDearer() throws {
    let liar = try peer(1)
    let claims = (0..<4_000).map { digest(1_000_000 + $0) }
    func cost(announced: Int) -> Duration {
      var broadcast = Broadcast()
      _ = broadcast.handle(.neighbourUp(liar), at: at(0))
      for start in stride(from: 0, to: announced, by: 1_000) {
        _ = broadcast.handle(.message(announce(start..<start + 1_000), from: liar), at: at(0))
      }
      let clock = ContinuousClock()
      let began = clock.now
      for claim in claims {
        _ = broadcast.handle(.known(claim), at: at(1))
        _ = broadcast.deadline
      }
      return clock.now - began
    }
    // The least of some, since others use the machine; with a list that is searched it is 500 times.
    let empty = (0..<5).map { _ in cost(announced: 0) }.min() ?? .zero
    let full = (0..<5).map { _ in cost(announced: 6_000) }.min() ?? .zero
    print("announcements: \(claims.count) claims took \(empty), beside a full list \(full)")
    #expect(full < empty * 60)
  }
}
