// What was acknowledged survives a killed process, and no height is signed twice
// (Specs/ClaimStore.md, "Own claims").

import Claims
import Content
import Cryptography
import Glibc
import Histories
import Testing

@testable import Store

@Suite struct ClaimCrashTests {
  private static let datanetName = "crash"

  private static func identity() -> Identity {
    Identity(seed: SHA256.hash(Array("crash".utf8)).bytes)!
  }

  /// Signs claims until the process kills itself after a while. Each digest is written to a file
  /// once its claim is acknowledged.
  private static func signUntilKilled(_ directory: String, microseconds: Int) throws {
    let killer = Worker {
      usleep(UInt32(microseconds))
      kill(getpid(), SIGKILL)
    }
    let store = try ClaimStore(Database(.file("\(directory)/claims.sqlite")))
    let me = identity()
    let genesis = try Claim.signed(
      .genesis(Genesis(name: datanetName)), at: .genesis, timeMilliseconds: 1, by: me)
    try store.join(genesis)
    let log = unsafe open("\(directory)/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    for number in 0..<1_000_000 {
      // Several claims in some transactions, so that a kill can fall inside.
      let contents = (0...(number % 3)).map { contribution("\(number) \($0)") }
      let claims = try store.append(contents, to: genesis.cid, by: me, timeMilliseconds: number)
      for claim in claims {
        let bytes = claim.digest.bytes
        unsafe write(log, bytes, bytes.count)
      }
    }
    killer?.join()
  }

  @Test func killedAtAnyMomentNothingAcknowledgedIsLostAndNoHeightIsSignedTwice() async throws {
    let directory = try TemporaryHome()
    let path = directory.path
    var dice = Dice(20)
    var longest = 0
    var rounds = 0
    // On a busy machine most kills come before there is much to lose: then it takes more of them.
    while rounds < 12 || longest <= 12 && rounds < 100 {
      rounds += 1
      let wait = 30_000 + dice.below(120_000)
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [path = path as String, wait = wait as Int] in
        try Self.signUntilKilled(path, microseconds: wait)
      }
      let store = try ClaimStore(Database(.file("\(path)/claims.sqlite")))
      // On a busy machine the kill may come before the first claim.
      guard let datanet = try store.datanets().first else {
        #expect((try? SmallFile.read("\(path)/acknowledged", mostBytes: 1))?.isEmpty ?? true)
        continue
      }
      // Claims beyond the acknowledged ones may be there; none of those may be missing.
      // The log is made after the first claim, so the kill may fall between.
      let logged = (try? SmallFile.read("\(path)/acknowledged", mostBytes: 1 << 24)) ?? []
      for start in stride(from: 0, to: logged.count - logged.count % 32, by: 32) {
        let digest = try #require(Digest(bytes: logged[start..<(start + 32)]))
        let claim = try store.claim(CID(codec: .dagCBOR, digest: digest))
        #expect(claim != nil, "an acknowledged claim is lost")
      }
      let frontier = try store.frontier(of: datanet)
      let entry = try #require(frontier.entries.first)
      #expect(frontier.entries.count == 1 && entry.fork == nil)
      #expect(entry.count >= longest)
      longest = entry.count
      #expect(try store.defects(of: datanet).isEmpty)
    }
    #expect(longest > 12)
  }

  @Test func aCheckFindsWhatWasChangedBehindItsBack() throws {
    let history = try History(seed: 11, claims: 120)
    let changes = [
      "UPDATE entry SET standing = (standing + 1) % 7 WHERE id = (SELECT max(id) FROM entry)",
      "UPDATE net SET records = records + 1",
      "DELETE FROM mention WHERE seq = (SELECT max(seq) FROM mention)",
      "UPDATE claim SET mark = mark + 1 WHERE seq = 5", "DELETE FROM entry",
      "DELETE FROM claim WHERE seq = (SELECT max(seq) FROM claim)",
      "UPDATE chain SET count = count - 1 WHERE count > 3",
    ]
    for change in changes {
      let database = try Database(.memory)
      let store = try ClaimStore(database)
      try store.join(history.genesis)
      _ = try store.insert(history.claims)
      #expect(try store.defects(of: history.genesis.cid).isEmpty)
      try database.execute(change)
      let again = try ClaimStore(database)
      #expect(try !again.defects(of: history.genesis.cid).isEmpty, "\(change)")
    }
  }
}
