// Whose records made a run's adapter better, by the run's own contributions
// (Specs/Claims.md, "attribution"; what follows: Specs/Merge.md, "Runs").

public import Content
public import Cryptography

public struct PublishedShares: Hashable, Sendable {
  /// One contributor's part of the sum.
  public struct Part: Hashable, Sendable {
    public let contributor: PublicKey
    /// Records of the snapshot that are the contributor's; shared ones count for each.
    public let records: Int
    /// Fixed point, as in transcripts; negative when the records made the adapter worse.
    public let sum: Int64
    /// The interval of `sum`.
    public let low: Int64
    public let high: Int64

    public init(contributor: PublicKey, records: Int, sum: Int64, low: Int64, high: Int64) {
      self.contributor = contributor
      self.records = records
      self.sum = sum
      self.low = low
      self.high = high
    }
  }

  /// Contributors that one claim lists; the sum of all others is `rest`.
  public static let maximumParts = 4096
  /// Sums stay below this in size, so that adding them up cannot overflow.
  public static let maximumSum = Int64(1) << 62

  public let run: CID
  /// Root of the tree of contributions, the run's own.
  public let root: Digest
  /// By sum, descending, then by contributor.
  public let parts: [Part]
  /// The sum of contributors that are not listed; each has at most the last listed one's.
  public let rest: Int64
  public let note: String?

  public init(run: CID, root: Digest, parts: [Part], rest: Int64 = 0, note: String? = nil) {
    self.run = run
    self.root = root
    self.parts = parts.sorted { ($1.sum, $0.contributor) < ($0.sum, $1.contributor) }
    self.rest = rest
    self.note = note
  }

  /// What all contributors' records did together.
  public var total: Int64 { parts.reduce(rest) { $0 &+ $1.sum } }

  init(_ reader: BodyReader) throws(BodyError) {
    run = try reader.required("run", reader.claim("run"))
    root = try reader.required("root", reader.digest("root"))
    var parts: [Part] = []
    var total: Int64 = 0
    for value in try reader.required("items", reader.list("items", upTo: Self.maximumParts)) {
      let part = try Part(value)
      if let last = parts.last, (part.sum, last.contributor) >= (last.sum, part.contributor) {
        throw BodyError(reason: "'items' are not in the order of their sums")
      }
      total = try Self.sum(total, part.sum)
      parts.append(part)
    }
    guard Set(parts.map(\.contributor)).count == parts.count else {
      throw BodyError(reason: "'items' name a contributor twice")
    }
    self.parts = parts
    rest = try reader.sum("rest") ?? 0
    _ = try Self.sum(total, rest)
    note = try reader.text("note", limit: BodyReader.longestText)
  }

  private static func sum(_ left: Int64, _ right: Int64) throws(BodyError) -> Int64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    guard !overflow, sum.magnitude < Self.maximumSum.magnitude else {
      throw BodyError(reason: "the sum of 'items' does not fit")
    }
    return sum
  }

  var body: Value {
    var writer = BodyWriter()
    writer.put("run", run)
    writer.put("root", root)
    writer.put(
      "items",
      parts.map { part in
        [
          .bytes(part.contributor.bytes), Value(part.records), Value(part.sum), Value(part.low),
          Value(part.high),
        ]
      })
    if rest != 0 { writer.put("rest", Value(rest)) }
    writer.put("note", note)
    return writer.value
  }
}

extension PublishedShares.Part {
  init(_ value: Value) throws(BodyError) {
    guard let fields = value.array, fields.count == 5,
      let contributor = fields[0].bytes.flatMap({ PublicKey(bytes: $0) }),
      let records = fields[1].integer(as: Int.self),
      (0..<Publication.maximumCount).contains(records),
      let sum = Self.sum(fields[2]), let low = Self.sum(fields[3]), let high = Self.sum(fields[4]),
      low <= sum, sum <= high
    else {
      throw BodyError(reason: "'items' are not [contributor, records, sum, low, high]")
    }
    self.init(contributor: contributor, records: records, sum: sum, low: low, high: high)
  }

  private static func sum(_ value: Value) -> Int64? {
    value.integer(as: Int64.self).flatMap {
      $0.magnitude < PublishedShares.maximumSum.magnitude ? $0 : nil
    }
  }
}
