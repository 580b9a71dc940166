// The contributions that live ones have replaced: what they had, their successors had first; see
// Specs/Duplicates.md, "Who was first".

import Claims
import Content
import Store

struct Lineage {
  /// Replaced contributions, as far as milestones prove them older than their successors.
  private(set) var entries: [DatanetState.Entry] = []
  /// For each live contribution, the places in `entries` of what it replaced, and so on.
  private var ancestors: [[Int]] = []

  /// Nothing is known of anybody's past.
  init() {}

  /// Follows `replaces` back from the live contributions. Where one author has contributed all of
  /// them there is nobody to be before, and nothing is looked at.
  init(
    of live: [DatanetState.Entry], in datanet: CID, _ store: Store, _ milestones: MilestoneOrder
  ) throws {
    guard let author = live.first?.author, live.contains(where: { $0.author != author }) else {
      return
    }
    let replaced = try store.claims.entries(of: datanet, kind: .contribution, standing: .replaced)
    var numbers: [EntryID: Int] = [:]
    for (number, entry) in replaced.enumerated() { numbers[entry.id] = number }
    var places: [EntryID: Int] = [:]
    for entry in live {
      var found: [Int] = []
      var next = entry.publication.replaces
      let place = milestones.place(of: entry.author, height: entry.height)
      // Each step goes down one chain, so this ends.
      var height = entry.height
      while let id = next, let ancestor = try store.claims.entry(id),
        ancestor.author == entry.author, ancestor.height < height
      {
        height = ancestor.height
        next = ancestor.publication.replaces
        let older = milestones.place(of: ancestor.author, height: ancestor.height)
        guard let number = numbers[ancestor.id], milestones.order(older, place) == .before else {
          continue
        }
        if places[ancestor.id] == nil {
          places[ancestor.id] = entries.count
          entries.append(replaced[number])
        }
        if let place = places[ancestor.id] { found.append(place) }
      }
      ancestors.append(found)
    }
  }

  /// The oldest of a live contribution's ancestors that are among these places in `entries`. One
  /// author's claims are ordered by height, and every milestone that contains one contains those
  /// below it.
  func origin(of contribution: Int, among places: [Int]) -> Int? {
    guard contribution < ancestors.count else { return nil }
    return ancestors[contribution].filter { places.contains($0) }
      .min { entries[$0].height < entries[$1].height }
  }
}
