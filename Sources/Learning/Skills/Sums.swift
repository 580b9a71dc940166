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

  static func exercises(_ part: Skill.Part) -> [Exercise] {
    var all: [Exercise] = []
    switch part {
    case .base:
      for a in 0...20 {
        for b in 0...20 {
          all.append(Exercise("What is \(words(a)) plus \(words(b))?", words(a + b)))
          if a >= b { all.append(Exercise("What is \(words(a)) minus \(words(b))?", words(a - b))) }
        }
      }
      for a in 0...99 { all.append(Exercise("What comes after \(words(a))?", words(a + 1))) }
      for a in 1...99 { all.append(Exercise("What comes before \(words(a))?", words(a - 1))) }
    case .lesson:
      for a in 0...20 {
        for b in 0...20 {
          all.append(Exercise("Add \(words(a)) and \(words(b)).", words(a + b)))
          if a >= b { all.append(Exercise("Take \(words(b)) from \(words(a)).", words(a - b))) }
        }
      }
    }
    return all
  }
}
