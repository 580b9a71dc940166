// A running peer without sockets, clock or threads: events in, effects out
// (Specs/Node.md has the state × event tables).

internal import Content
public import Cryptography
public import PeerProtocol
public import Store

/// Used by one thread, which also owns the store's connections.
public final class Node {
  let identity: Identity
  let claims: ClaimStore
  let blocks: BlockStore
  /// Nil on a disk in memory, where nothing else can open the home.
  let home: Home?
  let staticKey: KeyPair
  var chance: SeededGenerator
  /// Secret randomness for handshakes: a counter under a key that never leaves this object.
  private let secretSeed: Digest
  private var secretCounter: UInt64 = 0

  var settings = NodeSettings()
  var addresses: [String] = []
  /// The wall clock's milliseconds less the node's; nil until it is told.
  var wallOffset: Int?

  /// By link, ascending.
  var links: [PeerLink] = []
  /// The connection to each proven peer; look-ups only.
  var linkOf: [PublicKey: PeerLink] = [:]
  var dialled: UInt64 = 0
  /// By Datanet, ascending.
  var memberships: [Membership] = []

  var table: PeerTable
  var bans: BanList
  var dialling = DialBook()
  var nextDial: Instant
  var nextReach: Instant
  /// Whom this node dialled last to see somebody else.
  var reached: PublicKey?

  var tokens: UInt64 = 0
  var claimWork: ClaimWork?
  /// When checked claims are merged; nil when none wait.
  var mergeDue: Instant?
  /// Not before, unless there are many.
  var nextMerge: Instant
  /// Merges that may still follow each other without that wait.
  var quickMerges = NodeLimits.quickMerges
  var intake = ChunkIntake()
  var upload = TokenBucket()
  var download = TokenBucket()
  var bytesReceived: UInt64 = 0
  var bytesSent: UInt64 = 0
  var meterUp = RateMeter()
  var meterDown = RateMeter()
  var isLeaving = false
  /// The machine's trouble that stops fetching, and until when it is given time to go.
  var trouble: String?
  var troubleUntil: Instant?
  var storedBytes = 0
  var blocksVersion: Int?
  /// A block came for which the quota has no room.
  var refusedByQuota = false
  /// Somebody was sent what is not what its name says: from then on blocks are checked before they
  /// are sent, so that the bad ones are found.
  var checksReads = false
  /// Whose turn it is to send first.
  private var turn = 0
  var collectDue: Instant?
  var collecting: WorkToken?
  /// The time of the newest event.
  var lastSeen: Instant

  var effects: [NodeEffect] = []

  public init(
    identity: Identity, claims: ClaimStore, blocks: BlockStore, home: Home?,
    memory: NodeMemory = NodeMemory(), seed: Digest, at now: Instant
  ) {
    self.identity = identity
    self.claims = claims
    self.blocks = blocks
    self.home = home
    secretSeed = HMAC.sha256(key: seed.bytes, Array("datanet node secrets".utf8))
    let table = HMAC.sha256(key: seed.bytes, Array("datanet node table".utf8))
    chance = SeededGenerator(
      seed: HMAC.sha256(key: seed.bytes, Array("datanet node chance".utf8)).prefix)
    self.table = PeerTable(secret: table)
    let secret = HMAC.sha256(key: seed.bytes, Array("datanet node static key".utf8))
    guard let pair = KeyPair(secret: secret.bytes) else {
      preconditionFailure("a digest has the length of a secret key")
    }
    staticKey = pair
    bans = BanList(memory.bans)
    nextDial = now
    nextMerge = now
    nextReach = now.advanced(byMilliseconds: NodeLimits.reachMilliseconds)
    lastSeen = now
    refreshStoredBytes()
    remember(memory.peers, at: now)
  }

  public convenience init(
    identity: Identity, store: Store, memory: NodeMemory = NodeMemory(), seed: Digest,
    at now: Instant
  ) {
    self.init(
      identity: identity, claims: store.claims, blocks: store.blocks, home: store.home,
      memory: memory, seed: seed, at: now)
  }

