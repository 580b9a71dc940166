// Who was first: the order that milestones give to claims, with no clock
// (Specs/Merge.md, "Who was first").

internal import Content
public import Cryptography

public struct MilestoneOrder: Hashable, Sendable {
  /// A milestone claim; `counts` says whether its author was curator at its height.
  public struct Signed: Hashable, Sendable {
    public let author: PublicKey
    public let height: Int
    public let claim: Digest
    public let milestone: Milestone
    public let counts: Bool

    public init(
      author: PublicKey, height: Int, claim: Digest, milestone: Milestone, counts: Bool
    ) {
      self.author = author
      self.height = height
      self.claim = claim
      self.milestone = milestone
      self.counts = counts
    }
  }

  /// A milestone that counts.
  public struct Listed: Hashable, Sendable {
    public let claim: Digest
    public let author: PublicKey
    public let height: Int
    /// 1 for one that contains no other, else 1 more than the highest contained.
    public let rank: Int
  }

  /// The first milestone of each curator that contains a claim. Claims with equal places are
  /// neither before nor after each other.
  public struct Place: Hashable, Sendable {
    /// Curator and milestone, as places in `chains` and in the chain; ascending.
    fileprivate let firsts: [First]
    /// No milestone contains the claim yet.
    public var isNowhere: Bool { firsts.isEmpty }
  }

  fileprivate struct First: Hashable, Sendable {
    let curator: Int
    let milestone: Int
  }

  public enum Order: Sendable {
    case before
    case after
    /// Neither is proven to be older.
    case tied
  }

  /// One curator's milestones that count, and how far they reach.
  fileprivate struct Chain: Hashable, Sendable {
    let author: PublicKey
    var listed: [Listed] = []
    /// For each milestone: how many of each curator's are in its past.
    var pasts: [[Int]] = []
    /// For each author reached: from which milestone on how many claims are contained; both grow.
    var reaches: [PublicKey: [Step]] = [:]

    /// The first milestone that contains `author`'s claim at `height`.
    func first(_ author: PublicKey, _ height: Int) -> Int? {
      if author == self.author {
        let first = listed.firstPlace { $0.height > height }
        return first < listed.count ? first : nil
      }
      guard let steps = reaches[author] else { return nil }
      let first = steps.firstPlace { $0.count > height }
      // A reach beyond the last milestone was said by one that does not count.
      guard first < steps.count, steps[first].milestone < listed.count else { return nil }
      return steps[first].milestone
    }

    /// How many of `author`'s claims the milestone contains.
    func count(_ author: PublicKey, at milestone: Int) -> Int {
      if author == self.author { return listed[milestone].height }
      guard let steps = reaches[author] else { return 0 }
      let next = steps.firstPlace { $0.milestone > milestone }
      return next > 0 ? steps[next - 1].count : 0
    }
  }

  fileprivate struct Step: Hashable, Sendable {
    let milestone: Int
    let count: Int
  }

  /// By curator.
  private var chains: [Chain] = []

  /// `stands` says whether an author's claim at a height counts and has this digest: a milestone
  /// contains nothing of an author whose head it names wrongly, or which is not here yet.
  public init(
    _ milestones: [Signed], stands: (_ author: PublicKey, _ height: Int, _ head: Digest) -> Bool
  ) {
    let curators = Set(milestones.filter(\.counts).map(\.author))
    let sorted = milestones.filter { curators.contains($0.author) }
      .sorted { ($0.author, $0.height) < ($1.author, $1.height) }
    for signed in sorted {
      if chains.last?.author != signed.author { chains.append(Chain(author: signed.author)) }
      let last = chains.count - 1
      // A milestone says only what is new, so the reaches of one that does not count pass on to
      // the author's next one.
      let milestone = chains[last].listed.count
      for reach in signed.milestone.reaches
      where reach.author != signed.author && stands(reach.author, reach.count - 1, reach.head) {
        var steps = chains[last].reaches[reach.author] ?? []
        guard steps.last.map({ $0.count < reach.count }) ?? true else { continue }
        if steps.last?.milestone == milestone { steps.removeLast() }
        steps.append(Step(milestone: milestone, count: reach.count))
        chains[last].reaches[reach.author] = steps
      }
      guard signed.counts else { continue }
      chains[last].listed.append(
        Listed(claim: signed.claim, author: signed.author, height: signed.height, rank: 0))
    }
    findPasts()
  }

  /// All milestones that count, by rank, then author and height.
  public var listed: [Listed] {
    chains.flatMap(\.listed).sorted {
      ($0.rank, $0.author, $0.height) < ($1.rank, $1.author, $1.height)
    }
  }

  /// What one milestone contains.
  public struct Extent: Sendable {
    private let chain: Chain
    private let milestone: Int

