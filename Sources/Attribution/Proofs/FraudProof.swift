// One thing in a published run that is not as it was said to be, so that anyone can see it alone
// (Specs/Proofs.md, "Fraud proof").

public import Content
public import Cryptography
public import Learning

/// An entry of a transcript with its way to the root.
public struct CommittedEntry: Hashable, Sendable {
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

  public func isCommitted(by index: TranscriptIndex) -> Bool {
    MerkleList.verifies(
      path, leaf: entry.leaf, at: entry.step, of: index.count, root: index.root)
  }

  var value: Value { .array([entry.value, .array(path.map { .bytes($0.bytes) })]) }

  init(_ value: Value) throws {
    // 64 levels serve every list.
    guard let pair = value.array, pair.count == 2, let items = pair[1].array, items.count <= 64
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
  /// Re-executed from the state that the transcript commits to, the step gives another entry.
  /// `state` is the file of the state before it.
  case step(before: CommittedEntry, claimed: CommittedEntry, state: CID)
  /// The first state is not the one that the recipe's seed draws.
  case start(CommittedEntry)
  /// A kept state is not the one that the transcript names.
  case checkpoint(CommittedEntry, state: CID)
  /// The score of the record at this place is not the sum of its contributions.
  case score(place: Int)
  /// The adapter is not the last state's.
  case adapter
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
      .init(key: "type", value: .text(Self.type)), .init(key: "run", value: .link(run)),
    ]
    func add(_ key: String, _ value: Value) { fields.append(.init(key: key, value: value)) }
    switch refutation {
    case .step(let before, let claimed, let state):
      add("what", .text("step"))
      add("before", before.value)
      add("claimed", claimed.value)
      add("state", .link(state))
    case .start(let claimed):
      add("what", .text("start"))
      add("claimed", claimed.value)
    case .checkpoint(let claimed, let state):
      add("what", .text("checkpoint"))
      add("claimed", claimed.value)
      add("state", .link(state))
    case .score(let place):
      add("what", .text("score"))
      add("place", Value(place))
    case .adapter: add("what", .text("adapter"))
    }
    return .map(ValueMap(fields))
  }

  public init(_ value: Value) throws {
    guard value["type"]?.text == Self.type, let run = value["run"]?.link,
      let count = value.map?.entries.count
    else { throw ProofError.shape(Self.type) }
    func entry(_ key: String) throws -> CommittedEntry {
      guard let item = value[key] else { throw ProofError.shape(Self.type) }
      return try CommittedEntry(item)
    }
    func state() throws -> CID {
      guard let link = value["state"]?.link else { throw ProofError.shape(Self.type) }
      return link
    }
    let expected: Int
    switch value["what"]?.text {
    case "step":
      let (before, claimed) = (try entry("before"), try entry("claimed"))
      guard before.entry.step + 1 == claimed.entry.step else {
        throw ProofError.shape(Self.type)
      }
      refutation = .step(before: before, claimed: claimed, state: try state())
      expected = 6
    case "start":
      refutation = .start(try entry("claimed"))
      expected = 4
    case "checkpoint":
      refutation = .checkpoint(try entry("claimed"), state: try state())
      expected = 5
    case "score":
      guard let place: Int = value["place"]?.integer(), place >= 0 else {
        throw ProofError.shape(Self.type)
      }
      refutation = .score(place: place)
      expected = 4
    case "adapter":
      refutation = .adapter
      expected = 3
    default: throw ProofError.shape(Self.type)
    }
    guard count == expected else { throw ProofError.shape(Self.type) }
    self.run = run
  }
}
