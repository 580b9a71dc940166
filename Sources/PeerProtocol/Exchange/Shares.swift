// How those who fetch the same at the same time divide what only whole copies have, so that every
// chunk leaves a seed once (Specs/Exchange.md, "Shares").

internal import Cryptography

/// Who fetches a contribution besides us, as one peer's window is filled.
struct Shares {
  /// What chunks are drawn by, ours and that of each other fetcher.
  let own: UInt64
  let others: [UInt64]
  /// Connected peers who have everything.
  let whole: Int
  /// Neighbouring chunks are one peer's: so many, as a power of two.
  static let groupBits = 4

  /// What a peer's lots are drawn by.
  static func salt(_ peer: PublicKey, _ contribution: Digest) -> UInt64 {
    peer.prefix ^ contribution.prefix
  }

  /// Whose a place is: its number among the others, or nil for ours. Everybody draws the same lots.
  func owner(of place: Int) -> Int? {
    let group = UInt64(truncatingIfNeeded: place >> Self.groupBits)
    var best = Self.lot(own, group)
    var owner: Int?
    for (number, salt) in others.enumerated() {
      let lot = Self.lot(salt, group)
      if lot > best { (best, owner) = (lot, number) }
    }
    return owner
  }

  private static func lot(_ salt: UInt64, _ group: UInt64) -> UInt64 {
    var generator = SeededGenerator(seed: salt &+ group)
    return generator.next()
  }
}

/// How fast a peer comes by chunks that nobody but whole copies had.
struct GainMeter: Sendable {
  private var since: Instant
  private var last: Instant
  private var count = 0
  private var before: Int?

  init(at now: Instant) { (since, last) = (now, now) }

  private static let spanMilliseconds: UInt64 = 1_000

  mutating func add(_ chunks: Int, at now: Instant) {
    let span = now.milliseconds(since: since)
    if span >= Self.spanMilliseconds {
      before = span < 2 * Self.spanMilliseconds ? count : nil
      (since, count) = (now, 0)
    }
    count += chunks
    last = now
  }

  /// Chunks a second, rounded up; nil while there is nothing to tell it by, none after a second
  /// without any.
  func rate(at now: Instant) -> Int? {
    guard now.milliseconds(since: last) < Self.spanMilliseconds else { return 0 }
    if count == 0, before == nil { return nil }
    let span = now.milliseconds(since: since)
    let whole = Int(span) + (before == nil ? 0 : Int(Self.spanMilliseconds))
    return (count + (before ?? 0)) * 1_000 / max(whole, 50) + 1
  }
}

extension Exchange {
  /// Who fetches a contribution with us, when `link` has all of it; nil when nobody does.
  func shares(_ work: Int, link index: Int) -> Shares? {
    let contribution = works[work].chunks.contribution
    guard links.count > 1, links[index].places[contribution]?.isFull == true else { return nil }
    var others: [UInt64] = []
    var whole = 0
    for link in links {
      if link.places[contribution]?.isFull == true {
        whole += 1
      } else if link.isSeeking(contribution) {
        others.append(Shares.salt(link.peer, contribution))
      }
    }
    guard !others.isEmpty else { return nil }
    return Shares(own: Shares.salt(own, contribution), others: others, whole: whole)
  }

  /// The next place to ask of a peer that has everything while others fetch too: one of ours that
  /// only whole copies have; else one of somebody who is slow at his; else any that nobody else
  /// can send.
  mutating func chooseShared(
    _ work: Int, _ shares: Shares, link index: Int, at now: Instant
  ) -> Int? {
    let limit = works[work].open.limit
    guard works[work].open.count > 0, limit > 0 else { return nil }
    let start = Int.random(in: 0..<limit, using: &chance)
    var foreign: Int?
    var spread: Int?
    var cursor = start
    var walked = 0
    for _ in 0..<ExchangeLimits.sample {
      guard let place = works[work].open.next(from: cursor) else { break }
      walked += place >= cursor ? place - cursor : place + limit - cursor
      guard walked < limit else { break }
      if Int(works[work].copies[place]) > shares.whole {
        if spread == nil, !isLeftToOthers(place, of: work, link: index) { spread = place }
      } else {
        guard let owner = shares.owner(of: place) else { return place }
        if foreign == nil, !isLeft(to: shares.others[owner], work, shares, link: index, at: now) {
          foreign = place
        }
      }
      // On to the next group.
      let next = (place >> Shares.groupBits + 1) << Shares.groupBits
      walked += min(next, limit) - place
      cursor = next < limit ? next : 0
    }
    return foreign ?? spread
  }

  /// Whether what is another's is left to him: he will soon have it all.
  private mutating func isLeft(
    to salt: UInt64, _ work: Int, _ shares: Shares, link index: Int, at now: Instant
  ) -> Bool {
    if works[work].leftUntil <= now {
      works[work].leftUntil = now.advanced(byMilliseconds: ExchangeLimits.meterMilliseconds)
      works[work].leftTo = owners(work, shares, link: index, at: now)
    }
    return works[work].leftTo.contains(salt)
  }

  /// Those who at their rate are done with what is theirs within a second.
  private func owners(
    _ work: Int, _ shares: Shares, link index: Int, at now: Instant
  ) -> [UInt64] {
    var counts = [Int](repeating: 0, count: shares.others.count)
    var seen = 0
    var place = works[work].open.next(from: 0)
    while let here = place, seen < ExchangeLimits.counted {
      seen += 1
      if Int(works[work].copies[here]) <= shares.whole, let owner = shares.owner(of: here) {
        counts[owner] += 1
      }
      guard let next = works[work].open.next(from: here + 1), next > here else { break }
      place = next
    }
    let contribution = works[work].chunks.contribution
    return shares.others.indices.filter { number in
      let all = counts[number] * works[work].open.count / max(seen, 1)
      let link = links.first { Shares.salt($0.peer, contribution) == shares.others[number] }
      // Of whom nothing is known yet it is believed for a second that he will.
      guard let rate = link?.gain.rate(at: now) else { return true }
      return all <= rate * ExchangeLimits.patienceMilliseconds / 1_000
    }.map { shares.others[$0] }
  }
}
