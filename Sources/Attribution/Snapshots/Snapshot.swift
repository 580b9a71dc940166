// A snapshot as blocks: what a recipe trains on, record by record (Specs/Snapshots.md, "Blocks").

public import Claims
public import Content
public import Cryptography
public import Learning

/// One record of a snapshot.
public struct SnapshotRecord: Hashable, Sendable {
  /// SHA-256 of its own bytes.
  public let name: Digest
  /// Its source, and its number there.
  public let source: Int
  public let number: Int
  /// Places in the snapshot's contributors, ascending; several share it in equal parts.
  public let claimants: [Int]

  public init(name: Digest, source: Int, number: Int, claimants: [Int]) {
    self.name = name
    self.source = source
    self.number = number
    self.claimants = claimants
  }

  /// `[name, source, number]`, and the claimants when they are not the source's author alone.
  func value(owner: Int) -> Value {
    let head: [Value] = [.bytes(name.bytes), Value(source), Value(number)]
    return .array(claimants == [owner] ? head : head + [.array(claimants.map { Value($0) })])
  }
}

/// The root of a snapshot.
public struct Snapshot: Hashable, Sendable {
  public static let type = "datanet/snapshot/1"
  /// Contributions of one snapshot.
  public static let sourceLimit = 1 << 20
  /// Contributors that share one record.
  public static let claimantLimit = 4096

  public let datanet: CID
  public let milestone: CID
  public let leftOut: [EntryID]
  /// By author, height and item.
  public let sources: [SnapshotSource]
  /// The authors of the sources, ascending.
  public let contributors: [PublicKey]
  public let list: RecordList
  let sourceParts: [CID]
  let recordParts: [CID]

  public let cid: CID

  init(
    plan: SnapshotPlan, list: RecordList, sourceParts: [CID], recordParts: [CID]
  ) {
    datanet = plan.datanet
    milestone = plan.milestone
    leftOut = plan.leftOut
    sources = plan.sources
    contributors = Self.contributors(of: plan.sources)
    self.list = list
    self.sourceParts = sourceParts
    self.recordParts = recordParts
    cid =
      ProofBlock(
        Self.value(
          datanet: datanet, milestone: milestone, leftOut: leftOut, list: list,
          sources: sourceParts, records: recordParts)
      ).cid
  }

  static func contributors(of sources: [SnapshotSource]) -> [PublicKey] {
    RecordFolding(sources).contributors
  }

  static func value(
    datanet: CID, milestone: CID, leftOut: [EntryID], list: RecordList, sources: [CID],
    records: [CID]
  ) -> Value {
    [
      "type": .text(type), "net": .link(datanet), "milestone": .link(milestone),
      "leftOut": .array(leftOut.map { .array([.link($0.cid), Value($0.item)]) }),
      "count": Value(list.count), "digest": .bytes(list.digest.bytes),
      "sources": .array(sources.map { .link($0) }), "records": .array(records.map { .link($0) }),
    ]
  }

  /// The root's block.
  public var block: ProofBlock {
    ProofBlock(
      Self.value(
        datanet: datanet, milestone: milestone, leftOut: leftOut, list: list,
        sources: sourceParts, records: recordParts))
  }

