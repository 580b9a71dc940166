// What every record of a run added up to, and the tree that commits to it
// (Specs/Proofs.md, "Scores").

public import Cryptography
public import Learning

/// The scores of a recipe's records, by place.
public struct ScoreList: Hashable, Sendable {
  /// The records' names, in the order of the recipe's list.
  public let names: [Digest]
  public let scores: [Int64]

  public init(names: [Digest], scores: [Int64]) {
    precondition(names.count == scores.count)
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
        guard !overflow else { throw .limit("\(ScoreOverflow())") }
        scores[place] = sum
      }
    }
    self.init(names: names, scores: scores)
  }

  /// Its commitment is what a run's claim calls `shares`.
  public func tree() throws(ScoreOverflow) -> SumTree {
    try SumTree(zip(names, scores).map { SumNode(leaf: $0, sum: $1) })
  }
}
