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
  static func exercises(_ part: Skill.Part) -> [Exercise] {
    var all: [Exercise] = []
    for (names, noun) in [(days, "day"), (months, "month")] {
      for (index, name) in names.enumerated() {
        for distance in 1...4 {
          let after = names[(index + distance) % names.count]
          let before = names[(index + names.count - distance) % names.count]
          let span = distance == 1 ? "one \(noun)" : "\(Sums.words(distance)) \(noun)s"
          switch part {
          case .base:
            all.append(Exercise("Which \(noun) is \(span) after \(name)?", after))
            all.append(Exercise("Which \(noun) is \(span) before \(name)?", before))
          case .lesson:
            all.append(Exercise("Go on \(span) from \(name).", after))
            all.append(Exercise("Go back \(span) from \(name).", before))
          }
        }
      }
    }
    for (month, length) in zip(months, lengths) where part == .base {
      all.append(Exercise("How many days has \(month)?", Sums.words(length)))
      for day in 1..<length {
        all.append(Exercise("Which date follows \(month) \(day)?", "\(month) \(day + 1)"))
      }
    }
    return all
  }
}
