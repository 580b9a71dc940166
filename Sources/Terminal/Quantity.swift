// Bytes, counts, rates and durations as a person reads and types them
// (Specs/CommandLine.md, "Figures").

public enum Quantity {
  /// `512 B`, `1.5 KiB`, `37 MiB`: powers of 1,024, two digits where the first is small.
  public static func bytes(_ count: Int) -> String { scaled(Double(count)) }

  /// `812 MiB/s`.
  public static func bytesPerSecond(_ rate: Double) -> String { scaled(rate) + "/s" }

  /// `1,234,567`.
  public static func count(_ value: Int) -> String {
    let digits = String(value.magnitude)
    var result = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { result.append(",") }
      result.append(digit)
    }
    return result
  }

  /// `1 record`, `2 records`, `1,000 records`.
  public static func count(_ value: Int, _ singular: String, _ plural: String? = nil) -> String {
    "\(count(value)) \(value == 1 ? singular : plural ?? singular + "s")"
  }

  /// `4.2 %` from a share between 0 and 1.
  public static func percent(_ share: Double) -> String {
    let value = share * 100
    if value == 0 { return "0 %" }
    if value.magnitude < 0.1 { return value < 0 ? "> -0.1 %" : "< 0.1 %" }
    return value.magnitude < 10 ? "\(fixed(value, 1)) %" : "\(Int(value.rounded())) %"
  }

  /// `0.8 ms`, `0.8 s`, `12 s`, `3 min 5 s`, `2 h 7 min`, `3 d 4 h`.
  public static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "–" }
    if seconds < 0.1 { return "\(fixed(seconds * 1000, 1)) ms" }
    if seconds < 9.95 { return "\(fixed(seconds, 1)) s" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    if whole < 86_400 { return "\(whole / 3600) h \(whole % 3600 / 60) min" }
    return "\(whole / 86_400) d \(whole % 86_400 / 3600) h"
  }

  /// A number with so many decimals, without the C library's locale.
  public static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite, value.magnitude < 1e15 else { return "\(value)" }
    var power = 1
    for _ in 0..<max(0, min(decimals, 9)) { power *= 10 }
    let scaled = Int((value.magnitude * Double(power)).rounded())
    let sign = value < 0 && scaled != 0 ? "-" : ""
    if power == 1 { return sign + String(scaled) }
    let fraction = String(scaled % power)
    let zeros = String(repeating: "0", count: String(power).count - 1 - fraction.count)
    return "\(sign)\(scaled / power).\(zeros)\(fraction)"
  }

  /// Understands `512`, `64KiB`, `64k` (powers of 1,024) and `10GB` (powers of 1,000).
  public static func parseBytes(_ text: String) -> Int? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let value = Double(digits), value >= 0 else { return nil }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
    let factors: [String: Double] = [
      "": 1, "b": 1, "k": 1024, "kib": 1024, "kb": 1000, "m": 1_048_576, "mib": 1_048_576,
      "mb": 1e6, "g": 1_073_741_824, "gib": 1_073_741_824, "gb": 1e9, "t": 1_099_511_627_776,
      "tib": 1_099_511_627_776, "tb": 1e12,
    ]
    guard let factor = factors[unit] else { return nil }
    let bytes = (value * factor).rounded()
    return bytes < 9e18 ? Int(bytes) : nil
  }

  private static func scaled(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    var value = value
    if value < 1024 { return "\(Int(value)) B" }
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var unit = -1
    while value >= 1023.5, unit + 1 < units.count {
      value /= 1024
      unit += 1
    }
    return "\(value < 9.95 ? fixed(value, 1) : String(Int(value.rounded()))) \(units[max(0, unit)])"
  }
}
