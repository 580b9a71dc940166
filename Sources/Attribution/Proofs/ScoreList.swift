// What every record of a run added up to, as a sum tree and as blocks
// (Specs/Proofs.md, "Scores").

public import Content
public import Cryptography
public import Learning

/// The scores of a recipe's records, by place.
public struct ScoreList: Hashable, Sendable {
  public static let type = "datanet/scores/1"

  public let recipe: CID
  /// The records' names, in the order of the recipe's list.
  public let names: [Digest]
  public let scores: [Int64]

  public init(recipe: CID, names: [Digest], scores: [Int64]) {
    precondition(names.count == scores.count)
    self.recipe = recipe
    self.names = names
    self.scores = scores
  }

  /// The sums that follow from a transcript.
  public init(_ transcript: Transcript, names: [Digest]) throws(ProofError) {
    var scores = [Int64](repeating: 0, count: names.count)
    for entry in transcript.entries {
      guard entry.contributions.isEmpty || entry.contributions.count == entry.records.count else {
        throw .contradiction("step \(entry.step) has not one contribution a record")
      }
      for (place, contribution) in zip(entry.records, entry.contributions) {
        guard scores.indices.contains(place) else {
          throw .contradiction("step \(entry.step) names record \(place) of \(names.count)")
        }
        let (sum, overflow) = scores[place].addingReportingOverflow(contribution)
        guard !overflow, contribution.magnitude <= Score.limit.magnitude else {
          throw .limit("\(ScoreOverflow()): record \(place)")
        }
        scores[place] = sum
      }
    }
    self.init(recipe: transcript.recipe, names: names, scores: scores)
  }

  public func tree() throws(ScoreOverflow) -> SumTree {
    try SumTree(zip(names, scores).map { SumNode(leaf: $0, sum: $1) })
  }

  /// The index first: `{type, recipe, count, root, sum, parts}`; then the parts, lists of
  /// `[name, score]`.
  public func blocks() throws -> [ProofBlock] {
    let parts = BlockParts.cut(
      zip(names, scores).lazy.map { .array([.bytes($0.bytes), Value($1)]) })
    guard parts.count <= BlockParts.partLimit else {
      throw ProofError.limit("scores have at most \(BlockParts.partLimit) parts of 1 MiB")
    }
    let tree = try tree()
    let index: Value = [
      "type": .text(Self.type), "recipe": .link(recipe), "count": Value(names.count),
      "root": .bytes(tree.commitment.bytes), "sum": Value(tree.sum),
      "parts": .array(parts.map { .link($0.cid) }),
    ]
    return [ProofBlock(index)] + parts
  }

  /// Reads the blocks; root and sum are compared with what the index says.
  public init(_ cid: CID, from source: BlockSource) throws {
    let index = try BlockParts.value(cid, from: source)
    guard index["type"]?.text == Self.type, index.map?.entries.count == 6,
      let recipe = index["recipe"]?.link, let count: Int = index["count"]?.integer(),
      let root = index["root"]?.bytes.flatMap({ Digest(bytes: $0) }),
      let sum: Int64 = index["sum"]?.integer(), let parts = BlockParts.links(index["parts"])
    else { throw ProofError.shape(Self.type) }
    var (names, scores): ([Digest], [Int64]) = ([], [])
    for item in try BlockParts.items(parts, from: source) {
      guard let pair = item.array, pair.count == 2,
        let name = pair[0].bytes.flatMap({ Digest(bytes: $0) }),
        let score: Int64 = pair[1].integer()
      else { throw ProofError.shape(Self.type) }
      names.append(name)
      scores.append(score)
    }
    self.init(recipe: recipe, names: names, scores: scores)
    let tree = try tree()
    guard names.count == count, tree.commitment == root, tree.sum == sum else {
      throw ProofError.contradiction("the scores do not have the root and sum that they name")
    }
  }
}
