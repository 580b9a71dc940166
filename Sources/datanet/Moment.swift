// Times of the system clock, which are shown to people and decide nothing.

import Glibc

enum Moment {
  /// `2026-03-01 12:30:05 UTC`.
  /// From a claim: any number at all, so what is out of reason is shown as such.
  static func text(_ seconds: Int) -> String {
    guard (0..<253_402_300_800).contains(seconds) else { return "at no time that can be" }
    // Days to a date of the proleptic Gregorian calendar, in years that begin in March.
    let days = (seconds / 86_400) + 719_468
    let era = days / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * month + 2) / 5 + 1
    let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
    let second = seconds - (seconds / 86_400) * 86_400
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let date = "\(year)-\(two(month >= 10 ? month - 9 : month + 3))-\(two(day))"
    return "\(date) \(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60)) UTC"
  }

  /// Seconds since 1970.
  static func now() -> Int { time(nil) }

  /// Milliseconds since 1970, as claims carry them.
  static func milliseconds() -> Int {
    var moment = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &moment)
    return max(0, moment.tv_sec * 1000 + moment.tv_nsec / 1_000_000)
  }

  static func monotonic() -> Double {
    var moment = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &moment)
    return Double(moment.tv_sec) + Double(moment.tv_nsec) / 1e9
  }
}