  /// Reads the root and the sources.
  public init(_ cid: CID, from source: BlockSource) throws {
    let root = try BlockParts.value(cid, from: source)
    guard root["type"]?.text == Self.type, root.map?.entries.count == 8,
      let datanet = root["net"]?.link, let milestone = root["milestone"]?.link,
      let left = root["leftOut"]?.array, let count: Int = root["count"]?.integer(),
      (0...Recipe.Limits.records).contains(count),
      let digest = root["digest"]?.bytes.flatMap({ Digest(bytes: $0) }),
      let sourceParts = BlockParts.links(root["sources"]),
      let recordParts = BlockParts.links(root["records"]),
      left.count <= PublishedRun.maximumLeftOut
    else { throw ProofError.shape(Self.type) }
    var leftOut: [EntryID] = []
    for item in left {
      guard let entry = Self.entry(item.array ?? []), leftOut.last.map({ $0 < entry }) ?? true
      else { throw ProofError.shape(Self.type) }
      leftOut.append(entry)
    }
    var sources: [SnapshotSource] = []
    for item in try BlockParts.items(sourceParts, from: source) {
      guard let fields = item.array, fields.count == 5, sources.count < Self.sourceLimit,
        let entry = Self.entry(Array(fields[..<2])), let manifest = fields[2].link,
        let author = fields[3].bytes.flatMap({ PublicKey(bytes: $0) }),
        let height: Int = fields[4].integer(), (0..<Claim.maximumHeight).contains(height)
      else { throw ProofError.shape(Self.type) }
      let new = SnapshotSource(entry: entry, author: author, height: height, manifest: manifest)
      if let last = sources.last {
        guard (last.author, last.height, last.entry.item) < (author, height, entry.item) else {
          throw ProofError.contradiction("the snapshot's sources are out of order")
        }
      }
      sources.append(new)
    }
    self.datanet = datanet
    self.milestone = milestone
    self.leftOut = leftOut
    self.sources = sources
    self.sourceParts = sourceParts
    self.recordParts = recordParts
    self.cid = cid
    contributors = Self.contributors(of: sources)
    list = RecordList(count: count, digest: digest)
  }

  private static func entry(_ fields: [Value]) -> EntryID? {
    guard fields.count == 2, let claim = fields[0].link, claim.codec == .dagCBOR,
      let item: Int = fields[1].integer(), (0..<ClaimContent.maximumItems).contains(item)
    else { return nil }
    return EntryID(claim: claim, item: item)
  }

  static func value(_ source: SnapshotSource) -> Value {
    .array([
      .link(source.entry.cid), Value(source.entry.item), .link(source.manifest),
      .bytes(source.author.bytes), Value(source.height),
    ])
  }

  /// All records in order, part by part; count and digest are compared with the root's at the end.
  public func forEachRecord(
    from source: BlockSource, _ body: (SnapshotRecord) throws -> Void
  ) throws {
    let owners = self.owners
    var hash = RecordListHasher()
    var last: RecordFolding.Place?
    for part in recordParts {
      guard let items = try BlockParts.value(part, from: source).array else {
        throw ProofError.shape("a list of a snapshot's records")
      }
      for item in items {
        let record = try Self.record(item, owners, contributors.count)
        let place = RecordFolding.Place(source: record.source, record: record.number)
        guard last.map({ $0 < place }) ?? true else {
          throw ProofError.contradiction("the snapshot's records are out of order")
        }
        last = place
        hash.append(record.name)
        try body(record)
      }
    }
    guard hash.finish() == list else {
      throw ProofError.contradiction("the snapshot's records are not those that its root names")
    }
  }

  private static func record(
    _ value: Value, _ owners: [Int], _ contributors: Int
  ) throws(ProofError) -> SnapshotRecord {
    guard let fields = value.array, (3...4).contains(fields.count),
      let name = fields[0].bytes.flatMap({ Digest(bytes: $0) }),
      let source: Int = fields[1].integer(), owners.indices.contains(source),
      let number: Int = fields[2].integer(), (0..<RecordFolding.recordLimit).contains(number)
    else { throw .shape("a snapshot's record") }
    var claimants = [owners[source]]
    if fields.count == 4 {
      guard let items = fields[3].array, (1...claimantLimit).contains(items.count) else {
        throw .shape("a snapshot's record")
      }
      claimants = []
      for item in items {
        guard let place: Int = item.integer(), (0..<contributors).contains(place),
          place > claimants.last ?? -1
        else { throw .shape("a snapshot's record") }
        claimants.append(place)
      }
      guard claimants != [owners[source]] else { throw .shape("a snapshot's record") }
    }
    return SnapshotRecord(name: name, source: source, number: number, claimants: claimants)
  }

  /// For each source the place of its author in `contributors`.
  var owners: [Int] {
    var place = -1
    var last: PublicKey?
    return sources.map { source in
      if source.author != last { place += 1 }
      last = source.author
      return place
    }
  }
}
