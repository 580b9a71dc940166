// What a snapshot is made from: the contributions that a milestone contains
// (Specs/Snapshots.md, "Sources").

public import Claims
public import Content
public import Cryptography

/// One contribution of a snapshot.
public struct SnapshotSource: Hashable, Sendable {
  public let entry: EntryID
  public let author: PublicKey
  public let height: Int
  public let manifest: CID

  public init(entry: EntryID, author: PublicKey, height: Int, manifest: CID) {
    self.entry = entry
    self.author = author
    self.height = height
    self.manifest = manifest
  }

  public init(_ entry: DatanetState.Entry) {
    self.init(
      entry: entry.id, author: entry.author, height: entry.height,
      manifest: entry.publication.manifest)
  }

  /// By author, height and item, so that what is one author's stands together.
  public static func sorted(_ sources: [SnapshotSource]) -> [SnapshotSource] {
    sources.sorted {
      ($0.author, $0.height, $0.entry.item) < ($1.author, $1.height, $1.entry.item)
    }
  }
}

/// The contributions of a snapshot, those left out, and who of several was first.
public struct SnapshotPlan: Sendable {
  public let datanet: CID
  public let milestone: CID
  /// By author, height and item.
  public let sources: [SnapshotSource]
  /// Older contributions of the same authors that sources have replaced, by author, height and
  /// item: what those had, their authors had from there on.
  public let replaced: [SnapshotSource]
  /// What the milestone contains and was retracted after it, ascending.
  public let leftOut: [EntryID]
  private let order: MilestoneOrder
  /// Where sources stand among the milestones, and behind them the replaced ones.
  private let places: [MilestoneOrder.Place]
  /// For each source, the places in `replaced` of what it replaced, and so on.
  private let ancestors: [[Int]]

  /// `entries` are the contributions that the milestone contains, each as it is now and with its
  /// standing then. Nil when the milestone does not count.
  public init?(
    datanet: CID, milestone: CID, order: MilestoneOrder,
    entries: [(entry: DatanetState.Entry, standing: Standing)]
  ) {
    // Later milestones of other curators must not change who was first in this one's eyes.
    guard let order = order.limited(to: milestone.digest) else { return nil }
    self.datanet = datanet
    self.milestone = milestone
    self.order = order
    let live = entries.filter { $0.standing == .live }.map(\.entry)
    leftOut = live.filter { $0.standing == .retracted }.map(\.id).sorted()
    let kept = live.filter { $0.standing != .retracted }
    sources = SnapshotSource.sorted(kept.map { SnapshotSource($0) })
    var successors: [EntryID: EntryID] = [:]
    for (entry, standing) in entries where standing == .live || standing == .replaced {
      if let older = entry.publication.replaces { successors[entry.id] = older }
    }
    let older = SnapshotSource.sorted(
      entries.filter { $0.standing == .replaced && $0.entry.standing != .retracted }
        .map { SnapshotSource($0.entry) })
    var numbers: [EntryID: Int] = [:]
    for (number, source) in older.enumerated() { numbers[source.entry] = number }
    replaced = older
    ancestors = sources.map { source in
      var found: [Int] = []
      var height = source.height
      var next = successors[source.entry]
      // Each step goes down the author's chain, so this ends.
      while let id = next, let number = numbers[id], older[number].author == source.author,
        older[number].height < height
      {
        found.append(number)
        height = older[number].height
        next = successors[id]
      }
      return found
    }
    places = (sources + older).map { order.place(of: $0.author, height: $0.height) }
  }

  /// The same for records: those of `places` that no other is before. Of one author's the earlier
  /// claim and the lower number are before. `witnesses` are places in `replaced` of what had such a
  /// record too: a source that replaced one of them counts from there.
  public func firsts(
    of places: [RecordFolding.Place], witnesses: [Int] = []
  ) -> [RecordFolding.Place] {
    places.filter { place in
      !places.contains { isBefore($0, place, witnesses, witnesses) }
    }
  }

  /// Whether each of the right places has one of the left before it.
  func isBefore(
    _ left: [RecordFolding.Place], _ leftWitnesses: [Int], _ right: [RecordFolding.Place],
    _ rightWitnesses: [Int]
  ) -> Bool {
    right.allSatisfy { later in
      left.contains { isBefore($0, later, leftWitnesses, rightWitnesses) }
    }
  }

  private func isBefore(
    _ left: RecordFolding.Place, _ right: RecordFolding.Place, _ leftWitnesses: [Int],
    _ rightWitnesses: [Int]
  ) -> Bool {
    let (one, other) = (origin(left.source, leftWitnesses), origin(right.source, rightWitnesses))
    let (mine, theirs) = (source(one), source(other))
    if mine.author == theirs.author {
      return (mine.height, mine.entry.item, left.record)
        < (theirs.height, theirs.entry.item, right.record)
    }
    return order.order(places[one], places[other]) == .before
  }

  private func source(_ place: Int) -> SnapshotSource {
    place < sources.count ? sources[place] : replaced[place - sources.count]
  }

  /// The source itself, or the oldest of what it replaced that had the record, as a place behind the
  /// sources.
  private func origin(_ source: Int, _ witnesses: [Int]) -> Int {
    // One author's claims are ordered by height; the last one found is the oldest.
    ancestors[source].last { witnesses.contains($0) }.map { sources.count + $0 } ?? source
  }
}
