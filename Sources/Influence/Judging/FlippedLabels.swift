// Records with a label, of which some are wrong: whether scores find them
// (Specs/Influence.md, "Judged").

import Learning

/// Questions for a thing's sort, answered with one of two words that the base knows: living things
/// have one, others the other. Every thing is asked for in many wordings, so that what is right can be
/// learned from other records.
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
  private static let labels = [" blue", " green"]
  private static let wordings = ["What is", "Tell me", "Give"].flatMap { start in
    ["colour", "sign", "animal", "town", "capital", "young", "name", "house"].map {
      (before: "\(start) the \($0) of the ", start: start)
    }
  }

  /// `share` of the training records have the wrong answer.
  public init(share: Double, testCount: Int, seed: UInt64) {
    var draws = SeededDraws(seed: seed)
    var all: [ClassifiedExercise] = []
    for wording in Self.wordings {
      for (kind, words) in [Self.things, Self.animals].enumerated() {
        for word in words {
          all.append(
            ClassifiedExercise(
              prompt: wording.before + word + (wording.start == "What is" ? "?" : "."),
              completion: Self.labels[kind], kind: kind))
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
          prompt: exercise.prompt, completion: Self.labels[1 - exercise.kind],
          kind: exercise.kind) : exercise
    }
    isFlipped = flipped
  }
}
