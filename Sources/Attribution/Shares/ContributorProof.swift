// A file that proves one contributor's sum to anyone who has the run's claim
// (Specs/Shares.md, "Proof").

public import Content
public import Cryptography

/// The sum over the contributor's own records, and over those shared with so many claimants, each as
/// a share proof to one root.
public struct ContributorProof: Hashable, Sendable {
  public static let type = "datanet/contributor-proof/1"
  /// Different numbers of claimants.
  public static let partLimit = 64

  public struct Part: Hashable, Sendable {
    /// Among so many the sum is parted; 1 for the contributor's own records.
    public let claimants: Int
    public let proof: ShareProof
  }

  public let run: CID
  public let snapshot: CID
  public let contributor: PublicKey
  /// Ascending by claimants.
  public let parts: [Part]

  /// What the proof shows when it is followed.
  public struct Shown: Hashable, Sendable {
    public let root: Digest
    public let sum: Int64
    public let total: Int64
    /// Records whose scores were added up.
    public let records: Int
  }

  public init(
    run: CID, snapshot: Snapshot, records: [SnapshotRecord], contributor: PublicKey, tree: SumTree
  ) throws {
    guard let place = snapshot.contributors.firstIndex(of: contributor) else {
      throw ProofError.contradiction("\(contributor.did) has no record in the run's snapshot")
    }
    self.run = run
    self.snapshot = snapshot.cid
    self.contributor = contributor
    var places: [Int: [Int]] = [:]
    for (index, record) in records.enumerated() where record.claimants.contains(place) {
      places[record.claimants.count, default: []].append(index)
    }
    parts = try places.keys.sorted().map { claimants in
      let ranges = Self.ranges(places[claimants] ?? [])
      guard ranges.count <= ShareProof.rangeLimit, places.count <= Self.partLimit,
        let proof = ShareProof(ranges, in: tree)
      else {
        throw ProofError.limit(
          "the contributor's records lie in more than \(ShareProof.rangeLimit) places")
      }
      return Part(claimants: claimants, proof: proof)
    }
  }

  /// Ascending places as ranges.
  private static func ranges(_ ascending: [Int]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    for place in ascending {
      if let last = ranges.last, last.upperBound == place {
        ranges[ranges.count - 1] = last.lowerBound..<(place + 1)
      } else {
        ranges.append(place..<(place + 1))
      }
    }
    return ranges
  }

  /// Follows every part; nil when one cannot be followed, or they do not lead to one root.
  public var shown: Shown? {
    var sum: Int64 = 0
    var records = 0
    var first: ShareProof.Shown?
    for part in parts {
      guard let shown = part.proof.shown else { return nil }
      if let first, first.root != shown.root || first.total != shown.total { return nil }
      first = first ?? shown
      let (next, overflow) = sum.addingReportingOverflow(
        ClaimantPart.of(shown.sum, among: part.claimants))
      guard !overflow else { return nil }
      sum = next
      records += part.proof.ranges.reduce(0) { $0 + $1.count }
    }
    return first.map { Shown(root: $0.root, sum: sum, total: $0.total, records: records) }
  }

  public var value: Value {
    [
      "type": .text(Self.type), "run": .link(run), "snapshot": .link(snapshot),
      "contributor": .bytes(contributor.bytes),
      "parts": .array(parts.map { .array([Value($0.claimants), $0.proof.value]) }),
    ]
  }

  public init(_ value: Value) throws(ProofError) {
    guard value["type"]?.text == Self.type, value.map?.entries.count == 5,
      let run = value["run"]?.link, let snapshot = value["snapshot"]?.link,
      let contributor = value["contributor"]?.bytes.flatMap({ PublicKey(bytes: $0) }),
      let items = value["parts"]?.array, (1...Self.partLimit).contains(items.count)
    else { throw .shape(Self.type) }
    self.run = run
    self.snapshot = snapshot
    self.contributor = contributor
    var parts: [Part] = []
    for item in items {
      guard let pair = item.array, pair.count == 2, let claimants: Int = pair[0].integer(),
        (1...Snapshot.claimantLimit).contains(claimants), claimants > parts.last?.claimants ?? 0
      else { throw .shape(Self.type) }
      parts.append(Part(claimants: claimants, proof: try ShareProof(pair[1])))
    }
    self.parts = parts
  }
}
