// What a node keeps of one Datanet that it follows: the protocols, and what is known of the claims
// (Specs/Node.md, "Memberships").

internal import Claims
internal import Content
internal import Cryptography
internal import PeerProtocol
internal import Store

final class Membership {
  let secret: DatanetSecret
  var datanet: CID { secret.datanet }
  var mode: FollowMode
  /// The genesis is here.
  var isKnown = false

  var overlay: Overlay
  var broadcast = Broadcast()
  var exchange: Exchange
  /// Peers on whose sessions the Datanet is open, sorted.
  var peers: [PublicKey] = []

  /// The frontier as reconciliation reads it, and the number of each author in it.
  var index = FrontierIndex()
  var numbers: [PublicKey: Int] = [:]
  /// Up to here the store's claims are known to the index.
  var sequence = 0

  /// Claims that came and are not checked yet.
  var intake: [ArrivedClaim] = []
  var intakeBytes = 0
  /// Claims whose signatures are true and that are not merged yet.
  var checked: [(claim: Claim, arrived: ArrivedClaim)] = []
  var checkedBytes = 0
  var claimsWaiting: Int { intake.count + checked.count }
  var claimBytesWaiting: Int { intakeBytes + checkedBytes }
  /// Claims of which the clock says that they are from the future.
  var future: [ArrivedClaim] = []

  /// When the next round with some peer is due.
  var nextRound: Instant
  /// Peers with whom a round should follow soon, and how long after the last.
  var soon: [(peer: PublicKey, at: Instant, wait: UInt64)] = []
  /// Since both sides of a round knew the same.
  var agreedAt: Instant?
  /// Peers who came lately and with whom no round has found the same, and until when they are
  /// waited for.
  var uncompared: [(peer: PublicKey, until: Instant)] = []
  /// The claims agree with somebody's, and no newcomer may know more.
  var isAgreed: Bool { agreedAt != nil && uncompared.isEmpty }
  var lastClaim: Instant

  var contributions = ContributionBook()
  var lastStandstill: Standstill?

  init(_ secret: DatanetSecret, mode: FollowMode, own: PeerContact, chance: UInt64, at now: Instant)
  {
    self.secret = secret
    self.mode = mode
    var dice = SeededGenerator(seed: chance)
    overlay = Overlay(own: own, chance: SeededGenerator(seed: dice.next()), at: now)
    exchange = Exchange(
      own: own.identity, chance: SeededGenerator(seed: dice.next()), at: now)
    nextRound = now.advanced(
      byMilliseconds: UInt64.random(in: 0..<NodeLimits.roundMilliseconds, using: &dice))
    lastClaim = now
  }

  func isJoined(_ peer: PublicKey) -> Bool { peers.contains(peer) }

  /// Takes an author's state into the index.
  func note(_ entry: Frontier.Entry) {
    guard entry.count > 0 || entry.fork != nil else { return }
    let announced = entry.announced
    let number = numbers[entry.author] ?? numbers.count
    numbers[entry.author] = number
    index.set(
      ChainState(count: UInt32(clamping: announced.count), head: announced.head),
      of: entry.author, number: number)
  }

  /// When something of it is due.
  var deadline: Instant {
    var due = min(overlay.deadline, exchange.deadline, nextRound)
    if let next = broadcast.deadline { due = min(due, next) }
    for round in soon { due = min(due, round.at) }
    if let first = uncompared.first { due = min(due, first.until) }
    if let next = contributions.reviewDue { due = min(due, next) }
    if let next = contributions.advanceDue { due = min(due, next) }
    return due
  }
}

/// A claim's bytes and how they came.
struct ArrivedClaim: Sendable {
  let bytes: [UInt8]
  /// Nil for what another process of this home wrote.
  let from: PublicKey?
  /// Links it came over as gossip; nil when it was sent for.
  let hops: UInt8?
}
