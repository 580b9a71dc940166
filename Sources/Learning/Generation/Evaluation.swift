// How well a model does on records: loss, perplexity, answers (Specs/Runs.md, "Evaluation").

import CanonicalMath

/// Losses and answers of one model on a list of records.
public struct Evaluation: Sendable {
  /// Per record the sum of its losses and how many tokens counted.
  public let losses: [(sum: Double, count: Int)]
  /// Per record that has a question, whether the answer was right; nil for others.
  public let isRight: [Bool?]

  public init(losses: [[Float]], isRight: [Bool?]) {
    self.losses = losses.map { ($0.reduce(0) { $0 + Double($1) }, $0.count) }
    self.isRight = isRight
  }

  /// A number with the interval in which it lies with 95 % confidence.
  public struct Estimate: Sendable, Hashable {
    public let value: Double
    public let low: Double
    public let high: Double
  }

  /// The mean over counted tokens; the interval by resampling records.
  public var loss: Estimate? {
    guard losses.contains(where: { $0.count > 0 }) else { return nil }
    return resampled { places in
      let count = places.reduce(0) { $0 + losses[$1].count }
      return count == 0 ? nil : places.reduce(0) { $0 + losses[$1].sum } / Double(count)
    }
  }

  /// The difference of mean losses on the same records.
  public func lossDifference(to other: Evaluation) -> Estimate? {
    guard losses.count == other.losses.count, loss != nil else { return nil }
    return resampled { places in
      let count = places.reduce(0) { $0 + losses[$1].count }
      let sum = places.reduce(0) { $0 + losses[$1].sum - other.losses[$1].sum }
      return count == 0 ? nil : sum / Double(count)
    }
  }

  /// The share of right answers, with Wilson's interval.
  public var accuracy: Estimate? {
    let answers = isRight.compactMap(\.self)
    guard !answers.isEmpty else { return nil }
    let (n, z) = (Double(answers.count), 1.959_963_984_540_054)
    let share = Double(answers.count { $0 }) / n
    let middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    let reach =
      z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    return Estimate(value: share, low: max(0, middle - reach), high: min(1, middle + reach))
  }

  /// Resamples of the records, drawn from a fixed seed.
  private static let resamples = 1000

  private func resampled(_ statistic: ([Int]) -> Double?) -> Estimate {
    let value = statistic(Array(losses.indices)) ?? 0
    var draws = SeededDraws(seed: 95)
    var values: [Double] = []
    for _ in 0..<Self.resamples {
      let places = losses.indices.map { _ in draws.below(losses.count) }
      if let value = statistic(places) { values.append(value) }
    }
    values.sort()
    guard let first = values.first else { return Estimate(value: value, low: value, high: value) }
    func quantile(_ share: Double) -> Double {
      values.isEmpty ? first : values[min(values.count - 1, Int(share * Double(values.count)))]
    }
    return Estimate(value: value, low: quantile(0.025), high: quantile(0.975))
  }
}

extension Evaluation {
  /// Whether a written answer is the expected one: spaces around it do not matter.
  public static func matches(_ written: String, _ expected: String) -> Bool {
    func trimmed(_ text: String) -> Substring.UTF8View {
      let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
      var view = Substring(text).utf8
      while let first = view.first, isSpace(first) { view = view.dropFirst() }
      while let last = view.last, isSpace(last) { view = view.dropLast() }
      return view
    }
    return trimmed(written).elementsEqual(trimmed(expected))
  }
}
