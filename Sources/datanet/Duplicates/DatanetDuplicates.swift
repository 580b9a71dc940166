// Duplicates among a Datanet's live contributions, as `add` and `duplicates` look for them; see
// Specs/Duplicates.md, "Who was first".

import Claims
import Content
import Store
import Terminal

struct DatanetDuplicates {
  /// In the order of arrival; members of clusters name places in this list.
  let entries: [DatanetState.Entry]
  let milestones: MilestoneOrder
  let found: FoundDuplicates
  private let lineage: Lineage

  /// Looks among all live contributions, or for the last entry's duplicates only; keeps `limit`
  /// groups. Fails with
  /// `StoreError.cancelled` when Ctrl-C was pressed; what was indexed is kept.
  init(
    in datanet: CID, last: EntryID? = nil, threshold: Double, limit: Int, _ store: Store,
    _ context: Context
  ) throws {
    var entries = try store.claims.entries(of: datanet, kind: .contribution, standing: .live)
    if let last {
      let newest = try store.claims.entry(last)
      entries = entries.filter { $0.id != last } + [newest].compactMap { $0 }
    }
    let milestones = try store.claims.milestones(of: datanet)
    let progress = context.progress(
      "Looking for duplicates", unit: .things(singular: "record", plural: "records"))
    defer { progress.finish() }
    let finder = DuplicateFinder(store, threshold: threshold) { state in
      progress.set(
        done: state.done, total: state.total,
        item: state.stage == .indexing ? "indexing" : "comparing")
      return !Interruption.isRequested
    }
    let lineage =
      last == nil ? try Lineage(of: entries, in: datanet, store, milestones) : Lineage()
    let places = (entries + lineage.entries).map {
      milestones.place(of: $0.author, height: $0.height)
    }
    let live = entries.count
    found = try finder.find(
      among: entries.map(\.publication.manifest),
      replaced: lineage.entries.map(\.publication.manifest), onlyLast: last != nil, limit: limit
    ) { contributions, replaced in
      // Who replaced a contribution that had such a record counts from there.
      let origins = contributions.map { contribution in
        lineage.origin(of: contribution, among: replaced.map { $0 - live }).map { $0 + live }
          ?? contribution
      }
      return milestones.firsts(of: origins.map { places[$0] }).map { contributions[$0] }
    }
    self.entries = entries
    self.milestones = milestones
    self.lineage = lineage
  }

  /// How many records of the live contributions and of `last` have to be read first.
  static func recordsToRead(in datanet: CID, last: EntryID, _ store: Store) throws -> Int {
    let live = try store.claims.entries(of: datanet, kind: .contribution, standing: .live)
    let newest = try store.claims.entry(last)
    let all = live.filter { $0.id != last } + [newest].compactMap { $0 }
    return DuplicateFinder(store).recordsToRead(
      all.map { ($0.publication.manifest, $0.publication.records) })
  }

  /// The contribution from which on its author has had a cluster's record: an older one that it
  /// replaced, or itself.
  func origin(of contribution: Int, in cluster: FoundDuplicates.Cluster) -> DatanetState.Entry {
    let replaced = cluster.replaced.map { $0 - entries.count }
    return lineage.origin(of: contribution, among: replaced).map { lineage.entries[$0] }
      ?? entries[contribution]
  }

  /// The first milestone that covers a contribution.
  func milestone(of entry: DatanetState.Entry) -> MilestoneOrder.Listed? {
    milestones.first(of: milestones.place(of: entry.author, height: entry.height))
  }

  /// Several authors are first, and nothing proves who of them was. One author's two
  /// contributions are no tie.
  func isTied(_ cluster: FoundDuplicates.Cluster) -> Bool {
    guard let first = cluster.firsts.first else { return false }
    return cluster.firsts.contains { entries[$0].author != entries[first].author }
  }
}