  /// Takes one event and gives what is to be done, in order.
  public func handle(_ event: NodeEvent, at now: Instant) -> [NodeEffect] {
    switch event {
    case .listening(let addresses): listen(at: addresses)
    case .settings(let settings): apply(settings, at: now)
    case .accepted(let link, let address): accept(link, from: address, at: now)
    case .dialled(let link): dialSucceeded(link, at: now)
    case .dialFailed(let link, let reason): dialFailed(link, reason, at: now)
    case .received(let link, let bytes):
      unsafe bytes.withUnsafeBytes { unsafe take($0, on: link, at: now) }
    case .drained(let link): find(link)?.drained(at: now)
    case .ended(let link, let reason): ended(link, reason, at: now)
    case .found(let contact, let address): found(contact, from: address, at: now)
    case .changed: homeChanged(at: now)
    case .clock(let wall):
      wallOffset = wall - Int(clamping: now.milliseconds)
      presentClaims(at: now)
    case .worked(let token, let result): worked(token, result, at: now)
    case .tick: tick(at: now)
    case .leave: leave(at: now)
    }
    return finish(at: now)
  }

  /// Bytes from the wire, without a copy: they may be gone after the call.
  public func receive(
    _ bytes: UnsafeRawBufferPointer, on link: LinkID, at now: Instant
  ) -> [NodeEffect] {
    unsafe take(bytes, on: link, at: now)
    return finish(at: now)
  }

  private func finish(at now: Instant) -> [NodeEffect] {
    lastSeen = now
    checkClaims(at: now)
    checkRates(at: now)
    enterChunks(at: now)
    storeChunks(at: now)
    // Under a rate the first would take everything, so each is first in turn.
    turn = links.isEmpty || upload.bytesPerSecond == nil ? 0 : (turn + 1) % links.count
    for link in links[turn...] + links[..<turn] { pump(link, at: now) }
    defer { effects = [] }
    return effects
  }

  /// When `tick` is due next; nil when nothing waits for a time. What waits for work that is under
  /// way has no time: a tick could do nothing about it, and would be due again at once.
  public var deadline: Instant? {
    var due = nextDial
    for link in links {
      if let next = link.session?.deadline { due = min(due, next) }
      if let next = link.stallDue { due = min(due, next) }
    }
    for membership in memberships { due = min(due, membership.deadline) }
    if trouble == nil {
      if let next = intake.syncDue, intake.syncing == nil { due = min(due, next) }
      if let next = intake.storeDue, canStore(at: lastSeen) { due = min(due, next) }
      if !intake.entering.isEmpty { due = lastSeen }
    }
    if let next = mergeDue { due = min(due, next) }
    if let next = rateDue { due = min(due, next) }
    if let next = collectDue, collecting == nil { due = min(due, next) }
    if let next = troubleUntil { due = min(due, next) }
    return due
  }

  private func tick(at now: Instant) {
    for link in links { tick(link, at: now) }
    if let due = mergeDue, now >= due { mergeChecked(at: now) }
    for membership in memberships { tick(membership, at: now) }
    if now >= nextDial { lookAround(at: now) }
    if troubleUntil != nil { checkQuota(at: now) }
    collect(at: now)
  }

  private func leave(at now: Instant) {
    isLeaving = true
    for link in links {
      if let session = link.session { drop(link, session.leave(.shuttingDown), at: now) }
    }
  }

  // MARK: Small things that all parts use

  func report(_ report: NodeReport) { effects.append(.report(report)) }

  func nextToken() -> WorkToken {
    tokens += 1
    return WorkToken(number: tokens)
  }

  /// Runs what touches the store. The machine's trouble is told and ends nothing.
  func storing<Result>(_ what: String, _ body: () throws -> Result) -> Result? {
    do { return try body() } catch {
      report(.trouble("\(what): \(error)"))
      return nil
    }
  }

  func ephemeral() -> KeyPair {
    secretCounter += 1
    var message = Array("ephemeral".utf8)
    for shift in stride(from: 56, through: 0, by: -8) {
      message.append(UInt8(truncatingIfNeeded: secretCounter >> UInt64(shift)))
    }
    let secret = HMAC.sha256(key: secretSeed.bytes, message)
    return KeyPair(secret: secret.bytes) ?? staticKey
  }

  var ownContact: PeerContact {
    PeerContact(
      identity: identity.publicKey,
      addresses: Array(addresses.prefix(PeerContact.maximumAddresses)))
  }

  /// What the wall clock shows; nil until it was told.
  func wall(at now: Instant) -> Int? {
    wallOffset.map { $0 + Int(clamping: now.milliseconds) }
  }

  func find(_ id: LinkID) -> PeerLink? { links.first { $0.id == id } }

  func membership(_ datanet: CID) -> Membership? {
    memberships.first { $0.datanet == datanet }
  }
}
