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

/// What a small model can learn in minutes, in two parts: the base has seen the first, and a
/// lesson teaches the second.
public enum Skill: String, CaseIterable, Sendable {
  /// Base: plus and minus. Lesson: the same asked as add and take.
  case sums
  /// Base: past, negation, question. Lesson: plural.
  case sentences
  /// Base: days and months before and after. Lesson: the same asked as going back and on.
  case dates
  /// Base: lengths and times. Lesson: weights, volumes and counts.
  case units
  /// Base: capitals, young of animals, colours. Lesson: islands that do not exist.
  case facts
  /// Base: repeating a name. Lesson: swapping two.
  case names

  public enum Part: String, CaseIterable, Sendable {
    case base
    case lesson
  }

  /// Every exercise of the part, in a fixed order.
  public func exercises(_ part: Part) -> [Exercise] {
    switch self {
    case .sums: Sums.exercises(part)
    case .sentences: Sentences.exercises(part)
    case .dates: Dates.exercises(part)
    case .units: Units.exercises(part)
    case .facts: Facts.exercises(part)
    case .names: Names.exercises(part)
    }
  }
}

/// Lessons and tests drawn from a skill.
public struct Lesson: Sendable {
  public let training: [Exercise]
  /// Never in `training`, except for facts, which cannot be guessed: there the question is asked
  /// in other words.
  public let test: [Exercise]

  /// `count` exercises to learn from and up to `testCount` to be asked afterwards.
  public init(_ skill: Skill, count: Int, testCount: Int, seed: UInt64) {
    var draws = SeededDraws(seed: seed)
    if skill == .facts {
      let facts = Facts.lessons
      var training: [Exercise] = []
      var test: [Exercise] = []
      for fact in facts {
        training += fact.dropLast()
        test.append(fact[fact.count - 1])
      }
      draws.shuffle(&training)
      draws.shuffle(&test)
      self.training = Array(training.prefix(count))
      self.test = Array(test.prefix(testCount))
      return
    }
    var all = skill.exercises(.lesson)
    draws.shuffle(&all)
    let held = min(testCount, all.count / 4)
    test = Array(all.prefix(held))
    training = Array(all.dropFirst(held).prefix(count))
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
