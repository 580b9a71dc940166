// A frontier as one session sees it: every author and every state under a hash whose key only the
// two peers know, so that nobody can craft claims that hide others
// (Specs/Reconciliation.md, "Keys").

internal import Cryptography

/// What one side has of an author whom the other side can tell by the session's tag.
public struct TaggedState: Hashable, Sendable {
  /// The author's keyed hash, first 32 bits.
  public var tag: UInt32
  /// Claims held; zero for an author whom this side does not know.
  public var count: UInt32
  /// The keyed hash of (author, count, head), first 16 bits.
  public var fingerprint: UInt16

  public init(tag: UInt32, count: UInt32, fingerprint: UInt16) {
    self.tag = tag
    self.count = count
    self.fingerprint = fingerprint
  }
}

struct KeyedFrontier: Sendable {
  struct Entry: Sendable {
    /// The author's keyed hash: the order of entries, buckets, and the tag.
    var place: UInt64
    /// The keyed hash of author, count and head.
    var state: UInt64
    var count: UInt32
    /// The author's number in the index.
    var number: UInt32

    var tagged: TaggedState {
      TaggedState(
        tag: UInt32(truncatingIfNeeded: place >> 32), count: count,
        fingerprint: UInt16(truncatingIfNeeded: state >> 48))
    }
  }

  /// Sorted by place.
  let entries: [Entry]
  /// The sum of all states: equal sums mean equal frontiers, but for one chance in 2⁶⁴.
  let sum: UInt64

  private let authorHash: SipHash
  private let stateHash: SipHash

  init(_ index: FrontierIndex, key: Digest) {
    authorHash = SipHash(key: HMAC.sha256(key: key.bytes, Array("author".utf8)))
    stateHash = SipHash(key: HMAC.sha256(key: key.bytes, Array("state".utf8)))
    var entries: [Entry] = []
    entries.reserveCapacity(index.authorCount)
    var sum: UInt64 = 0
    for (number, entry) in index.entries.enumerated() where entry.count > 0 {
      let place = Self.place(of: entry.author, authorHash)
      let state = Self.state(place: place, count: entry.count, head: entry.head, stateHash)
      sum &+= state
      entries.append(
        Entry(
          place: place, state: state, count: entry.count,
          number: UInt32(truncatingIfNeeded: number)))
    }
    entries.sort { $0.place < $1.place }
    self.entries = entries
    self.sum = sum
  }

  private static func place(of author: PublicKey, _ hash: SipHash) -> UInt64 {
    let words = author.fourWords
    return hash.hash([words.0, words.1, words.2, words.3, 0, 0, 0, 0], count: 4)
  }

  private static func state(
    place: UInt64, count: UInt32, head: (UInt64, UInt64), _ hash: SipHash
  ) -> UInt64 {
    hash.hash([place, UInt64(count), head.0, head.1, 0, 0, 0, 0], count: 4)
  }

  /// The fingerprint that the author's chain would have had at `state`: tells whether another
  /// peer's shorter chain is the start of the one that is held here.
  func fingerprint(of author: PublicKey, state: ChainState) -> UInt16 {
    let words = state.head.fourWords
    let hash = Self.state(
      place: Self.place(of: author, authorHash), count: state.count, head: (words.0, words.1),
      stateHash)
    return UInt16(truncatingIfNeeded: hash >> 48)
  }

  /// The entries whose tag is `tag`: nearly always one or none.
  func entries(tag: UInt32) -> ArraySlice<Entry> {
    let low = firstIndex(atOrAbove: UInt64(tag) << 32)
    var high = low
    while high < entries.count, entries[high].tagged.tag == tag { high += 1 }
    return entries[low..<high]
  }

  private func firstIndex(atOrAbove place: UInt64) -> Int {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].place < place { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The index range of each of 2^`bits` buckets of places, in order.
  func buckets(bits: Int) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    ranges.reserveCapacity(1 << bits)
    var start = 0
    for bucket in 0..<(1 << bits) {
      var end = start
      while end < entries.count, bits == 0 || Int(entries[end].place >> UInt64(64 - bits)) == bucket
      {
        end += 1
      }
      ranges.append(start..<end)
      start = end
    }
    return ranges
  }
}
