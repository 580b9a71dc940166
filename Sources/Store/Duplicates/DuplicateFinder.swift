// Finds duplicates among contributions, measured by their true similarity.
// Specs/Duplicates.md, "Searching".

public import Content
internal import Cryptography
internal import Records

/// What was found among contributions. Contributions are numbers: places in the list that was
/// searched.
public struct FoundDuplicates: Sendable, Equatable {
  public struct Member: Sendable, Equatable {
    public let contribution: Int
    /// The record's number in its contribution.
    public let record: UInt64
    /// To the cluster's first record; 1 for the same exact form.
    public let similarity: Double
    public let isExact: Bool
  }

  public struct Cluster: Sendable, Equatable {
    /// The first contributions' records come first.
    public let members: [Member]
    /// The contributions that nobody's is proven to precede; several are tied.
    public let firsts: [Int]
    /// So many of the members, counted from the front, belong to those.
    public let firstCount: Int
    /// The replaced contributions that had such a record.
    public let replaced: [Int]
  }

  /// The first of them, as many as were asked for, by the records that became known first.
  public internal(set) var clusters: [Cluster] = []
  /// How many there are.
  public internal(set) var clusterCount = 0
  /// Records that were compared.
  public internal(set) var records = 0
  /// Records that have another's exact form, and records that are like another, beyond the first
  /// of each cluster.
  public internal(set) var exact = 0
  public internal(set) var near = 0
  /// Contributions whose blocks are not here, so that they could not be compared.
  public internal(set) var absent: [Int] = []
}

/// Compares the records of contributions.
public struct DuplicateFinder {
  /// Records count as near-duplicates from this share of common shingles on.
  public static let defaultThreshold = 0.8
  /// Sets of shingles that are kept for the next comparison.
  private static let mostSets = 4096

  private let blocks: BlockStore
  private let index: DuplicateIndex
  private let threshold: Double
  private let report: (DuplicateProgress) -> Bool

  /// `report` stops the work by answering false; what has been indexed is kept.
  public init(
    _ store: Store, threshold: Double = DuplicateFinder.defaultThreshold,
    report: @escaping (DuplicateProgress) -> Bool = { _ in true }
  ) {
    blocks = store.blocks
    index = DuplicateIndex(home: store.home)
    self.threshold = threshold
    self.report = report
  }

  /// How many records have to be read before they can be compared: most of the work. `publications`
  /// are manifests with the numbers of records that are claimed for them.
  public func recordsToRead(_ publications: [(manifest: CID, records: Int)]) -> Int {
    publications.reduce(0) { sum, one in
      let (more, overflow) = sum.addingReportingOverflow(
        index.missingRecords(of: one.manifest, records: one.records))
      return overflow ? .max : more
    }
  }

  /// Compares all records of the contributions with each other. With `onlyLast`, only the last
  /// contribution's records with all others and among themselves. `firsts` picks those of several
  /// contributions that nobody's is proven to precede. All clusters are counted, and `limit` kept.
  ///
  /// `replaced` are contributions that others took the place of. Their numbers follow those of
  /// `manifests`; they have no members, but `firsts` is told which of them had such a record.
  public func find(
    among manifests: [CID], replaced: [CID] = [], onlyLast: Bool = false, limit: Int = .max,
    firsts: (_ contributions: [Int], _ replaced: [Int]) -> [Int]
  ) throws -> FoundDuplicates {
    var found = FoundDuplicates()
    let (sources, absent) = try indexed(manifests + replaced)
    found.absent = absent.filter { $0 < manifests.count }
    found.records = sources.reduce(0) { $0 + ($1.contribution < manifests.count ? $1.rows : 0) }
    var texts = ShingleSets(sources, blocks, most: Self.mostSets)
    var clusters = try search(
      sources, live: manifests.count, newest: onlyLast ? manifests.count - 1 : nil, &texts)
    let owners = Self.owners(of: sources)
    try clusters.forEachCluster(contribution: { owners[$0] }, firsts: firsts) { cluster in
      let exact = cluster.members.count { $0.isExact } - 1
      found.exact += exact
      found.near += cluster.members.count - 1 - exact
      found.clusterCount += 1
      if found.clusters.count >= limit { return }
      let first = cluster.members[0].place
      found.clusters.append(
        FoundDuplicates.Cluster(
          members: try cluster.members.map { member in
            FoundDuplicates.Member(
              contribution: owners[member.place.segment], record: texts.number(of: member.place),
              similarity: member.isExact ? 1 : try texts.similarity(first, member.place),
              isExact: member.isExact)
          }, firsts: cluster.firsts, firstCount: cluster.firstCount,
          replaced: cluster.replaced))
    }
    return found
  }

