// A transcript as blocks (Specs/Proofs.md, "Transcript").

public import Content
public import Cryptography
public import Learning

/// Names the parts of a transcript and the root of its Merkle list.
public struct TranscriptIndex: Hashable, Sendable {
  public static let type = "datanet/transcript-index/1"

  public let recipe: CID
  /// Entries, with that of step 0.
  public let count: Int
  public let root: Digest
  public let parts: [CID]

  public var value: Value {
    [
      "type": .text(Self.type), "recipe": .link(recipe), "count": Value(count),
      "root": .bytes(root.bytes), "parts": .array(parts.map { .link($0) }),
    ]
  }

  public init(_ value: Value) throws(ProofError) {
    guard value["type"]?.text == Self.type, value.map?.entries.count == 5,
      let recipe = value["recipe"]?.link, let count: Int = value["count"]?.integer(),
      (1...Recipe.Limits.steps + 1).contains(count),
      let root = value["root"]?.bytes.flatMap({ Digest(bytes: $0) }),
      let parts = BlockParts.links(value["parts"])
    else { throw .shape(Self.type) }
    self.recipe = recipe
    self.count = count
    self.root = root
    self.parts = parts
  }

  /// The index of a transcript, and the parts that it names.
  public init(_ transcript: Transcript) throws(ProofError) {
    let blocks = BlockParts.cut(transcript.entries.lazy.map(\.value))
    guard blocks.count <= BlockParts.partLimit else {
      throw .limit("a transcript has at most \(BlockParts.partLimit) parts of 1 MiB")
    }
    recipe = transcript.recipe
    count = transcript.entries.count
    root = transcript.root
    parts = blocks.map(\.cid)
  }

  public static func blocks(_ transcript: Transcript) throws(ProofError) -> [ProofBlock] {
    let index = try TranscriptIndex(transcript)
    return [ProofBlock(index.value)] + BlockParts.cut(transcript.entries.lazy.map(\.value))
  }

  /// The transcript itself; its root is compared with what the index says.
  public func transcript(from source: BlockSource) throws -> Transcript {
    var transcript = Transcript(recipe: recipe)
    for item in try BlockParts.items(parts, from: source) {
      let entry = try StepEntry(item)
      guard entry.step == transcript.entries.count else {
        throw TranscriptError.gap(after: transcript.entries.count)
      }
      transcript.append(entry)
    }
    guard transcript.entries.count == count, transcript.root == root else {
      throw ProofError.contradiction(
        "the transcript's parts do not have the root and count that its index names")
    }
    return transcript
  }
}
