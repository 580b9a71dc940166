// Joins pairs to clusters and tells who was first; see Specs/Duplicates.md, "Who was first".

/// One record of a cluster.
public struct DuplicateMember: Sendable, Equatable {
  public var place: DuplicatePlace
  /// It has the exact form of the cluster's first record.
  public var isExact: Bool
}

/// Records that are linked by being alike, directly or through others.
public struct DuplicateCluster: Sendable, Equatable {
  /// Those of the first contributions come first, all by segment and row.
  public let members: [DuplicateMember]
  /// The contributions that nobody's is proven to precede; more than one are tied.
  public let firsts: [Int]
  /// So many of the members, counted from the front, belong to those.
  public let firstCount: Int
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

  /// The clusters, ordered by their first members. `contribution` tells whose a segment's records
  /// are; `firsts` picks those of several contributions that nobody's is proven to precede, given
  /// and answered in ascending order.
  public mutating func clusters(
    contribution: (Int) -> Int, firsts: ([Int]) -> [Int]
  ) -> [DuplicateCluster] {
    var membersOfRoot: [[Int]] = Array(repeating: [], count: places.count)
    for number in places.indices { membersOfRoot[alike.root(number)].append(number) }
    var clusters: [DuplicateCluster] = []
    for unordered in membersOfRoot where unordered.count > 1 {
      let members = unordered.sorted { places[$0] < places[$1] }
      var contributions: [Int] = []
      for number in members {
        let one = contribution(places[number].segment)
        if !contributions.contains(one) { contributions.append(one) }
      }
      contributions.sort()
      let chosen = contributions.count == 1 ? contributions : firsts(contributions)
      // Somebody is always first; an answer that says otherwise is taken to mean nothing is known.
      let first = chosen.isEmpty ? contributions : chosen
      let front = members.filter { first.contains(contribution(places[$0].segment)) }
      let rest = members.filter { !first.contains(contribution(places[$0].segment)) }
      let form = same.root((front.first ?? members[0]))
      clusters.append(
        DuplicateCluster(
          members: (front + rest).map { number in
            DuplicateMember(place: places[number], isExact: same.root(number) == form)
          }, firsts: first, firstCount: front.count))
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
