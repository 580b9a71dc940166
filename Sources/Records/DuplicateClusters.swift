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
  /// The replaced contributions that had such a record, ascending.
  public let replaced: [Int]
}

/// Takes about thirty bytes for each record that is in a pair, and four for every record before it
/// in its segment.
public struct DuplicateClusters: Sendable {
  /// Records that are in a pair, in the order in which they came: segment and row.
  private var places: [UInt64] = []
  /// For each segment, the number of each row among `places`, as far as rows are in pairs.
  private var numbers: [[Int32]] = []
  /// Who is linked with whom, and who has whose exact form.
  private var alike = Links()
  private var same = Links()
  /// Records in pairs that a replaced contribution had as well, with that contribution.
  private var witnesses: [(number: Int32, contribution: Int)] = []

  public init() {}

  /// The records that are in any pair.
  public var recordCount: Int { places.count }

  public mutating func join(_ pair: DuplicatePair) {
    let earlier = number(pair.earlier)
    let later = number(pair.later)
    alike.link(earlier, later)
    if pair.isExact { same.link(earlier, later) }
  }

  /// Notes that a replaced contribution has a record like one that is in a pair: whoever replaced
  /// it had this before. It makes nobody a member.
  public mutating func witness(_ place: DuplicatePlace, by contribution: Int) {
    guard let number = known(place) else { return }
    if let last = witnesses.last, last == (number, contribution) { return }
    witnesses.append((number, contribution))
  }

  /// Whether a record is in a pair.
  public func contains(_ place: DuplicatePlace) -> Bool { known(place) != nil }

  /// They are in one cluster already, so that measuring the pair would change nothing.
  public mutating func areJoined(_ one: DuplicatePlace, _ other: DuplicatePlace) -> Bool {
    guard let one = known(one), let other = known(other) else { return false }
    return alike.root(one) == alike.root(other)
  }

  /// Tells the clusters one by one, ordered by the records that stand first in segments.
  /// `contribution` tells whose a segment's records are; `firsts` picks those of several
  /// contributions that nobody's is proven to precede, given and answered in ascending order, and
  /// is told which replaced contributions had such a record.
  public mutating func forEachCluster(
    contribution: (Int) -> Int, firsts: (_ contributions: [Int], _ replaced: [Int]) -> [Int],
    _ body: (DuplicateCluster) throws -> Void
  ) rethrows {
    var replaced: [Int32: [Int]] = [:]
    for witness in witnesses {
      replaced[alike.root(witness.number), default: []].append(witness.contribution)
    }
    // All records in order; each points at the next one of its cluster.
    let ordered = places.indices.sorted { places[$0] < places[$1] }.map { Int32(truncating: $0) }
    var next = [Int32](repeating: -1, count: places.count)
    var last = next
    for number in ordered {
      let root = alike.root(number)
      if last[Int(root)] >= 0 { next[Int(last[Int(root)])] = number }
      last[Int(root)] = number
    }
    for number in ordered {
      let root = alike.root(number)
      // The first one of a cluster tells it; -2 then says that it has been told.
      guard last[Int(root)] != -2 else { continue }
      last[Int(root)] = -2
      var members = [number]
      while let member = members.last, next[Int(member)] >= 0 { members.append(next[Int(member)]) }
      var past: [Int] = []
      for contribution in (replaced[root] ?? []).sorted() where past.last != contribution {
        past.append(contribution)
      }
      try body(cluster(members, past, contribution, firsts))
    }
  }

  private mutating func cluster(
    _ members: [Int32], _ replaced: [Int], _ contribution: (Int) -> Int,
    _ firsts: ([Int], [Int]) -> [Int]
  ) -> DuplicateCluster {
    let owners = members.map { contribution(place($0).segment) }
    var contributions: [Int] = []
    for owner in owners where contributions.last != owner { contributions.append(owner) }
    contributions.sort()
    var kept: [Int] = []
    for owner in contributions where kept.last != owner { kept.append(owner) }
    let chosen = kept.count == 1 ? kept : firsts(kept, replaced)
    // Somebody is always first; an answer that says otherwise is taken to mean nothing is known.
    let first = chosen.isEmpty ? kept : chosen
    let isFirst = owners.map { first.contains($0) }
    let front = members.indices.filter { isFirst[$0] }
    let sorted = (front + members.indices.filter { !isFirst[$0] }).map { members[$0] }
    let form = same.root(sorted[0])
    return DuplicateCluster(
      members: sorted.map { number in
        DuplicateMember(place: place(number), isExact: same.root(number) == form)
      }, firsts: first, firstCount: front.count, replaced: replaced)
  }

  private func place(_ number: Int32) -> DuplicatePlace {
    let place = places[Int(number)]
    return DuplicatePlace(
      segment: Int(truncatingIfNeeded: place >> 32),
      row: Int(truncatingIfNeeded: place & 0xFFFF_FFFF))
  }

  private func known(_ place: DuplicatePlace) -> Int32? {
    guard place.segment < numbers.count, place.row < numbers[place.segment].count else {
      return nil
    }
    let number = numbers[place.segment][place.row]
    return number < 0 ? nil : number
  }

  private mutating func number(_ place: DuplicatePlace) -> Int32 {
    if let number = known(place) { return number }
    while numbers.count <= place.segment { numbers.append([]) }
    let missing = place.row + 1 - numbers[place.segment].count
    if missing > 0 {
      numbers[place.segment].append(contentsOf: repeatElement(-1, count: missing))
    }
    let number = Int32(truncating: places.count)
    numbers[place.segment][place.row] = number
    places.append(UInt64(place.segment) << 32 | UInt64(place.row))
    alike.append()
    same.append()
    return number
  }
}

/// Sets that are joined one by one (union-find).
private struct Links: Sendable {
  private var parents: [Int32] = []

  mutating func append() { parents.append(Int32(truncating: parents.count)) }

  /// The lower root stays one; which of the two does not show in a result.
  mutating func link(_ one: Int32, _ other: Int32) {
    let (one, other) = (root(one), root(other))
    parents[Int(max(one, other))] = min(one, other)
  }

  mutating func root(_ number: Int32) -> Int32 {
    var number = number
    while parents[Int(number)] != number {
      parents[Int(number)] = parents[Int(parents[Int(number)])]
      number = parents[Int(number)]
    }
    return number
  }
}

extension Int32 {
  /// Two thousand million duplicates would take a hundred gigabytes before they overflow this.
  fileprivate init(truncating value: Int) { self = Int32(truncatingIfNeeded: value) }
}
