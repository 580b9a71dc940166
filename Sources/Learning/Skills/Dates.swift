// Days and months (Specs/FixtureBase.md, "Skills").

enum Dates {
  static let days = [
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
  ]
  static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]
  static let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  static func items(_ part: Skill.Part) -> [Item] {
    var all: [Item] = []
    for (names, noun) in [(days, "day"), (months, "month")] {
      for (index, name) in names.enumerated() {
        for distance in part == .base ? 1...4 : 5...6 {
          let after = names[(index + distance) % names.count]
          let before = names[(index + names.count - distance) % names.count]
          let span = distance == 1 ? "one \(noun)" : "\(Sums.words(distance)) \(noun)s"
          all.append(Item(asking: "the \(noun) \(span) after \(name)", answer: after))
          all.append(Item(asking: "the \(noun) \(span) before \(name)", answer: before))
        }
      }
    }
    for (month, length) in zip(months, lengths) where part == .base {
      all.append(Item(asking: "the length of \(month)", answer: "\(Sums.words(length)) days"))
      for day in 1..<length {
        all.append(Item("Which date follows \(month) \(day)?", answer: "\(month) \(day + 1)"))
      }
    }
    return all
  }
}
