// One connection of a node: its session, what it shares, and what waits to be sent on it
// (Specs/Node.md, "Links").

internal import Content
internal import Cryptography
internal import PeerProtocol

final class PeerLink {
  let id: LinkID
  let address: String
  let since: Instant
  /// Nil until a wished connection stands.
  var session: Session?
  /// Whom we dialled; nil for those who dialled us.
  let wish: DialWish?

  /// Who is proven to be at the other end.
  var peer: PublicKey?
  var agent = ""
  var listensAt: [String] = []
  var shared: SharedDatanets?

  /// Bytes are with the system, which has not taken them all.
  var isWriting = false
  /// Since when, and how many are given to it at once: what it takes in a moment, so that a claim
  /// never waits long behind chunks.
  private(set) var writingSince = Instant(milliseconds: 0)
  private(set) var sendBytes = NodeLimits.firstSendBytes
  var isPaused = false

  /// Chains that wait to be sent, in the order of the wishes.
  var chains: [ChainToSend] = []
  /// Bytes of claims that were received and are to be granted once the claims are checked.
  var owedClaimBytes = 0
  /// Rounds of reconciliation that this side began.
  var rounds: [CID: Round] = [:]
  var nextRoundNumber: UInt32 = 0

  var roundAllowance = Allowance(NodeLimits.rounds)
  var askAllowance = Allowance(NodeLimits.asked)

  /// A piece of reading is under way for it.
  var reading: WorkToken?
  var readingFor: CID?
  /// What is read, and the index in which it was found: in another one it may be elsewhere.
  var blocksRead: [BlockToRead] = []
  var readingVersion: Int?
  /// Blocks that are read and found no room in the session's queue.
  var readyChunks: [(datanet: CID, block: WorkResult.ReadBlock)] = []
  var form = WireForm()

  var bytesReceived: UInt64 = 0
  var bytesSent: UInt64 = 0
  var meterDown = RateMeter()
  var meterUp = RateMeter()

  init(_ id: LinkID, address: String, wish: DialWish?, at now: Instant) {
    self.id = id
    self.address = address
    self.wish = wish
    since = now
  }

  func began(writingAt now: Instant) { (isWriting, writingSince) = (true, now) }

  func drained(at now: Instant) {
    guard isWriting else { return }
    isWriting = false
    let span = now.milliseconds(since: writingSince)
    if span < NodeLimits.quickMilliseconds {
      sendBytes = min(sendBytes * 2, NodeLimits.sendBytes)
    } else if span > NodeLimits.slowMilliseconds {
      sendBytes = max(sendBytes / 2, NodeLimits.leastSendBytes)
    }
  }

  /// When a peer that takes nothing is given up; nil while nothing waits to be taken.
  var stallDue: Instant? {
    isWriting ? writingSince.advanced(byMilliseconds: NodeLimits.stallMilliseconds) : nil
  }

  var isDialler: Bool { wish != nil }
  var isEstablished: Bool { peer != nil }

  func shares(_ datanet: CID) -> Bool { shared?.handle(of: datanet) != nil }
}

/// Why a connection was wished.
struct DialWish: Sendable {
  var contact: PeerContact
  var address: String
  /// The private Datanet's key for which the contact is known.
  var key: Digest?
}

/// One author's claims from a height on, to be sent to a peer.
struct ChainToSend: Sendable {
  let datanet: CID
  let author: PublicKey
  /// Claims that the peer has.
  var count: Int
  /// Its newest differs from ours: ours of the same height is sent too.
  var overlaps: Bool
  /// Heights from here on are not wished.
  var end: Int
  /// Nothing of it was sent yet: the proof of a fork goes first.
  var isFresh = true
}

/// A round of reconciliation that this side began.
struct Round {
  let number: UInt32
  var reconciliation: Reconciliation
  let begun: Instant
}

/// Whether chunks travel packed on a link (Specs/Node.md, "Packing").
struct WireForm: Sendable {
  private(set) var isPacking = false
  /// Bytes sent, and what they were before packing, since `begun`.
  private var sent = 0
  private var plain = 0
  private var begun: Instant?
  private var last = Instant(milliseconds: 0)
  /// Measurements for which packing is not tried again.
  private var rest = 0
  /// Plain bytes a millisecond before packing was tried; nil once it was judged.
  private var rateBefore: Int?

  /// A measurement takes so long,
  private static let spanMilliseconds: UInt64 = 200
  /// begins anew after so long with nothing to send,
  private static let pauseMilliseconds: UInt64 = 1_000
  /// and has so many bytes at least.
  private static let leastBytes = 128 << 10
  /// Links that carry more than this in a millisecond are faster than packing and unpacking.
  private static let fastest = 60 << 10
  /// After packing did not pay it is tried again after so many measurements.
  private static let pause = 64

  /// A chunk was handed to the session. Packing is tried on a link that is slower than packing. It is
  /// kept when it made the link faster, as it does not where the machines are what is slow, and while
  /// it saves a tenth.
  mutating func note(plain: Int, sent: Int, wasIdle: Bool, at now: Instant) {
    // After a pause the link's rate is not what was measured. It is none while others still wait:
    // a slow link takes seconds for what is read at once.
    if begun == nil || (wasIdle && now.milliseconds(since: last) > Self.pauseMilliseconds) {
      (begun, self.sent, self.plain) = (now, 0, 0)
    }
    last = now
    self.sent += sent
    self.plain += plain
    let span = now.milliseconds(since: begun ?? now)
    guard span >= Self.spanMilliseconds, self.plain >= Self.leastBytes else { return }
    let rate = self.plain / Int(span)
    let saves = self.sent * 10 <= self.plain * 9
    begun = nil
    if isPacking {
      let isFaster = rateBefore.map { rate * 20 >= $0 * 21 } ?? true
      isPacking = saves && rate <= Self.fastest && isFaster
      rest = isPacking ? 0 : Self.pause
      rateBefore = nil
    } else if rest > 0 {
      rest -= 1
    } else if rate <= Self.fastest {
      isPacking = true
      rateBefore = rate
    }
  }
}
