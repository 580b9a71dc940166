// Joins pairs to clusters and tells who was first; see Specs/Duplicates.md, "Who was first".

/// A contribution as far as duplicates are concerned.
public struct DuplicateOwner: Sendable, Equatable {
  /// The first milestone that covers the contribution; those that none covers come after all.
  public var milestone: Int?
  /// Contributions of one author have the same number.
  public var author: Int

  public init(milestone: Int?, author: Int) {
    self.milestone = milestone
    self.author = author
  }

  var rank: Int { milestone ?? .max }
}

/// One record of a cluster.
public struct DuplicateMember: Sendable, Equatable {
  public var place: DuplicatePlace
  /// To the cluster's first record. 1 for a copy; 0 until it has been measured.
  public var similarity: Double
  public var isExact: Bool
}

/// Records that are linked by being alike, directly or through others.
public struct DuplicateCluster: Sendable, Equatable {
  /// First the earliest milestone's, within it by segment and row.
  public internal(set) var members: [DuplicateMember]
  /// So many of the members, counted from the front, have the earliest milestone.
  public let firstCount: Int
  /// The authors of those, in order: more than one are tied.
  public let firstAuthors: [Int]

  public var isTied: Bool { firstAuthors.count > 1 }

  public mutating func setSimilarity(_ similarity: Double, ofMember index: Int) {
    members[index].similarity = similarity
  }
}

public struct DuplicateClusters: Sendable {
  /// Places that are in a pair, in the order in which they came.
  private var places: [DuplicatePlace] = []
  private var numbers: [DuplicatePlace: Int] = [:]
  /// Who is linked with whom, and who has whose exact form.
  private var alike = Links()
  private var same = Links()

  public init() {}

  /// The records that are in any pair.
  public var recordCount: Int { places.count }

  public mutating func join(_ pair: DuplicatePair) {
    let earlier = number(pair.earlier)
    let later = number(pair.later)
    alike.link(earlier, later)
    if pair.isExact { same.link(earlier, later) }
  }

  /// They are in one cluster already, so that measuring the pair would change nothing.
  public mutating func areJoined(_ one: DuplicatePlace, _ other: DuplicatePlace) -> Bool {
    guard let one = numbers[one], let other = numbers[other] else { return false }
    return alike.root(one) == alike.root(other)
  }

  /// The clusters, ordered by their first members. `owner` tells whose a segment's records are.
  public mutating func clusters(owner: (Int) -> DuplicateOwner) -> [DuplicateCluster] {
    var membersOfRoot: [[Int]] = Array(repeating: [], count: places.count)
    for number in places.indices { membersOfRoot[alike.root(number)].append(number) }
    var clusters: [DuplicateCluster] = []
    for members in membersOfRoot where members.count > 1 {
      let ordered = members.sorted { left, right in
        let (leftRank, rightRank) = (
          owner(places[left].segment).rank, owner(places[right].segment).rank
        )
        return leftRank == rightRank ? places[left] < places[right] : leftRank < rightRank
      }
      let first = ordered[0]
      let firstRank = owner(places[first].segment).rank
      let firsts = ordered.prefix { owner(places[$0].segment).rank == firstRank }
      var authors: [Int] = []
      for number in firsts {
        let author = owner(places[number].segment).author
        if !authors.contains(author) { authors.append(author) }
      }
      let form = same.root(first)
      clusters.append(
        DuplicateCluster(
          members: ordered.map { number in
            let isExact = same.root(number) == form
            return DuplicateMember(
              place: places[number], similarity: isExact ? 1 : 0, isExact: isExact)
          }, firstCount: firsts.count, firstAuthors: authors))
    }
    return clusters.sorted { $0.members[0].place < $1.members[0].place }
  }

  private mutating func number(_ place: DuplicatePlace) -> Int {
    if let number = numbers[place] { return number }
    let number = places.count
    numbers[place] = number
    places.append(place)
    alike.append()
    same.append()
    return number
  }
}

/// Sets that are joined one by one (union-find).
private struct Links: Sendable {
  private var parents: [Int] = []

  mutating func append() { parents.append(parents.count) }

  /// The lower root stays one; which of the two does not show in a result.
  mutating func link(_ one: Int, _ other: Int) {
    let (one, other) = (root(one), root(other))
    parents[max(one, other)] = min(one, other)
  }

  mutating func root(_ number: Int) -> Int {
    var number = number
    while parents[number] != number {
      parents[number] = parents[parents[number]]
      number = parents[number]
    }
    return number
  }
}