    fileprivate init(chain: Chain, milestone: Int) {
      self.chain = chain
      self.milestone = milestone
    }

    public func contains(_ author: PublicKey, height: Int) -> Bool {
      height < chain.count(author, at: milestone)
    }
  }

  /// Nil when no milestone that counts has this digest.
  public func extent(of milestone: Digest) -> Extent? {
    for chain in chains {
      if let place = chain.listed.firstIndex(where: { $0.claim == milestone }) {
        return Extent(chain: chain, milestone: place)
      }
    }
    return nil
  }

  /// The order as a milestone knew it: by itself and the milestones in its past. Nil when no
  /// milestone that counts has this digest.
  public func limited(to milestone: Digest) -> MilestoneOrder? {
    for (curator, chain) in chains.enumerated() {
      guard let place = chain.listed.firstIndex(where: { $0.claim == milestone }),
        place < chain.pasts.count
      else { continue }
      var limited = self
      for other in chains.indices {
        let count = other == curator ? place + 1 : chain.pasts[place][other]
        limited.chains[other].listed.removeSubrange(count...)
        limited.chains[other].pasts.removeSubrange(count...)
      }
      return limited
    }
    return nil
  }

  /// Where an author's claim at a height stands.
  public func place(of author: PublicKey, height: Int) -> Place {
    Place(
      firsts: chains.enumerated().compactMap { curator, chain in
        chain.first(author, height).map { First(curator: curator, milestone: $0) }
      })
  }

  /// The lowest rank of a milestone that contains the claim; nil when none does. For people: only
  /// `order` decides.
  public func rank(of place: Place) -> Int? {
    place.firsts.map { chains[$0.curator].listed[$0.milestone].rank }.min()
  }

  /// The milestone with the lowest rank, then the smallest author, that contains the claim.
  public func first(of place: Place) -> Listed? {
    place.firsts.map { chains[$0.curator].listed[$0.milestone] }
      .min { ($0.rank, $0.author) < ($1.rank, $1.author) }
  }

  public func order(_ left: Place, _ right: Place) -> Order {
    if precedes(left, right) { return .before }
    return precedes(right, left) ? .after : .tied
  }

  /// Those of `places` that no other one precedes: the first, several when tied.
  public func firsts(of places: [Place]) -> [Int] {
    places.indices.filter { index in !places.contains { precedes($0, places[index]) } }
  }

  /// Every milestone that contains the right claim has in its past one that contains the left.
  private func precedes(_ left: Place, _ right: Place) -> Bool {
    guard !left.isNowhere else { return false }
    return right.firsts.allSatisfy { later in
      left.firsts.contains { earlier in isPast(earlier, of: later) }
    }
  }

  private func isPast(_ earlier: First, of later: First) -> Bool {
    chains[later.curator].pasts[later.milestone][earlier.curator] > earlier.milestone
  }

  /// Finds the past and the rank of every milestone, once those that it contains have theirs.
  /// Containing goes back in time, so that a pass that finds none means all are found.
  private mutating func findPasts() {
    var moved = true
    while moved {
      moved = false
      for curator in chains.indices {
        while let past = nextPast(of: curator) {
          let milestone = chains[curator].pasts.count
          let ranks = chains.indices.map { other in
            past[other] > 0 ? chains[other].listed[past[other] - 1].rank : 0
          }
          let old = chains[curator].listed[milestone]
          chains[curator].listed[milestone] = Listed(
            claim: old.claim, author: old.author, height: old.height,
            rank: 1 + (ranks.max() ?? 0))
          chains[curator].pasts.append(past)
          moved = true
        }
      }
    }
  }

  /// How many milestones of each curator are in the past of the next one of `curator`: those it
  /// contains, and those in their pasts. Nil when there is no next one or it must wait.
  private func nextPast(of curator: Int) -> [Int]? {
    let milestone = chains[curator].pasts.count
    guard milestone < chains[curator].listed.count else { return nil }
    var past = chains[curator].pasts.last ?? [Int](repeating: 0, count: chains.count)
    past[curator] = milestone
    for other in chains.indices where other != curator {
      let count = chains[curator].count(chains[other].author, at: milestone)
      let contained = chains[other].listed.firstPlace { $0.height >= count }
      guard contained <= chains[other].pasts.count else { return nil }
      guard contained > 0 else { continue }
      past[other] = max(past[other], contained)
      for (index, further) in chains[other].pasts[contained - 1].enumerated() {
        past[index] = max(past[index], further)
      }
    }
    return past
  }
}

extension Array {
  /// The place of the first element that `holds`, in an array where all before do not and all
  /// behind do.
  fileprivate func firstPlace(_ holds: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