  /// A record by its contribution and its number there.
  public typealias Place = (contribution: Int, record: UInt64)

  /// What is said of two records.
  public enum Likeness {
    /// They have one exact form; each copy is told with the first that has it.
    case same(Place, copy: Place)
    /// They share so much, measured; of records with one exact form only the first is told.
    case near(Place, Place, similarity: Double)
    /// A replaced contribution had a record that is the same as this, or near it.
    case had(Place, replaced: Int)
  }

  /// Tells which records are alike, pair by pair: near ones from the threshold on, and those of
  /// different owners from `rewording` on. `owners` says whose each contribution is. Fails when a
  /// contribution is not here.
  public func forEachLikeness(
    among manifests: [CID], owners: [Int], replaced: [CID] = [], rewording: Double,
    _ body: (Likeness) throws -> Void
  ) throws {
    let (sources, absent) = try indexed(manifests + replaced)
    if let first = absent.first { throw StoreError.missing((manifests + replaced)[first]) }
    var texts = ShingleSets(sources, blocks, most: Self.mostSets)
    let contributions = Self.owners(of: sources)
    let total = sources.reduce(0) { $0 + $1.rows }
    func place(_ place: DuplicatePlace) -> Place {
      (contributions[place.segment], texts.number(of: place))
    }
    var search = DuplicateSearch(threshold: threshold)
    var done = 0
    for source in sources {
      for segment in source.segments {
        try search.add(segment) { pair in
          let earlier = place(pair.earlier)
          guard earlier.contribution < manifests.count else { return }
          let similarity =
            pair.isExact ? 1 : try texts.similarity(pair.earlier, pair.later)
          guard similarity >= threshold else { return }
          let later = place(pair.later)
          if later.contribution >= manifests.count {
            try body(.had(earlier, replaced: later.contribution - manifests.count))
          } else if pair.isExact {
            try body(.same(earlier, copy: later))
          } else {
            try body(.near(earlier, later, similarity: similarity))
          }
        }
        done += segment.rows
        guard report(DuplicateProgress(stage: .comparing, done: done, total: total)) else {
          throw StoreError.cancelled(kept: 0)
        }
      }
    }
    guard rewording < threshold else { return }
    try search.distant(from: rewording - DuplicateSearch.slack) { segment in
      let contribution = contributions[segment]
      return contribution < manifests.count ? owners[contribution] : -1
    } found: { pair in
      let similarity = try texts.similarity(pair.earlier, pair.later)
      guard similarity >= rewording, similarity < threshold else { return }
      try body(.near(place(pair.earlier), place(pair.later), similarity: similarity))
    }
  }

  /// The contribution of each segment.
  private static func owners(of sources: [IndexedSource]) -> [Int] {
    sources.flatMap { source in source.segments.map { _ in source.contribution } }
  }

  /// Links what is alike among the first `live` contributions; the others only witness. With
  /// `newest`, only that contribution's records are compared.
  private func search(
    _ sources: [IndexedSource], live: Int, newest: Int?, _ texts: inout ShingleSets
  ) throws -> DuplicateClusters {
    let total = sources.reduce(0) { $0 + $1.rows }
    var search = DuplicateSearch(threshold: threshold)
    var clusters = DuplicateClusters()
    var done = 0
    for source in sources {
      for segment in source.segments {
        if let newest, source.contribution != newest {
          search.hold(segment)
        } else if source.contribution >= live {
          try search.add(segment) { pair in
            guard clusters.contains(pair.earlier) else { return }
            if !pair.isExact, try texts.similarity(pair.earlier, pair.later) < threshold { return }
            clusters.witness(pair.earlier, by: source.contribution)
          }
        } else {
          try search.add(segment) { pair in
            if !pair.isExact {
              if clusters.areJoined(pair.earlier, pair.later) { return }
              guard try texts.similarity(pair.earlier, pair.later) >= threshold else { return }
            }
            clusters.join(pair)
          }
        }
        done += segment.rows
        guard report(DuplicateProgress(stage: .comparing, done: done, total: total)) else {
          throw StoreError.cancelled(kept: 0)
        }
      }
    }
    return clusters
  }

