// The same run from other seeds, to see how far its scores hang on chance
// (Specs/Contributions.md, "Intervals").

public import Learning

public enum Repetition {
  /// Repetitions of one run.
  public static let most = 15

  /// The recipe of a repetition, which count from 1: the run's own but for the salt, from which
  /// follows another seed, so other first values and another order of records and folds.
  public static func recipe(_ recipe: Recipe, number: Int) -> Recipe {
    var repeated = recipe
    repeated.salt = recipe.salt &+ UInt64(number)
    return repeated
  }

  /// Its transcript's name beside the run's own.
  public static func fileName(_ number: Int) -> String { "transcript-\(number)" }

  /// What is wrong with a transcript as the repetition of a run, without executing a step; nil when
  /// nothing is. `evidence` is the run's.
  public static func fault(_ transcript: Transcript, number: Int, of evidence: RunEvidence)
    -> String?
  {
    let own = self.evidence(transcript, number: number, of: evidence)
    if own.stepCount != evidence.stepCount {
      return "repetition \(number) has \(own.stepCount) steps and the run \(evidence.stepCount)"
    }
    return own.structureFaults().first.map { "repetition \(number): \($0.what)" }
  }

  /// A repetition as something that is verified like a run that nobody signed.
  public static func evidence(
    _ transcript: Transcript, number: Int, of evidence: RunEvidence
  ) -> RunEvidence {
    var own = evidence
    own.recipe = recipe(evidence.recipe, number: number)
    own.transcript = transcript
    own.signed = nil
    return own
  }
}

extension FoldScores {
  /// Those of a run's repetitions.
  public static func all(
    _ repetitions: [Transcript], of recipe: Recipe
  ) throws(ProofError) -> [FoldScores] {
    var all: [FoldScores] = []
    for (place, transcript) in repetitions.enumerated() {
      all.append(
        try FoldScores(transcript, recipe: Repetition.recipe(recipe, number: place + 1)))
    }
    return all
  }
}
