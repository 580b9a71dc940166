// Each record once: copies and near-copies fold into the first (Specs/Snapshots.md, "Folding").

public import Cryptography

/// Which records of the sources a snapshot keeps, and whose each one is. A bit for every record, and
/// a few words for those that several contributors share.
public struct RecordFolding: Sendable {
  /// Records of one source.
  public static let recordLimit = 1 << 40

  /// The authors of the sources, ascending.
  public let contributors: [PublicKey]
  private let owners: [Int]
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

  /// Folds a group of records that are alike: one of the first sources' is kept, the one with the
  /// lowest place, and belongs in equal parts to the authors of all first ones.
  public mutating func fold(_ group: [Place], firsts: [Int]) {
    let first = Set(firsts)
    let claims = group.filter { first.contains($0.source) }.sorted()
    guard let kept = claims.first else { return }
    for place in group where place != kept { drop(place) }
    let claimants = Set(claims.map { owners[$0.source] }).sorted()
    if claimants.count > 1 { shared[kept] = claimants }
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
