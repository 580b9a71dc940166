// What a person wants of other peers survives, and other connections see it (Specs/Running.md).

import Content
import Cryptography
import Testing

@testable import Store

@Suite("Settings of a peer")
struct PeerSettingsTests {
  private func net(_ name: String) -> CID { CID(of: Array(name.utf8), codec: .dagCBOR) }

  private func someone(_ seed: UInt8) throws -> PublicKey {
    try #require(Identity(seed: [UInt8](repeating: seed, count: 32))).publicKey
  }

  @Test("are the defaults until somebody says otherwise")
  func defaults() throws {
    let settings = try PeerSettings(try Database(.memory))
    #expect(try settings.following(net("a")) == Following(datanet: net("a"), mode: .all))
    #expect(try settings.followings().isEmpty && settings.pins().isEmpty)
    #expect(try settings.limits() == PeerLimits() && settings.listenAddresses().isEmpty)
    #expect(try settings.revision() == 0)
  }

  @Test("are kept, and each change by a person counts")
  func kept() throws {
    let settings = try PeerSettings(try Database(.memory))
    let key = SHA256.hash([1])
    try settings.follow(Following(datanet: net("a"), mode: .pinned, key: key))
    try settings.follow(Following(datanet: net("a"), mode: .claims, key: key))
    #expect(
      try settings.followings() == [Following(datanet: net("a"), mode: .claims, key: key)])
    let file = Pin(datanet: net("a"), claim: net("c"), path: "x/y.jsonl", records: 3..<9)
    let whole = Pin(datanet: net("a"), claim: net("c"))
    #expect(try settings.pin(file) && settings.pin(whole))
    #expect(try !settings.pin(file))
    #expect(try settings.pins(of: net("a")) == [file, whole])
    #expect(try settings.pins(of: net("b")).isEmpty)
    #expect(try settings.unpin(file) && !settings.unpin(file))
    let limits = PeerLimits(uploadBytesPerSecond: 1 << 20, quotaBytes: 5)
    try settings.setLimits(limits)
    #expect(try settings.limits() == limits)
    try settings.setListenAddresses(["127.0.0.1:0", "[::1]:0"])
    #expect(try settings.listenAddresses() == ["127.0.0.1:0", "[::1]:0"])
    #expect(try settings.revision() == 9)
  }

  @Test("pin a file, a folder, and not what only begins alike")
  func pinnedPaths() {
    let pin = Pin(datanet: net("a"), path: "data/one")
    #expect(pin.includes(path: "data/one") && pin.includes(path: "data/one/deep.csv"))
    #expect(!pin.includes(path: "data/ones") && !pin.includes(path: "data"))
    #expect(Pin(datanet: net("a")).includes(path: "anything"))
  }

  @Test(
    "remember whom a person gave, whatever is learnt later, and count nothing of it as a change")
  func memory() throws {
    let settings = try PeerSettings(try Database(.memory))
    let (ada, ben) = (try someone(1), try someone(2))
    var first = KnownPeer(identity: ada, address: "127.0.0.1:1", datanet: net("a"), isGiven: true)
    try settings.remember([first, KnownPeer(identity: ben, address: "[::1]:2", failures: 3)])
    first.isTried = true
    first.isGiven = false
    first.answeredMilliseconds = 77
    try settings.remember([first])
    first.isGiven = true
    #expect(
      try settings.knownPeers() == [
        first, KnownPeer(identity: ben, address: "[::1]:2", failures: 3),
      ])
    try settings.forget([first])
    #expect(try settings.knownPeers().map(\.identity) == [ben])
    let ban = Ban(identity: ben, untilMilliseconds: 9, times: 2, reason: "sent a wrong chunk")
    try settings.ban(ban)
    #expect(try settings.bans() == [ban])
    #expect(try settings.unban(ben) && !settings.unban(ben))
    #expect(try settings.revision() == 0)
  }

  @Test("keep at most so many addresses, the given ones longest")
  func bounded() throws {
    let settings = try PeerSettings(try Database(.memory))
    let ada = try someone(1)
    let many = (0..<PeerSettings.mostKnownPeers + 50).map { number in
      KnownPeer(identity: ada, address: "10.0.0.1:\(number)", failures: number)
    }
    let given = KnownPeer(identity: ada, address: "10.0.0.2:1", failures: 99_999, isGiven: true)
    try settings.remember([given])
    try settings.remember(many)
    let kept = try settings.knownPeers()
    #expect(kept.count == PeerSettings.mostKnownPeers && kept.contains(given))
    #expect(!kept.contains { $0.failures == PeerSettings.mostKnownPeers + 49 })
  }

  @Test("of a home that an older program made can be read, and are the defaults")
  func olderHome() throws {
    let home = try TemporaryHome()
    let path = home.home.path + "/older.sqlite"
    try home.home.makeDirectories()
    _ = try Database(.file(path))
    let settings = try PeerSettings(try Database(.file(path), access: .readOnly))
    #expect(try settings.followings().isEmpty && settings.revision() == 0)
  }

  @Test("are seen by another connection as soon as they are written")
  func seen() throws {
    let home = try TemporaryHome()
    try home.home.makeDirectories()
    let one = try Database(.file(home.home.databasePath))
    let other = try Database(.file(home.home.databasePath))
    let (writer, reader) = (try PeerSettings(one), try PeerSettings(other))
    let before = try other.dataVersion()
    try writer.follow(Following(datanet: net("a"), mode: .none))
    #expect(try other.dataVersion() != before)
    #expect(try reader.revision() == 1 && reader.following(net("a")).mode == .none)
  }
}