  /// The contributions that are here, each with its segments.
  private func indexed(_ manifests: [CID]) throws -> ([IndexedSource], absent: [Int]) {
    var readers: [(contribution: Int, reader: ContributionReader)] = []
    var absent: [Int] = []
    for (contribution, manifest) in manifests.enumerated() {
      do {
        readers.append((contribution, try ContributionReader(manifest, in: blocks)))
      } catch StoreError.missing {
        absent.append(contribution)
      }
    }
    let total = readers.reduce(0) { $0 + Int(clamping: $1.reader.manifest.records) }
    var sources: [IndexedSource] = []
    var before = 0
    for (contribution, reader) in readers {
      do {
        let segments = try reader.duplicateSegments(index) { records in
          report(DuplicateProgress(stage: .indexing, done: before + records, total: total))
        }
        sources.append(
          IndexedSource(contribution: contribution, reader: reader, segments: segments))
      } catch StoreError.missing, StoreError.changedInPlace {
        absent.append(contribution)
      }
      before += Int(clamping: reader.manifest.records)
    }
    return (sources, absent.sorted())
  }

  /// Throws away what belongs to none of these contributions; answers the bytes freed, or with
  /// `dryRun` those that would be.
  public static func prune(
    _ home: Home, keeping manifests: [CID], dryRun: Bool = false
  ) -> Int {
    DuplicateIndex(home: home).remove(allBut: manifests, dryRun: dryRun)
  }
}

private struct IndexedSource {
  let contribution: Int
  let reader: ContributionReader
  let segments: [DuplicateSegment]

  var rows: Int { segments.reduce(0) { $0 + $1.rows } }
}

/// The shingles of records that are compared, read when they are wanted.
private struct ShingleSets {
  private let readers: [ContributionReader]
  private let segments: [DuplicateSegment]
  private let most: Int
  private var sets: [DuplicatePlace: [UInt64]] = [:]
  private var order: [DuplicatePlace] = []
  private var next = 0
  private var forms: [String: RecordForm] = [:]

  init(_ sources: [IndexedSource], _ blocks: BlockStore, most: Int) {
    readers = sources.flatMap { source in source.segments.map { _ in source.reader } }
    segments = sources.flatMap(\.segments)
    self.most = most
  }

  func number(of place: DuplicatePlace) -> UInt64 {
    segments[place.segment].firstRecord + UInt64(place.row)
  }

  mutating func similarity(_ one: DuplicatePlace, _ other: DuplicatePlace) throws -> Double {
    Shingles.similarity(try set(one), try set(other))
  }

  /// The oldest of the sets makes room for a new one.
  private mutating func set(_ place: DuplicatePlace) throws -> [UInt64] {
    if let set = sets[place] { return set }
    let reader = readers[place.segment]
    let record = try reader.record(number(of: place))
    let key = "\(place.segment) \(record.file.path.text)"
    let form: RecordForm
    if let known = forms[key] {
      form = known
    } else {
      guard let file = try reader.file(at: record.file.path) else {
        throw StoreError.missing(reader.manifest.cid)
      }
      form = try reader.form(of: file)
      if forms.count >= most { forms = [:] }
      forms[key] = form
    }
    var texts = DuplicateReader(format: form.format, header: form.header)
    let set = texts.shingles(of: record.bytes)
    if order.count < most {
      order.append(place)
    } else {
      sets[order[next]] = nil
      order[next] = place
      next = (next + 1) % most
    }
    sets[place] = set
    return set
  }
}
