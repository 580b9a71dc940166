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
    let places = entries.map { milestones.place(of: $0.author, height: $0.height) }
    found = try finder.find(
      among: entries.map(\.publication.manifest), onlyLast: last != nil, limit: limit
    ) { contributions in
      milestones.firsts(of: contributions.map { places[$0] }).map { contributions[$0] }
    }
    self.entries = entries
    self.milestones = milestones
  }

  /// The first milestone that covers a contribution.
  func milestone(of contribution: Int) -> MilestoneOrder.Listed? {
    let entry = entries[contribution]
    return milestones.first(of: milestones.place(of: entry.author, height: entry.height))
  }

  /// Several authors are first, and nothing proves who of them was. One author's two
  /// contributions are no tie.
  func isTied(_ cluster: FoundDuplicates.Cluster) -> Bool {
    guard let first = cluster.firsts.first else { return false }
    return cluster.firsts.contains { entries[$0].author != entries[first].author }
  }
}
