// Text of several skills from a seed (Specs/FixtureBase.md): what the project's own base is trained
// on, and the lessons that demos teach it afterwards.

/// A question and the answer that should follow it.
public struct Exercise: Hashable, Sendable {
  public let prompt: String
  /// Starts with a space.
  public let completion: String

  init(_ prompt: String, _ completion: String) {
    self.prompt = prompt
    self.completion = " " + completion
  }
}

/// Something to know, asked in several wordings.
struct Item {
  let wordings: [Exercise]

  /// Asks for something with a name: "the capital of Peru", "two plus three". The base has met every
  /// wording often, so a new fact learned in two of them answers to the third.
  init(asking phrase: String, answer: String) {
    wordings = ["What is \(phrase)?", "Tell me \(phrase).", "Give \(phrase)."].map {
      Exercise($0, answer)
    }
  }

  /// One wording alone.
  init(_ prompt: String, answer: String) { wordings = [Exercise(prompt, answer)] }
}

/// What a small model can learn in minutes, in two parts: the base has seen the first, and a
/// lesson teaches the second.
public enum Skill: String, CaseIterable, Sendable {
  /// Base: plus and minus. Lesson: times.
  case sums
  /// Base: past, negation, question, progress. Lesson: plural.
  case sentences
  /// Base: up to four days and months before and after. Lesson: five and six.
  case dates
  /// Base: lengths and times. Lesson: weights, volumes and counts.
  case units
  /// Base: capitals, young of animals, colours, islands. Lesson: other islands.
  case facts
  /// Base: repeating and thanking. Lesson: greeting.
  case names

  public enum Part: String, CaseIterable, Sendable {
    case base
    case lesson
  }

  func items(_ part: Part) -> [Item] {
    switch self {
    case .sums: Sums.items(part)
    case .sentences: Sentences.items(part)
    case .dates: Dates.items(part)
    case .units: Units.items(part)
    case .facts: Facts.items(part)
    case .names: Names.items(part)
    }
  }

  /// Every exercise of the part, in a fixed order.
  public func exercises(_ part: Part) -> [Exercise] { items(part).flatMap(\.wordings) }
}

/// Lessons and tests drawn from a skill.
public struct Lesson: Sendable {
  public let training: [Exercise]
  /// Never in `training`. What has to be known by heart is asked in other words; what can be worked
  /// out is asked about other things.
  public let test: [Exercise]

  /// `count` exercises to learn from and up to `testCount` to be asked afterwards.
  public init(_ skill: Skill, count: Int, testCount: Int, seed: UInt64) {
    var draws = SeededDraws(seed: seed)
    var items = skill.items(.lesson)
    draws.shuffle(&items)
    if items.contains(where: { $0.wordings.count > 1 }) {
      // Whole items, so that what is tested was taught.
      let taught = items.prefix(max(1, count / 2))
      var training = taught.flatMap { $0.wordings.dropLast() }
      draws.shuffle(&training)
      self.training = Array(training.prefix(count))
      test = Array(taught.prefix(testCount).map { $0.wordings[$0.wordings.count - 1] })
    } else {
      let held = min(testCount, items.count / 4)
      test = items.prefix(held).flatMap(\.wordings)
      training = items.dropFirst(held).prefix(count).flatMap(\.wordings)
    }
  }
}

/// The text that the base is trained on.
public enum BaseText {
  /// `count` exercises, the skills in equal parts, each drawn anew.
  public static func exercises(count: Int, seed: UInt64) -> [Exercise] {
    let pools = Skill.allCases.map { $0.exercises(.base) }
    var draws = SeededDraws(seed: seed)
    return (0..<count).map { index in
      let pool = pools[index % pools.count]
      return pool[draws.below(pool.count)]
    }
  }
}

/// SplitMix64: text needs no more, and anyone can write it down.
public struct SeededDraws: Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// The high half of a product: uniform but for one part in 2⁶⁴ / bound.
  public mutating func below(_ bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// Fisher and Yates, from the end.
  public mutating func shuffle<Element>(_ items: inout [Element]) {
    for last in stride(from: items.count - 1, to: 0, by: -1) {
      items.swapAt(last, below(last + 1))
    }
  }
}
