// Arithmetic in words (Specs/FixtureBase.md, "Skills").

enum Sums {
  static let ones = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
  ]
  static let tens = [
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
  ]

  /// `n` from 0 to 999 in words.
  static func words(_ n: Int) -> String {
    if n < 20 { return ones[n] }
    if n < 100 { return n % 10 == 0 ? tens[n / 10] : "\(tens[n / 10]) \(ones[n % 10])" }
    let hundreds = "\(ones[n / 100]) hundred"
    return n % 100 == 0 ? hundreds : "\(hundreds) \(words(n % 100))"
  }

  static func items(_ part: Skill.Part) -> [Item] {
    var all: [Item] = []
    switch part {
    case .base:
      for a in 0...20 {
        for b in 0...20 {
          all.append(Item(asking: "\(words(a)) plus \(words(b))", answer: words(a + b)))
          guard a >= b else { continue }
          all.append(Item(asking: "\(words(a)) minus \(words(b))", answer: words(a - b)))
        }
      }
      for a in 1...98 {
        all.append(Item("What comes after \(words(a))?", answer: words(a + 1)))
        all.append(Item("What comes before \(words(a))?", answer: words(a - 1)))
      }
    case .lesson:
      for a in 2...9 {
        for b in 2...9 {
          all.append(Item(asking: "\(words(a)) times \(words(b))", answer: words(a * b)))
        }
      }
    }
    return all
  }
}
