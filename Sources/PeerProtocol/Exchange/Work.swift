// One contribution that is being fetched or served: its chunks, which are here, which are asked
// for, and how rare each is among the connected peers (Specs/Exchange.md, "Choice").

public import Cryptography

public struct ContributionChunks: Sendable {
  /// The manifest's root.
  public var contribution: Digest
  /// The chunks in stream order, each once however often the stream has it.
  public var digests: [Digest]
  public var byteCounts: [UInt32]

  public init(contribution: Digest, digests: [Digest], byteCounts: [UInt32]) {
    self.contribution = contribution
    self.digests = digests
    self.byteCounts = byteCounts
  }
}

struct Work: Sendable {
  let chunks: ContributionChunks
  var held: PlaceSet
  /// Wanted, not held, and not asked for.
  var open: PlaceSet
  /// Of `asked`: the chunk is here and being checked.
  static let here = UInt8.max

  /// Asked for: how many peers, by place.
  var asked: [UInt8]
  /// Connected peers that have it, by place.
  var copies: [UInt16]
  /// Fetchers to whom their share is left, by their salts, and until when that is believed.
  var leftTo: [UInt64] = []
  var leftUntil = Instant(milliseconds: 0)
  /// Wanted places that are not held, and their bytes.
  private(set) var missing: Int
  private(set) var missingBytes: Int
  /// What is asked for of chunks whose rest is here. Look-ups only.
  var pieces: [Digest: [Range<Int>]] = [:]

  /// Of some chunks only pieces are asked for, of others, without any, nothing.
  mutating func expect(_ pieces: [Digest: [Range<Int>]]) {
    self.pieces = pieces
    guard !pieces.isEmpty else { return }
    for place in chunks.digests.indices
    where open.contains(place) && pieces[chunks.digests[place]]?.isEmpty == true {
      open.remove(place)
      asked[place] = Self.here
    }
  }

  /// A wanted chunk is here for good.
  mutating func hold(_ place: Int) {
    missing -= 1
    missingBytes -= Int(chunks.byteCounts[place])
  }

  /// Bytes that travel for the chunk at `place`.
  func byteCount(_ place: Int) -> Int {
    if let ranges = pieces[chunks.digests[place]] { return ranges.reduce(0) { $0 + $1.count } }
    return Int(chunks.byteCounts[place])
  }

  init(_ chunks: ContributionChunks, held: PlaceSet, wanted: PlaceSet) {
    self.chunks = chunks
    self.held = held
    var open = PlaceSet(limit: chunks.digests.count)
    for place in 0..<chunks.digests.count where wanted.contains(place) && !held.contains(place) {
      open.insert(place)
    }
    self.open = open
    missing = open.count
    missingBytes = (0..<chunks.digests.count).reduce(0) { sum, place in
      open.contains(place) ? sum + Int(chunks.byteCounts[place]) : sum
    }
    asked = Array(repeating: 0, count: chunks.digests.count)
    copies = Array(repeating: 0, count: chunks.digests.count)
  }

  /// A place for `link`: among up to 64 open places that it has, from a random start, the rarest.
  /// While nothing is held yet the first found is taken, so that newcomers soon have something.
  func choose(for link: Link, chance: inout SeededGenerator) -> Int? {
    guard open.count > 0, let theirs = link.places[chunks.contribution], !theirs.isEmpty else {
      return nil
    }
    let start = Int.random(in: 0..<open.limit, using: &chance)
    var best: Int?
    var seen = 0
    var cursor = start
    var looked = 0
    // Looks at so many open places that even a peer with few of them is found something soon.
    while seen < ExchangeLimits.sample, looked < open.count, looked < 4_096 {
      guard let place = open.next(from: cursor) else { break }
      looked += 1
      cursor = place + 1 == open.limit ? 0 : place + 1
      guard theirs.contains(place) else { continue }
      seen += 1
      if held.isEmpty { return place }
      if let found = best, copies[found] <= copies[place] { continue }
      best = place
    }
    return best
  }
}

/// Where a wanted chunk stands in the contributions that are fetched: nearly always one place, which takes no memory of its own; in the order in which they were added.
struct WantedPlaces: Sendable, Sequence {
  typealias Element = (contribution: Digest, place: Int)

  private var first: Element?
  private var others: [Element] = []

  var isEmpty: Bool { first == nil }

  mutating func append(_ contribution: Digest, _ place: Int) {
    if first == nil { first = (contribution, place) } else { others.append((contribution, place)) }
  }

  mutating func removeAll(of contribution: Digest) {
    others.removeAll { $0.contribution == contribution }
    if first?.contribution == contribution {
      first = others.isEmpty ? nil : others.removeFirst()
    }
  }

  struct Iterator: IteratorProtocol {
    private let places: WantedPlaces
    private var given = 0

    fileprivate init(places: WantedPlaces) { self.places = places }

    mutating func next() -> Element? {
      defer { given += 1 }
      if given == 0 { return places.first }
      return given <= places.others.count ? places.others[given - 1] : nil
    }
  }

  func makeIterator() -> Iterator { Iterator(places: self) }
}
