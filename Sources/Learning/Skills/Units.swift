// Units of measure (Specs/FixtureBase.md, "Skills").

enum Units {
  static let base = [
    (large: "metre", small: "centimetres", factor: 100),
    (large: "kilometre", small: "metres", factor: 1000),
    (large: "hour", small: "minutes", factor: 60), (large: "day", small: "hours", factor: 24),
    (large: "week", small: "days", factor: 7), (large: "year", small: "months", factor: 12),
    (large: "yard", small: "feet", factor: 3), (large: "foot", small: "inches", factor: 12),
  ]
  static let lesson = [
    (large: "kilogram", small: "grams", factor: 1000), (large: "litre", small: "cups", factor: 4),
    (large: "dozen", small: "eggs", factor: 12), (large: "stone", small: "pounds", factor: 14),
    (large: "gallon", small: "pints", factor: 8), (large: "score", small: "sheep", factor: 20),
  ]

  static func plural(_ unit: String) -> String { unit == "foot" ? "feet" : unit + "s" }

  static func items(_ part: Skill.Part) -> [Item] {
    var all: [Item] = []
    for (large, small, factor) in part == .base ? base : lesson {
      for count in 1...9 {
        let amount = count == 1 ? "one \(large)" : "\(Sums.words(count)) \(plural(large))"
        all.append(Item(asking: "\(amount) in \(small)", answer: "\(count * factor) \(small)"))
      }
    }
    return all
  }
}
