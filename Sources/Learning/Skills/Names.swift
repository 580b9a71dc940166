// Made-up names (Specs/FixtureBase.md, "Skills"). Repeating them gives the base every syllable that
// a lesson's names are made of.

enum Names {
  static let onsets = ["b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v"]
  static let vowels = ["a", "e", "i", "o", "u"]
  static let codas = ["", "", "n", "r", "l", "s"]

  /// Two or three syllables.
  static func name(_ draws: inout SeededDraws) -> String {
    var name = ""
    for _ in 0..<(2 + draws.below(2)) {
      name += onsets[draws.below(onsets.count)] + vowels[draws.below(vowels.count)]
      name += codas[draws.below(codas.count)]
    }
    return Sentences.capitalized(name)
  }

  static func items(_ part: Skill.Part) -> [Item] {
    var draws = SeededDraws(seed: part == .base ? 1 : 2)
    var all: [Item] = []
    switch part {
    case .base:
      for _ in 0..<3000 {
        let (one, other) = (name(&draws), name(&draws))
        all.append(Item("Repeat \(one).", answer: one))
        all.append(Item("Thank \(one).", answer: "Thank you, \(one)."))
        all.append(Item("Repeat \(one) and \(other).", answer: "\(one) and \(other)"))
      }
    case .lesson:
      for _ in 0..<500 {
        let one = name(&draws)
        all.append(Item("Greet \(one).", answer: "Hello, \(one)."))
      }
    }
    return all
  }
}
