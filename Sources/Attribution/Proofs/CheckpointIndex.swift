// A run's kept states as blocks (Specs/Proofs.md, "Checkpoints").

public import Content
import Learning

/// The kept states of a run, by step.
public struct CheckpointIndex: Hashable, Sendable {
  public static let type = "datanet/checkpoints/1"

  public struct State: Hashable, Sendable {
    public let step: Int
    /// The block that lists the file's chunks.
    public let file: CID

    public init(step: Int, file: CID) {
      self.step = step
      self.file = file
    }
  }

  public let recipe: CID
  /// Ascending by step.
  public let states: [State]

  public init(recipe: CID, states: [State]) {
    self.recipe = recipe
    self.states = states.sorted { $0.step < $1.step }
  }

  /// The last state at or before `step`.
  public func nearest(before step: Int) -> State? { states.last { $0.step < step } }

  public var value: Value {
    [
      "type": .text(Self.type), "recipe": .link(recipe),
      "states": .array(states.map { .array([Value($0.step), .link($0.file)]) }),
    ]
  }

  public init(_ value: Value) throws(ProofError) {
    guard value["type"]?.text == Self.type, value.map?.entries.count == 3,
      let recipe = value["recipe"]?.link, let items = value["states"]?.array,
      items.count <= BlockParts.partLimit
    else { throw .shape(Self.type) }
    var states: [State] = []
    for item in items {
      guard let pair = item.array, pair.count == 2, let step: Int = pair[0].integer(),
        (1...Recipe.Limits.steps).contains(step), step > states.last?.step ?? 0,
        let file = pair[1].link
      else { throw .shape(Self.type) }
      states.append(State(step: step, file: file))
    }
    self.init(recipe: recipe, states: states)
  }
}

/// A file as chunks of 1 MiB.
public struct ChunkedFile: Hashable, Sendable {
  public static let type = "datanet/chunked-file/1"
  /// Bytes of a file: what an adapter of a large model needs, and no more.
  public static let byteLimit = BlockParts.partLimit * BlockParts.byteLimit

  public let byteCount: Int
  public let chunks: [CID]

  public var value: Value {
    [
      "type": .text(Self.type), "bytes": Value(byteCount),
      "chunks": .array(chunks.map { .link($0) }),
    ]
  }

  public init(_ value: Value) throws(ProofError) {
    guard value["type"]?.text == Self.type, value.map?.entries.count == 3,
      let count: Int = value["bytes"]?.integer(), (0...Self.byteLimit).contains(count),
      let chunks = BlockParts.links(value["chunks"]),
      chunks.count == (count + BlockParts.byteLimit - 1) / BlockParts.byteLimit
    else { throw .shape(Self.type) }
    byteCount = count
    self.chunks = chunks
  }

  /// The list first, then the chunks.
  public static func blocks(_ bytes: [UInt8]) throws(ProofError) -> [ProofBlock] {
    guard bytes.count <= byteLimit else { throw .limit("a file has at most \(byteLimit) bytes") }
    let chunks = stride(from: 0, to: bytes.count, by: BlockParts.byteLimit).map { start in
      ProofBlock(raw: Array(bytes[start..<min(start + BlockParts.byteLimit, bytes.count)]))
    }
    let list: Value = [
      "type": .text(type), "bytes": Value(bytes.count),
      "chunks": .array(chunks.map { .link($0.cid) }),
    ]
    return [ProofBlock(list)] + chunks
  }

  /// The bytes; a chunk that is missing is named.
  public func bytes(from source: BlockSource) throws -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount)
    for cid in chunks {
      guard let chunk = try source(cid) else { throw ProofError.missing(cid) }
      bytes += chunk
    }
    guard bytes.count == byteCount else {
      throw ProofError.contradiction("the file's chunks are not as long as its list says")
    }
    return bytes
  }
}
