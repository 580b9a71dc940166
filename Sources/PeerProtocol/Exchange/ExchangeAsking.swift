// Which chunks are asked of whom: windows, rarest first, the end game
// (Specs/Exchange.md, "Choice").

internal import Cryptography

extension Exchange {
  mutating func ask(at now: Instant, _ effects: inout [ExchangeEffect]) {
    for index in links.indices { ask(link: index, at: now, &effects) }
  }

  /// Fills one peer's window.
  mutating func ask(
    link index: Int, at now: Instant, _ effects: inout [ExchangeEffect]
  ) {
    guard !isPaused else { return }
    tellInterest(link: index, &effects)
    guard links[index].isOpenToUs, links[index].restsUntil <= now else { return }
    var digests: [Digest] = []
    func add(_ digest: Digest, _ byteCount: Int, _ link: inout Link) {
      link.requests.append(.init(digest: digest, byteCount: byteCount, at: now))
      link.bytesUnderWay += byteCount
      digests.append(digest)
    }
    for need in needs.indices
    where !needs[need].asked.contains(links[index].peer)
      && links[index].requests.count < ExchangeLimits.requestsUnderWay
      && links[index].offers(needs[need].contribution)
    {
      needs[need].asked.append(links[index].peer)
      add(needs[need].digest, needs[need].byteCount, &links[index])
    }
    var pieces: [ExchangeMessage.Pieces] = []
    func flush(_ effects: inout [ExchangeEffect]) {
      for part in ExchangeMessage.Pieces.messages(of: pieces) {
        effects.append(.send(.pieces(part), to: links[index].peer))
      }
    }
    search: for work in works.indices where works[work].open.count > 0 {
      let shares = shares(work, link: index)
      while links[index].bytesUnderWay < links[index].window,
        links[index].requests.count < ExchangeLimits.requestsUnderWay
      {
        let chosen =
          if let shares {
            chooseShared(work, shares, link: index, at: now)
          } else {
            works[work].choose(for: links[index], chance: &chance)
          }
        guard let first = chosen, !isLeftToOthers(first, of: work, link: index) else {
          continue search
        }
        let owner = shares?.owner(of: first)
        // Its neighbours are asked for with it: they lie together on both disks.
        var place = first
        var run = 0
        repeat {
          let digest = works[work].chunks.digests[place]
          let byteCount = works[work].byteCount(place)
          works[work].open.remove(place)
          works[work].asked[place] &+= 1
          links[index].requests.append(.init(digest: digest, byteCount: byteCount, at: now))
          links[index].bytesUnderWay += byteCount
          if let ranges = works[work].pieces[digest] {
            pieces.append(.init(digest: digest, ranges: ranges))
          } else {
            digests.append(digest)
          }
          run += byteCount
          place += 1
        } while place < works[work].open.limit && run < ExchangeLimits.runBytes
          && links[index].bytesUnderWay < links[index].window
          && links[index].requests.count < ExchangeLimits.requestsUnderWay
          && works[work].open.contains(place)
          && works[work].copies[place] == works[work].copies[first]
          && links[index].has(place, of: works[work].chunks.contribution)
          && !isLeftToOthers(place, of: work, link: index)
          && shares?.owner(of: place) == owner
      }
      break
    }
    flush(&effects)
    if digests.isEmpty, links[index].requests.isEmpty { endGame(link: index, at: now, &digests) }
    for start in stride(from: 0, to: digests.count, by: ExchangeLimits.digests) {
      let part = Array(digests[start..<min(start + ExchangeLimits.digests, digests.count)])
      effects.append(.send(.request(part), to: links[index].peer))
    }
    tellInterest(link: index, &effects)
  }

  /// Whoever has something that is missing here is told so, also before it serves us.
  private mutating func tellInterest(link index: Int, _ effects: inout [ExchangeEffect]) {
    let isInterested =
      !links[index].requests.isEmpty
      || works.contains { work in
        work.missing > 0 && links[index].places[work.chunks.contribution]?.isEmpty == false
      } || needs.contains { links[index].offers($0.contribution) }
    if isInterested != links[index].weAreInterested {
      links[index].weAreInterested = isInterested
      effects.append(.send(.interest(isInterested), to: links[index].peer))
    }
  }

  /// Nothing is left to ask for the first time: an idle peer is asked for the last chunks that
  /// others have not sent yet.
  private mutating func endGame(link index: Int, at now: Instant, _ digests: inout [Digest]) {
    for work in works.indices
    where works[work].missing > 0 && works[work].missing <= ExchangeLimits.endGameChunks
      && works[work].open.isEmpty
    {
      guard let theirs = links[index].places[works[work].chunks.contribution] else { continue }
      for place in 0..<theirs.limit where theirs.contains(place) {
        guard works[work].asked[place] > 0, !works[work].held.contains(place),
          Int(works[work].asked[place]) < ExchangeLimits.endGamePeers
        else { continue }
        let digest = works[work].chunks.digests[place]
        let byteCount = Int(works[work].chunks.byteCounts[place])
        works[work].asked[place] += 1
        repeated.insert(digest)
        links[index].requests.append(.init(digest: digest, byteCount: byteCount, at: now))
        links[index].bytesUnderWay += byteCount
        digests.append(digest)
      }
    }
  }

  /// A peer that has everything is spared what others can send right now: what leaves it twice is
  /// missing elsewhere.
  func isLeftToOthers(_ place: Int, of work: Int, link index: Int) -> Bool {
    let contribution = works[work].chunks.contribution
    guard works[work].copies[place] > 1, links[index].places[contribution]?.isFull == true else {
      return false
    }
    return links.contains { link in
      link.isOpenToUs && link.bytesPerMillisecond * 4 >= links[index].bytesPerMillisecond
        && link.places[contribution]?.isFull == false && link.has(place, of: contribution)
    }
  }
}
