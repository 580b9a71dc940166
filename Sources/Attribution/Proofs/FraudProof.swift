// One thing in a published run that is not as it was said to be, so that anyone can see it alone
// (Specs/Proofs.md, "Fraud proof").

public import Content
public import Cryptography
public import Learning

/// An entry of a transcript with its way to the root.
public struct CommittedEntry: Hashable, Sendable {
  /// Levels of a list's tree.
  static let pathLimit = 64

  public let entry: StepEntry
  public let path: [Digest]

  public init(entry: StepEntry, path: [Digest]) {
    self.entry = entry
    self.path = path
  }

  /// Of step `step` of a transcript that has it.
  public init(_ transcript: Transcript, step: Int) {
    entry = transcript.entries[step]
    path = transcript.tree.proof(of: step)
  }

  /// Whether it belongs to the list of a run of so many steps with this root.
  public func isCommitted(by root: Digest, steps: Int) -> Bool {
    MerkleList.verifies(path, leaf: entry.leaf, at: entry.step, of: steps + 1, root: root)
  }

  var value: Value { .array([entry.value, .array(path.map { .bytes($0.bytes) })]) }

  init(_ value: Value) throws {
    guard let pair = value.array, pair.count == 2, let items = pair[1].array,
      items.count <= Self.pathLimit
    else { throw ProofError.shape("a committed entry") }
    entry = try StepEntry(pair[0])
    path = try items.map { item in
      guard let digest = item.bytes.flatMap({ Digest(bytes: $0) }) else {
        throw ProofError.shape("a committed entry")
      }
      return digest
    }
  }
}

/// What is wrong with a run.
public enum Refutation: Hashable, Sendable {
  /// Taken from the state that the transcript commits to, the step gives another entry. `state` is
  /// the file of the state before it.
  case step(before: CommittedEntry, claimed: CommittedEntry, state: ChunkedFile)
  /// What the recipe or the evidence names is not what the claims of the Datanet give: base, snapshot,
  /// yardstick, recipe.
  case origin
  /// The first state is not the one that the recipe's seed draws.
  case start
  /// What anybody reads in the transcript without executing anything breaks a rule at this step.
  case transcript(step: Int)
  /// The state kept after this step is not the one that the transcript names.
  case checkpoint(step: Int)
  /// The tree of shares is not that of the transcript's sums.
  case shares
  /// The adapter is not the last state's.
  case adapter

  public var name: String {
    switch self {
    case .step: "step"
    case .origin: "origin"
    case .start: "start"
    case .transcript: "transcript"
    case .checkpoint: "checkpoint"
    case .shares: "shares"
    case .adapter: "adapter"
    }
  }
}

/// A refutation of one run.
public struct FraudProof: Hashable, Sendable {
  public static let type = "datanet/fraud-proof/1"

  /// The claim that published the run.
  public let run: CID
  public let refutation: Refutation

  public init(run: CID, _ refutation: Refutation) {
    self.run = run
    self.refutation = refutation
  }

  public var value: Value {
    var fields: [ValueMap.Entry] = [
      .init(key: "type", value: .text(Self.type)),
      .init(key: "run", value: .bytes(run.digest.bytes)),
      .init(key: "what", value: .text(refutation.name)),
    ]
    func add(_ key: String, _ value: Value) { fields.append(.init(key: key, value: value)) }
    switch refutation {
    case .step(let before, let claimed, let state):
      add("before", before.value)
      add("claimed", claimed.value)
      add("state", state.value)
    case .transcript(let step), .checkpoint(let step): add("step", Value(step))
    case .origin, .start, .shares, .adapter: break
    }
    return .map(ValueMap(fields))
  }

  public init(block: [UInt8]) throws {
    let value: Value
    do { value = try Value(decoding: block) } catch { throw ProofError.encoding("\(error)") }
    try self.init(value)
  }

  public init(_ value: Value) throws {
    guard value["type"]?.text == Self.type,
      let run = value["run"]?.bytes.flatMap({ Digest(bytes: $0) })
    else {
      throw ProofError.shape(Self.type)
    }
    func entry(_ key: String) throws -> CommittedEntry {
      guard let item = value[key] else { throw ProofError.shape(Self.type) }
      return try CommittedEntry(item)
    }
    func step() throws -> Int {
      guard let step: Int = value["step"]?.integer(), (0...Recipe.Limits.steps).contains(step)
      else { throw ProofError.shape(Self.type) }
      return step
    }
    var fieldCount = 3
    switch value["what"]?.text {
    case "step":
      let (before, claimed) = (try entry("before"), try entry("claimed"))
      guard before.entry.step + 1 == claimed.entry.step, let state = value["state"] else {
        throw ProofError.shape(Self.type)
      }
      refutation = .step(before: before, claimed: claimed, state: try ChunkedFile(state))
      fieldCount = 6
    case "origin": refutation = .origin
    case "start": refutation = .start
    case "transcript":
      refutation = .transcript(step: try step())
      fieldCount = 4
    case "checkpoint":
      refutation = .checkpoint(step: try step())
      fieldCount = 4
    case "shares": refutation = .shares
    case "adapter": refutation = .adapter
    default: throw ProofError.shape(Self.type)
    }
    guard value.map?.entries.count == fieldCount else { throw ProofError.shape(Self.type) }
    self.run = CID(codec: .dagCBOR, digest: run)
  }
}
