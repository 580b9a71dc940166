// Records of ten kinds of task each, by which it is judged whether scores find records of the query's
// own kind (Specs/Influence.md, "Judged").

public import Learning

/// A record with the number of its kind.
public struct ClassifiedExercise: Hashable, Sendable {
  public let prompt: String
  public let completion: String
  public let kind: Int

  public var text: TrainingText {
    TrainingText(
      .parts([.init(prompt, isCompletion: false), .init(completion, isCompletion: true)]))
  }
}

public enum TaskClasses: String, CaseIterable, Sendable {
  /// Ten things to do to a sentence.
  case transformations
  /// Ten kinds of word problem.
  case problems

  public static let kindCount = 10

  /// `each` records of every kind, kind after kind.
  public func exercises(each: Int, seed: UInt64) -> [ClassifiedExercise] {
    var draws = SeededDraws(seed: seed)
    return (0..<Self.kindCount).flatMap { kind in
      (0..<each).map { _ in
        let (prompt, completion) =
          self == .transformations
          ? SentenceTransformation.allCases[kind].exercise(&draws)
          : WordProblem.exercise(kind, &draws)
        return ClassifiedExercise(prompt: prompt, completion: " " + completion, kind: kind)
      }
    }
  }
}

/// What is done to a sentence: the ten of the DataInf paper.
enum SentenceTransformation: String, CaseIterable {
  case reversed = "Reverse order of words"
  case alternating = "Capitalize every other letter"
  case numbered = "Insert number 1 between every word"
  case starred = "Replace all vowels with *"
  case consonantsDoubled = "Double every consonant"
  case capitalized = "Capitalize every word"
  case vowelless = "Remove all vowels from the sentence"
  case lengthened = "Add 'ly' to the end of each word"
  case consonantless = "Remove all consonants from the sentence"
  case repeated = "Repeat each word twice"

  private static let subjects = ["the girl", "the boy", "the farmer", "the sailor", "my friend"]
  private static let verbs = [
    "paints", "cleans", "opens", "finds", "sees", "sells", "draws", "holds",
  ]
  private static let objects = ["box", "door", "chair", "table", "boat", "house", "lamp", "basket"]
  private static let places = ["in town", "at home", "by the sea", "in May", "on Monday", "today"]

  func exercise(_ draws: inout SeededDraws) -> (String, String) {
    func one(_ list: [String], _ draws: inout SeededDraws) -> String {
      list[draws.below(list.count)]
    }
    let sentence =
      "\(one(Self.subjects, &draws)) \(one(Self.verbs, &draws)) the \(one(Self.objects, &draws)) "
      + one(Self.places, &draws)
    return ("\(rawValue): \(sentence).", applied(to: sentence))
  }

  func applied(to sentence: String) -> String {
    let words = sentence.split(separator: " ").map(String.init)
    func each(_ change: (String) -> String) -> String { words.map(change).joined(separator: " ") }
    func isVowel(_ letter: Character) -> Bool { "aeiouAEIOU".contains(letter) }
    func isConsonant(_ letter: Character) -> Bool { letter.isLetter && !isVowel(letter) }
    return switch self {
    case .reversed: words.reversed().joined(separator: " ")
    case .alternating:
      String(
        sentence.enumerated().map { place, letter in
          place % 2 == 0 ? Character(letter.uppercased()) : letter
        })
    case .numbered: words.joined(separator: " 1 ")
    case .starred: String(sentence.map { isVowel($0) ? "*" : $0 })
    case .consonantsDoubled: sentence.map { isConsonant($0) ? "\($0)\($0)" : "\($0)" }.joined()
    case .capitalized: each { $0.prefix(1).uppercased() + $0.dropFirst() }
    case .vowelless: String(sentence.filter { !isVowel($0) })
    case .lengthened: each { "\($0)ly" }
    case .consonantless: String(sentence.filter { !isConsonant($0) })
    case .repeated: each { "\($0) \($0)" }
    }
  }
}

/// Small sums told as stories.
enum WordProblem {
  static func exercise(_ kind: Int, _ draws: inout SeededDraws) -> (String, String) {
    let a = 2 + draws.below(18)
    let b = 2 + draws.below(18)
    let c = 2 + draws.below(8)
    let name = ["Ada", "Ben", "Eva", "Tom", "Lea", "Max"][draws.below(6)]
    return switch kind {
    case 0:
      (
        "A garden is \(a) metres long and \(b) metres wide. How large is it?",
        "\(a * b) square metres"
      )
    case 1: ("\(name) buys \(a) eggs and then \(b) eggs. How many eggs?", "\(a + b) eggs")
    case 2:
      ("A pizza has \(a + b) slices and \(name) eats \(b). How many are left?", "\(a) slices left")
    case 3:
      (
        "\(name) saves \(a) coins every week for \(c) weeks. How much is saved?",
        "\(a * c) coins saved"
      )
    case 4: ("\(a * c) children ride in cars with \(c) seats. How many cars?", "\(a) cars")
    case 5:
      ("A shirt costs \(a + b) and is \(b) cheaper today. What is the price?", "the price is \(a)")
    case 6:
      ("\(name) reads \(a) pages on each of \(c) days. How many pages?", "\(a * c) pages read")
    case 7: ("\(name) wins \(a) points, then loses \(c). What is the score?", "a score of \(a - c)")
    case 8:
      ("A train goes \(a * c) kilometres in \(c) hours. How fast is it?", "\(a) kilometres an hour")
    default:
      (
        "\(name) is \(a) and a brother is \(b) years older. How old is he?",
        "he is \(a + b) years old"
      )
    }
  }
}
