// What the exchange knows of one peer: what it has, what is under way, how fast it is
// (Specs/Exchange.md, "Windows").

public import Cryptography

struct Link: Sendable {
  let peer: PublicKey
  /// Places by contribution, for contributions that are known here.
  var places: [Digest: PlaceSet] = [:]
  /// Have-maps of contributions that are not known here yet, in order of arrival.
  var early: [(contribution: Digest, from: UInt32, runs: [UInt8])] = []

  /// Contributions of which the peer wants to hear, sorted.
  var seeks: [Digest] = []

  // Downloading.
  var requests = RequestList()
  var bytesUnderWay = 0
  var window = ExchangeLimits.firstWindow
  var leastDelay: UInt64 = .max
  /// Bytes since `meteredSince`, and the rate that followed from earlier ones.
  var metered = 0
  var meteredSince = Instant(milliseconds: 0)
  var bytesPerMillisecond = 0
  var isOpenToUs = false
  var strikes = 0
  var restsUntil = Instant(milliseconds: 0)
  var weAreInterested = false
  /// How fast it comes by what only whole copies had.
  var gain: GainMeter
  var received = 0
  var receivedBefore = 0

  // Uploading.
  var isInterested = false
  var isServed = false
  /// What it asked for and has not been sent.
  var wishes: [Wish] = []
  /// Wishes before this index were taken; the array is compacted now and then.
  var firstWish = 0
  var sent = 0
  var sentBefore = 0
  var metAt: Instant

  var hasWishes: Bool { firstWish < wishes.count }
  var wishCount: Int { wishes.count - firstWish }

  mutating func forgetWishes() { (wishes, firstWish) = ([], 0) }

  mutating func takeWish() -> Wish? {
    guard hasWishes else { return nil }
    defer {
      firstWish += 1
      if firstWish == wishes.count {
        forgetWishes()
      } else if firstWish >= 256 {
        wishes.removeFirst(firstWish)
        firstWish = 0
      }
    }
    return wishes[firstWish]
  }

  init(_ peer: PublicKey, at now: Instant) {
    self.peer = peer
    metAt = now
    gain = GainMeter(at: now)
  }

  func has(_ place: Int, of contribution: Digest) -> Bool {
    places[contribution]?.contains(place) ?? false
  }

  /// Whether the peer said that it knows the contribution's manifest.
  func offers(_ contribution: Digest) -> Bool {
    places[contribution] != nil || early.contains { $0.contribution == contribution }
  }

  func isSeeking(_ contribution: Digest) -> Bool {
    let place = seeks.place(of: contribution)
    return place < seeks.count && seeks[place] == contribution
  }

  /// Takes a request off the list; nil when it was not asked of this peer.
  mutating func finish(_ digest: Digest) -> RequestList.Request? {
    guard let request = requests.finish(digest) else { return nil }
    bytesUnderWay -= request.byteCount
    return request
  }

  /// Nothing is under way: the time until the next request says nothing about the link.
  mutating func rest() { metered = 0 }

  /// A block came after `delay`: the window becomes what arrives in two least delays and a bit,
  /// so it doubles while there is room and holds no long queue when there is none. Until there is a
  /// first measurement it grows by what arrives, which doubles it each round trip.
  mutating func measure(delay: UInt64, byteCount: Int, at now: Instant) {
    leastDelay = min(leastDelay, max(delay, 1))
    if metered == 0 { meteredSince = now }
    metered += byteCount
    let span = now.milliseconds(since: meteredSince)
    guard span >= ExchangeLimits.meterMilliseconds else {
      if bytesPerMillisecond == 0 {
        window = min(window + byteCount, ExchangeLimits.largestWindow)
      }
      return
    }
    let rate = metered / Int(span)
    bytesPerMillisecond =
      bytesPerMillisecond == 0 ? rate : (bytesPerMillisecond + rate) / 2
    metered = 0
    let horizon = max(
      Int(min(leastDelay, 2_000)) * 2 + ExchangeLimits.slackMilliseconds,
      ExchangeLimits.leastSpanMilliseconds)
    window = min(
      max(bytesPerMillisecond * horizon, ExchangeLimits.firstWindow), ExchangeLimits.largestWindow)
  }
}

/// Something that a peer waits for: a block, or pieces of one.
public struct Wish: Equatable, Sendable {
  public var digest: Digest
  /// Nil for the whole block.
  public var ranges: [Range<Int>]?
}

extension [Digest] {
  /// Where a digest stands in a sorted list, or belongs.
  func place(of digest: Digest) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < digest { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
