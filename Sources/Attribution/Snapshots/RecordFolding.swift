// Each record once: copies, near-copies and rewordings fold into the first
// (Specs/Snapshots.md, "Folding").

public import Cryptography

/// Which records of the sources a snapshot keeps, and whose each one is. A bit for every record, and
/// a few words for those that several contributors share.
public struct RecordFolding: Sendable {
  /// Records of one source.
  public static let recordLimit = 1 << 40

  /// The authors of the sources, ascending.
  public let contributors: [PublicKey]
  /// For each source the place of its author in `contributors`.
  public let owners: [Int]
  private var folded: [[UInt64]]
  private var shared: [Place: [Int]] = [:]

  /// A record by its source and its number in it.
  public struct Place: Hashable, Sendable, Comparable {
    public let source: Int
    public let record: Int

    public init(source: Int, record: Int) {
      self.source = source
      self.record = record
    }

    public static func < (left: Place, right: Place) -> Bool {
      (left.source, left.record) < (right.source, right.record)
    }
  }

  public init(_ sources: [SnapshotSource]) {
    var contributors: [PublicKey] = []
    owners = sources.map { source in
      if contributors.last != source.author { contributors.append(source.author) }
      return contributors.count - 1
    }
    self.contributors = contributors
    folded = [[UInt64]](repeating: [], count: sources.count)
  }

  /// Near-copies share at least this much of their shingles (Specs/Duplicates.md).
  public static let nearCopy = 0.8
  /// Records of different authors that share at least this much are the same in other words.
  public static let rewording = 0.5

  /// Records with one exact form: the first that was told, and its copies.
  private var copies: [Place: [Place]] = [:]
  private var near: [(one: Place, other: Place, similarity: Double)] = []
  private var witnesses: [Place: [Int]] = [:]

  /// Both have one exact form; every copy is told with the same first one.
  public mutating func same(_ first: Place, copy: Place) { copies[first, default: []].append(copy) }

  /// Both share so much; of copies only the first is told.
  public mutating func near(_ one: Place, _ other: Place, similarity: Double) {
    near.append((one, other, similarity))
  }

  /// A replaced contribution, a place in the plan's, had a record like this one.
  public mutating func had(_ place: Place, replaced: Int) {
    witnesses[place, default: []].append(replaced)
  }

  /// Records with one exact form, while it is decided what is kept of them.
  private struct Form {
    let name: Place
    var members: [Place]
    var witnesses: [Int]
    var firsts: [Place] = []
    var claimants: [Int] = []
    /// Others that are near, as places in the list of forms.
    var near: [(form: Int, similarity: Double)] = []
    var isKept = true

    var kept: Place { firsts.min() ?? name }
  }

  /// Decides what is kept, once everything that is alike has been told.
  mutating func settle(_ plan: SnapshotPlan) {
    var forms = self.forms()
    for place in forms.indices {
      forms[place].firsts = plan.firsts(
        of: forms[place].members, witnesses: forms[place].witnesses)
      forms[place].claimants = Set(forms[place].firsts.map { owners[$0.source] }).sorted()
    }
    // What has something near before it is folded, whether that is kept itself or not: a chain of
    // near-copies leads down to its beginning, and nobody's record falls with what came later.
    for place in forms.indices {
      forms[place].isKept = !forms[place].near.contains { near in
        let other = forms[near.form]
        let isOthers = Set(other.claimants).isDisjoint(with: forms[place].claimants)
        guard near.similarity >= (isOthers ? Self.rewording : Self.nearCopy) else { return false }
        return plan.isBefore(
          other.firsts, other.witnesses, forms[place].firsts, forms[place].witnesses)
      }
    }
    share(&forms, plan)
    for form in forms {
      let kept = form.kept
      for member in form.members where !form.isKept || member != kept { drop(member) }
      if form.isKept, form.claimants.count > 1 { shared[kept] = form.claimants }
    }
    copies = [:]
    near = []
    witnesses = [:]
  }

  /// Near-copies of which nothing proves who was first become one: that with the lowest place.
  private func share(_ forms: inout [Form], _ plan: SnapshotPlan) {
    for place in forms.indices.sorted(by: { forms[$0].kept < forms[$1].kept })
    where forms[place].isKept {
      let others = forms[place].near.filter { near in
        near.similarity >= Self.nearCopy && forms[near.form].isKept
          && forms[near.form].kept < forms[place].kept
      }
      guard let lowest = others.min(by: { forms[$0.form].kept < forms[$1.form].kept }) else {
        continue
      }
      forms[place].isKept = false
      forms[lowest.form].claimants =
        Set(forms[lowest.form].claimants + forms[place].claimants).sorted()
    }
  }

  private func forms() -> [Form] {
    var names = Set(copies.keys)  // order: sorted below
    for pair in near { names.formUnion([pair.one, pair.other]) }
    var forms = names.sorted().map { name in
      Form(
        name: name, members: [name] + (copies[name] ?? []).sorted(),
        witnesses: witnesses[name] ?? [])
    }
    var places: [Place: Int] = [:]
    for (place, form) in forms.enumerated() { places[form.name] = place }
    for pair in near {
      guard let one = places[pair.one], let other = places[pair.other] else { continue }
      forms[one].near.append((other, pair.similarity))
      forms[other].near.append((one, pair.similarity))
    }
    return forms
  }

  private mutating func drop(_ place: Place) {
    guard folded.indices.contains(place.source), (0..<Self.recordLimit).contains(place.record)
    else { return }
    let word = place.record / 64
    let missing = word + 1 - folded[place.source].count
    if missing > 0 {
      folded[place.source].append(contentsOf: repeatElement(0, count: missing))
    }
    folded[place.source][word] |= 1 << UInt64(place.record % 64)
  }

  /// Whose a record is, as places in `contributors`, ascending; nil when it is folded into another.
  public func claimants(of place: Place) -> [Int]? {
    let words = folded[place.source]
    let word = place.record / 64
    if word < words.count, words[word] >> UInt64(place.record % 64) & 1 == 1 { return nil }
    return shared[place] ?? [owners[place.source]]
  }

  /// Records that were folded into others.
  public var foldedCount: Int {
    folded.reduce(0) { $0 + $1.reduce(0) { $0 + $1.nonzeroBitCount } }
  }
  /// Records that several contributors share.
  public var sharedCount: Int { shared.count }
}
