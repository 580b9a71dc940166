// The addresses that a peer knows, arranged so that one liar cannot fill them
// (Specs/Discovery.md, "Table"; after Bitcoin's address manager and the eclipse paper of 2015).

public import Cryptography

public enum PeerTableLimits {
  /// Buckets for addresses that nobody here has reached yet.
  public static let untriedBuckets = 256
  /// Buckets for addresses that answered with their identity.
  public static let triedBuckets = 64
  /// Entries in a bucket.
  public static let bucketEntries = 16
  /// Buckets that addresses told by one group of tellers can reach.
  public static let bucketsPerSource = 16
  /// Buckets that one group of addresses can reach among the tried.
  public static let bucketsPerGroup = 4
  /// The first wait after a failure; it doubles with each.
  public static let firstWaitMilliseconds: UInt64 = 10_000
  /// The longest wait.
  public static let longestWaitMilliseconds: UInt64 = 6 * 3_600_000
  /// After so many failures in a row an untried entry is forgotten.
  public static let failures: UInt8 = 8
  /// After so many, whoever others say is at a tried address has his turn.
  public static let rivalFailures: UInt8 = 3
}

public struct PeerTable: Sendable {
  public struct Entry: Equatable, Sendable {
    public var identity: PublicKey
    public var address: String
    /// Failures since the last success.
    public var failures: UInt8 = 0
    /// When it may be dialled again.
    public var due: Instant
    public var isTried: Bool
    /// The last time it answered; nil when it never did.
    public var answered: Instant?
    /// Who is at the address according to others; its turn comes when the first one's has failed.
    public var rival: PublicKey?
    public var isRivalsTurn = false

    /// The entry as it is to be dialled next.
    var asDialled: Entry {
      guard isRivalsTurn, let rival else { return self }
      var entry = self
      (entry.identity, entry.isTried) = (rival, false)
      return entry
    }
  }

  /// Secret, so that nobody outside can compute who shares a bucket with whom.
  private let hash: SipHash
  private var chance: SeededGenerator
  private var untried: [[Entry]]
  private var tried: [[Entry]]

  public init(secret: Digest) {
    hash = SipHash(key: secret)
    chance = SeededGenerator(seed: secret.prefix)
    untried = Array(repeating: [], count: PeerTableLimits.untriedBuckets)
    tried = Array(repeating: [], count: PeerTableLimits.triedBuckets)
  }

  /// All entries: the tried first, bucket by bucket.
  public var entries: [Entry] { (tried + untried).flatMap { $0 } }

  public func contacts(limit: Int) -> [PeerContact] {
    entries.prefix(limit).map { PeerContact(identity: $0.identity, addresses: [$0.address]) }
  }

  private func words(_ label: UInt64, _ parts: [UInt8]) -> UInt64 {
    let digest = SHA256.hash(parts).fourWords
    return hash.hash([label, digest.0, digest.1, 0, 0, 0, 0, 0], count: 3)
  }

  private func untriedBucket(_ group: AddressGroup, source: AddressGroup) -> Int {
    let slot =
      words(1, group.bytes + [0xFF] + source.bytes) % UInt64(PeerTableLimits.bucketsPerSource)
    return Int(words(2, source.bytes + [UInt8(slot)]) % UInt64(PeerTableLimits.untriedBuckets))
  }

  private func triedBucket(_ group: AddressGroup, address: String) -> Int {
    let slot = words(3, Array(address.utf8)) % UInt64(PeerTableLimits.bucketsPerGroup)
    return Int(words(4, group.bytes + [UInt8(slot)]) % UInt64(PeerTableLimits.triedBuckets))
  }

  private func place(of address: String) -> (tried: Bool, bucket: Int, index: Int)? {
    for (bucket, entries) in tried.enumerated() {
      if let index = entries.firstIndex(where: { $0.address == address }) {
        return (true, bucket, index)
      }
    }
    for (bucket, entries) in untried.enumerated() {
      if let index = entries.firstIndex(where: { $0.address == address }) {
        return (false, bucket, index)
      }
    }
    return nil
  }

  /// Somebody at `source` says that `contact` may be found. Names and malformed addresses are
  /// passed over; the number taken in is returned.
  @discardableResult
  public mutating func learn(_ contact: PeerContact, from source: String, at now: Instant) -> Int {
    let sourceGroup = AddressGroup(source) ?? AddressGroup("127.0.0.1:0")
    var taken = 0
    for address in contact.addresses {
      guard let group = AddressGroup(address), let sourceGroup else { continue }
      if let known = place(of: address) {
        oppose(contact.identity, at: known)
        continue
      }
      let bucket = untriedBucket(group, source: sourceGroup)
      if untried[bucket].count >= PeerTableLimits.bucketEntries {
        // The one that failed most goes; none that is yet to be tried makes room for a stranger
        // unless chance says so, one time in four.
        let worst = untried[bucket].indices.max {
          untried[bucket][$0].failures < untried[bucket][$1].failures
        }
        guard let worst,
          untried[bucket][worst].failures > 0 || UInt8.random(in: 0..<4, using: &chance) == 0
        else { continue }
        untried[bucket].remove(at: worst)
      }
      untried[bucket].append(
        Entry(identity: contact.identity, address: address, due: now, isTried: false))
      taken += 1
    }
    return taken
  }

