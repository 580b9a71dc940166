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

  static func exercises(_ part: Skill.Part) -> [Exercise] {
    var draws = SeededDraws(seed: part == .base ? 1 : 2)
    var all: [Exercise] = []
    switch part {
    case .base:
      for _ in 0..<2000 {
        let (one, other) = (name(&draws), name(&draws))
        all.append(Exercise("Repeat \(one).", one))
        all.append(Exercise("Repeat \(one) and \(other).", "\(one) and \(other)"))
        all.append(Exercise("Name the first of \(one) and \(other).", one))
        all.append(Exercise("Name the last of \(one) and \(other).", other))
      }
    case .lesson:
      for _ in 0..<500 {
        let (one, other) = (name(&draws), name(&draws))
        all.append(Exercise("Swap \(one) and \(other).", "\(other) and \(one)"))
      }
    }
    return all
  }
}
