// Records with a label, of which some are wrong: whether scores find them
// (Specs/Influence.md, "Judged").

import Learning

/// Questions whether a thing lives, answered yes or no.
public struct FlippedLabels: Sendable {
  public let training: [ClassifiedExercise]
  /// Whether the record's answer was turned into the wrong one.
  public let isFlipped: [Bool]
  public let test: [ClassifiedExercise]

  private static let animals = [
    "goat", "owl", "horse", "swan", "bear", "deer", "frog", "duck", "pig", "hen", "cow", "dog",
    "cat", "sheep",
  ]
  private static let things = [
    "box", "door", "chair", "table", "boat", "house", "lamp", "basket", "wall", "cup", "road",
    "coat", "bell", "key",
  ]
  private static let wordings: [(before: String, after: String)] = [
    ("Is the ", " alive?"), ("Does the ", " live?"), ("Can the ", " grow?"), ("Will the ", " eat?"),
    ("Can a ", " sleep?"), ("Does a ", " breathe?"), ("Is a ", " an animal?"),
    ("Can the ", " hear?"),
    ("Does the ", " see you?"), ("Will a ", " feel pain?"),
  ]

  /// `share` of the training records have the wrong answer.
  public init(share: Double, testCount: Int, seed: UInt64) {
    var draws = SeededDraws(seed: seed)
    var all: [ClassifiedExercise] = []
    for wording in Self.wordings {
      for (kind, words) in [Self.things, Self.animals].enumerated() {
        for word in words {
          all.append(
            ClassifiedExercise(
              prompt: wording.before + word + wording.after,
              completion: kind == 1 ? " yes" : " no", kind: kind))
        }
      }
    }
    draws.shuffle(&all)
    test = Array(all.prefix(testCount))
    let rest = all.dropFirst(testCount)
    let count = Int(share * Double(rest.count))
    var flipped = Array(repeating: false, count: rest.count)
    for index in 0..<count { flipped[index] = true }
    training = zip(rest, flipped).map { exercise, isWrong in
      isWrong
        ? ClassifiedExercise(
          prompt: exercise.prompt, completion: exercise.kind == 1 ? " no" : " yes",
          kind: exercise.kind) : exercise
    }
    isFlipped = flipped
  }
}