  /// Somebody else is said to be at an address that is known. The first teller may be the liar, or
  /// the last: both identities have their turns. Among several rivals chance decides, so that two
  /// lies do not shut out the honest one, who is told again and again.
  private mutating func oppose(
    _ identity: PublicKey, at known: (tried: Bool, bucket: Int, index: Int)
  ) {
    let entry =
      known.tried ? tried[known.bucket][known.index] : untried[known.bucket][known.index]
    guard entry.identity != identity, entry.rival != identity,
      entry.rival == nil || Bool.random(using: &chance)
    else { return }
    if known.tried {
      tried[known.bucket][known.index].rival = identity
    } else {
      untried[known.bucket][known.index].rival = identity
    }
  }

  /// The identity answered at the address: it moves to the tried. When its bucket is full the
  /// entry that answered longest ago goes back to the untried.
  public mutating func answered(_ identity: PublicKey, address: String, at now: Instant) {
    guard let group = AddressGroup(address) else { return }
    remove(address)
    let entry = Entry(
      identity: identity, address: address, due: now, isTried: true, answered: now)
    let bucket = triedBucket(group, address: address)
    if tried[bucket].count >= PeerTableLimits.bucketEntries {
      let oldest = tried[bucket].indices.min {
        let (left, right) = (tried[bucket][$0].answered, tried[bucket][$1].answered)
        return (left?.milliseconds ?? 0) < (right?.milliseconds ?? 0)
      }
      if let oldest {
        let old = tried[bucket].remove(at: oldest)
        learn(
          PeerContact(identity: old.identity, addresses: [old.address]), from: old.address,
          at: now)
      }
    }
    tried[bucket].append(entry)
  }

  /// Nobody, or not the identity, answered at the address. That says nothing of an entry for
  /// another identity.
  public mutating func failed(_ identity: PublicKey, address: String, at now: Instant) {
    guard let (isTried, bucket, index) = place(of: address) else { return }
    var entry = isTried ? tried[bucket][index] : untried[bucket][index]
    guard entry.asDialled.identity == identity else { return }
    entry.failures = entry.failures == .max ? .max : entry.failures + 1
    let doublings = UInt64(min(entry.failures - 1, 16))
    let wait = min(
      PeerTableLimits.firstWaitMilliseconds << doublings, PeerTableLimits.longestWaitMilliseconds)
    // Up to a quarter more, so that peers that failed together do not come back together.
    entry.due = now.advanced(byMilliseconds: wait + UInt64.random(in: 0...wait / 4, using: &chance))
    let first = isTried ? PeerTableLimits.rivalFailures : 1
    if entry.rival != nil, entry.failures >= first {
      // The other one's turn: at once the first time, then as any failure has it.
      entry.isRivalsTurn = entry.identity == identity
      if entry.failures == first { entry.due = now }
    }
    if isTried {
      tried[bucket][index] = entry
    } else if entry.failures >= PeerTableLimits.failures {
      untried[bucket].remove(at: index)
    } else {
      untried[bucket][index] = entry
    }
  }

  private mutating func remove(_ address: String) {
    guard let (isTried, bucket, index) = place(of: address) else { return }
    if isTried { tried[bucket].remove(at: index) } else { untried[bucket].remove(at: index) }
  }

  /// Whom to dial next: a tried or an untried one with equal chance, of a random bucket, so that
  /// many entries in few buckets gain nothing. Skips those whose wait is not over, and `busy`.
  public mutating func candidate(at now: Instant, busy: [PublicKey]) -> Entry? {
    let triedFirst = Bool.random(using: &chance)
    for buckets in triedFirst ? [tried, untried] : [untried, tried] {
      let ready = buckets.map { bucket in
        bucket.map(\.asDialled).filter { $0.due <= now && !busy.contains($0.identity) }
      }
      if let bucket = ready.filter({ !$0.isEmpty }).randomElement(using: &chance),
        let entry = bucket.randomElement(using: &chance)
      {
        return entry
      }
    }
    return nil
  }

  /// When the next entry becomes due; nil when the table is empty.
  public var nextDue: Instant? { entries.map(\.due).min() }
}
