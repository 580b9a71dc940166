// Who is not spoken with for a while: by identity, so that honest peers who share an address with a
// liar are not; and the neighbourhoods from which liars come under new names
// (Specs/Node.md, "Bans").

internal import Cryptography
internal import PeerProtocol
internal import Store

struct BanList {
  private var bans: [Ban]
  /// Bans of the last hour by neighbourhood.
  private var groups: [(group: AddressGroup, at: Instant)] = []
  /// The newest stranger let in from a suspect neighbourhood.
  private var letIn: [(group: AddressGroup, at: Instant)] = []

  /// With so many liars in an hour a neighbourhood is suspect,
  private static let suspectAfter = 3
  private static let memoryMilliseconds: UInt64 = 3_600_000
  /// and of its unknown identities one is let in in so long.
  private static let patienceMilliseconds: UInt64 = 60_000
  private static let groupsKept = 1_024

  init(_ bans: [Ban]) { self.bans = Array(bans.prefix(NodeLimits.bans)) }

  func ban(of peer: PublicKey, wall: Int) -> Ban? {
    bans.first { $0.identity == peer && $0.untilMilliseconds > wall }
  }

  func holding(wall: Int) -> [Ban] { bans.filter { $0.untilMilliseconds > wall } }

  var all: [Ban] { bans }

  /// Bans, four times as long as the last time; gives how long.
  mutating func add(
    _ peer: PublicKey, address: String, reason: String, wall: Int, at now: Instant
  ) -> UInt64 {
    let last = bans.firstIndex { $0.identity == peer }
    let times = (last.map { bans[$0].times } ?? 0) + 1
    let length = min(
      NodeLimits.banMilliseconds << UInt64(min(2 * (times - 1), 30)),
      NodeLimits.longestBanMilliseconds)
    let ban = Ban(
      identity: peer, untilMilliseconds: wall + Int(length), times: times, reason: reason)
    if let last { bans[last] = ban } else { bans.append(ban) }
    if bans.count > NodeLimits.bans,
      let oldest = bans.indices.min(by: { bans[$0].untilMilliseconds < bans[$1].untilMilliseconds })
    {
      bans.remove(at: oldest)
    }
    if let group = AddressGroup(address) {
      groups.append((group, now))
      if groups.count > Self.groupsKept { groups.removeFirst() }
    }
    return length
  }

  /// Whether an identity that nobody here has met may come in from `address` now.
  mutating func letsIn(strangerAt address: String, at now: Instant) -> Bool {
    guard let group = AddressGroup(address) else { return true }
    groups.removeAll { now.milliseconds(since: $0.at) >= Self.memoryMilliseconds }
    guard groups.count(where: { $0.group == group }) >= Self.suspectAfter else { return true }
    letIn.removeAll { now.milliseconds(since: $0.at) >= Self.patienceMilliseconds }
    guard !letIn.contains(where: { $0.group == group }) else { return false }
    letIn.append((group, now))
    return true
  }
}
