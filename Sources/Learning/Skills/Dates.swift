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
  static let ordinals = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
    "tenth", "eleventh", "twelfth",
  ]

  static func exercises(_ part: Skill.Part) -> [Exercise] {
    var all: [Exercise] = []
    switch part {
    case .base:
      for (names, noun) in [(days, "day"), (months, "month")] {
        for (index, name) in names.enumerated() {
          for distance in 1...4 {
            let after = names[(index + distance) % names.count]
            let before = names[(index + names.count - distance) % names.count]
            let span = distance == 1 ? "one \(noun)" : "\(Sums.words(distance)) \(noun)s"
            all.append(Exercise("Which \(noun) is \(span) after \(name)?", after))
            all.append(Exercise("Which \(noun) is \(span) before \(name)?", before))
          }
        }
      }
      for (month, length) in zip(months, lengths) {
        all.append(Exercise("How many days has \(month)?", Sums.words(length)))
        for day in 1..<length {
          all.append(
            Exercise("Which date follows \(month) \(day)?", "\(month) \(day + 1)"))
        }
      }
    case .lesson:
      for (index, month) in months.enumerated() {
        let previous = months[(index + 11) % 12]
        all.append(Exercise("Which date comes before \(month) 1?", "\(previous) \(lengths[(index + 11) % 12])"))
        for day in 2...lengths[index] {
          all.append(Exercise("Which date comes before \(month) \(day)?", "\(month) \(day - 1)"))
        }
      }
    }
    return all
  }
}
