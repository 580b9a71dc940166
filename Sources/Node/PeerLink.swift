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
  /// Bytes before and after packing, of what was packed so far.
  private var plain = 0
  private var packed = 0
  private var tried = 0
  private var skipped = 0

  /// Chunks that are packed to see whether it pays; again after `pause` plain ones.
  private static let trial = 4
  private static let pause = 256
  /// Links that carry more than this a second are faster than packing and unpacking.
  private static let fastest = 60 << 20

  private(set) var isPacking = false

  /// Whether packing is being measured.
  var isTrying: Bool { tried < Self.trial }

  /// Whether the next piece of reading should pack: the first ones are tried, and then it is done
  /// when it saves a tenth on a link that is slower than packing.
  mutating func decide(bytesPerSecond rate: Int, blocks: Int) -> Bool {
    if rate > Self.fastest {
      isPacking = false
      return false
    }
    if tried >= Self.trial {
      isPacking = packed * 10 <= plain * 9
      if !isPacking {
        skipped += blocks
        if skipped >= Self.pause { (tried, skipped, plain, packed) = (0, 0, 0, 0) }
      }
      return isPacking
    }
    return true
  }

  mutating func note(plain: Int, packed: Int) {
    tried += 1
    self.plain += plain
    self.packed += packed
    // Old measurements count half.
    if self.plain > 64 << 20 { (self.plain, self.packed) = (self.plain / 2, self.packed / 2) }
  }
}
