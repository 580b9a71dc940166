// What a trainer says about a run: from what, over what, and where its evidence is
// (Specs/Claims.md, "run"; what follows: Specs/Merge.md, "Runs").

public import Content
public import Cryptography

public struct PublishedRun: Hashable, Sendable {
  /// Steps of one run, as a recipe may ask for.
  public static let maximumSteps = 10_000_000
  /// Entries that one run can leave out because they were retracted after its milestone.
  public static let maximumLeftOut = 4096

  /// The recipe's block; its bytes are a file of `transcript`.
  public let recipe: CID
  /// The milestone claim whose snapshot the run trained on.
  public let milestone: CID
  /// The snapshot's root block.
  public let snapshot: CID
  /// Entries of `milestone` that were retracted after it, and that the snapshot is without.
  public let leftOut: [EntryID]
  /// The entry that publishes the base.
  public let base: EntryID
  /// The entry whose records contributions are measured against; nil when none were measured.
  public let yardstick: EntryID?
  /// Manifest of recipe, snapshot, transcript and shares.
  public let transcript: CID
  /// Root of the list of steps.
  public let root: Digest
  /// Manifest of the states from which steps are executed again.
  public let checkpoints: CID
  /// Manifest of the adapter as PEFT writes it.
  public let adapter: CID
  /// Root of the tree of contributions; nil when none were measured.
  public let shares: Digest?
  public let steps: Int
  /// Records of the snapshot.
  public let records: Int
  /// Bytes behind the three manifests.
  public let bytes: Int
  public let name: String?
  public let note: String?

  public init(
    recipe: CID, milestone: CID, snapshot: CID, leftOut: [EntryID] = [], base: EntryID,
    yardstick: EntryID? = nil, transcript: CID, root: Digest, checkpoints: CID, adapter: CID,
    shares: Digest? = nil, steps: Int, records: Int, bytes: Int, name: String? = nil,
    note: String? = nil
  ) {
    self.recipe = recipe
    self.milestone = milestone
    self.snapshot = snapshot
    self.leftOut = Array(Set(leftOut)).sorted()
    self.base = base
    self.yardstick = yardstick
    self.transcript = transcript
    self.root = root
    self.checkpoints = checkpoints
    self.adapter = adapter
    self.shares = shares
    self.steps = steps
    self.records = records
    self.bytes = bytes
    self.name = name
    self.note = note
  }

  init(_ reader: BodyReader) throws(BodyError) {
    recipe = try reader.required("recipe", reader.claim("recipe"))
    milestone = try reader.required("milestone", reader.claim("milestone"))
    snapshot = try reader.required("snapshot", reader.claim("snapshot"))
    var leftOut: [EntryID] = []
    for value in try reader.list("leftOut", upTo: Self.maximumLeftOut) ?? [] {
      let entry = try EntryID(BodyReader(value))
      guard leftOut.last.map({ $0 < entry }) ?? true else {
        throw BodyError(reason: "'leftOut' is not an ascending list of entries")
      }
      leftOut.append(entry)
    }
    self.leftOut = leftOut
    base = try EntryID(BodyReader(try reader.required("base", reader.value("base"))))
    let yardstick = try reader.value("yardstick")
    self.yardstick = if let yardstick { try EntryID(BodyReader(yardstick)) } else { nil }
    transcript = try reader.required("transcript", reader.link("transcript"))
    root = try reader.required("root", reader.digest("root"))
    checkpoints = try reader.required("checkpoints", reader.link("checkpoints"))
    adapter = try reader.required("adapter", reader.link("adapter"))
    shares = try reader.digest("shares")
    guard (self.yardstick == nil) == (shares == nil) else {
      throw BodyError(reason: "'yardstick' and 'shares' stand together or not at all")
    }
    let steps = try reader.required("steps", reader.count("steps", below: Self.maximumSteps + 1))
    guard steps > 0 else { throw BodyError(reason: "'steps' is 0") }
    self.steps = steps
    records = try reader.required(
      "records", reader.count("records", below: Publication.maximumCount))
    bytes = try reader.required("bytes", reader.count("bytes", below: Publication.maximumCount))
    name = try reader.text("name")
    note = try reader.text("note", limit: BodyReader.longestText)
  }

  var body: Value {
    var writer = BodyWriter()
    writer.put("recipe", recipe)
    writer.put("milestone", milestone)
    writer.put("snapshot", snapshot)
    writer.put("leftOut", leftOut.map(\.body))
    writer.put("base", base.body)
    writer.put("yardstick", yardstick?.body)
    writer.put("transcript", transcript)
    writer.put("root", root)
    writer.put("checkpoints", checkpoints)
    writer.put("adapter", adapter)
    writer.put("shares", shares)
    writer.put("steps", steps)
    writer.put("records", records)
    writer.put("bytes", bytes)
    writer.put("name", name)
    writer.put("note", note)
    return writer.value
  }

  /// What a peer that keeps the run keeps.
  public var manifests: [CID] { [transcript, checkpoints, adapter] }
}
