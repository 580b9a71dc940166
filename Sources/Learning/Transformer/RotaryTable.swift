// Cosines and sines of rotary positions, with the published scalings
// (Specs/Transformer.md, "Rotary positions").

import CanonicalMath
import Checkpoints

struct RotaryTable: Sendable {
  let table: RotationTable

  /// For positions below `positions`.
  init(_ configuration: ModelConfiguration, positions: Int) {
    let (frequencies, factor) = Self.frequencies(configuration)
    table = RotationTable(
      positions: 0..<positions, frequencies: frequencies.map { Float($0) }, scale: Float(factor))
  }

  /// The inverse frequency of each pair, in binary64, and the factor on cosine and sine.
  static func frequencies(_ configuration: ModelConfiguration) -> ([Double], Double) {
    let width = configuration.headDimension
    let plain = stride(from: 0, to: width, by: 2).map { place in
      1 / Scalar.power(configuration.ropeTheta, Double(place) / Double(width))
    }
    switch configuration.ropeScaling {
    case .none: return (plain, 1)
    // Texts here never pass the context length, below which dynamic scaling changes nothing.
    case .dynamic: return (plain, 1)
    case .linear(let factor): return (plain.map { $0 / factor }, 1)
    case .llama3(let factor, let low, let high, let original):
      return (plain.map { llama3($0, factor, low, high, Double(original)) }, 1)
    case .yarn(
      let factor, let original, let fast, let slow, let attention, let mscale, let mscaleAll,
      let truncate):
      let scaled = yarn(
        plain, configuration.ropeTheta, factor, Double(original), fast, slow, truncate)
      let derived =
        if let mscale, let mscaleAll, mscale != 0, mscaleAll != 0 {
          magnitude(factor, mscale) / magnitude(factor, mscaleAll)
        } else {
          magnitude(factor, 1)
        }
      return (scaled, attention ?? derived)
    }
  }

  /// Long waves are slowed by `factor`, short ones stay, those between are mixed.
  private static func llama3(
    _ frequency: Double, _ factor: Double, _ low: Double, _ high: Double, _ original: Double
  ) -> Double {
    let wave = 2 * Double.pi / frequency
    if wave > original / low { return frequency / factor }
    if wave < original / high { return frequency }
    let smooth = (original / wave - low) / (high - low)
    return (1 - smooth) * (frequency / factor) + smooth * frequency
  }

  /// Pairs that turn fewer than `slow` times within the first context are slowed by `factor`, those
  /// that turn more than `fast` times stay, and a ramp over the pair's number lies between.
  private static func yarn(
    _ plain: [Double], _ theta: Double, _ factor: Double, _ original: Double, _ fast: Double,
    _ slow: Double, _ truncate: Bool
  ) -> [Double] {
    let width = Double(plain.count * 2)
    func pair(_ turns: Double) -> Double {
      width * Scalar.log(original / (turns * 2 * Double.pi)) / (2 * Scalar.log(theta))
    }
    var low = pair(fast)
    var high = pair(slow)
    if truncate {
      low = low.rounded(.down)
      high = high.rounded(.up)
    }
    low = max(low, 0)
    high = min(high, width - 1)
    if low == high { high += 0.001 }
    return plain.enumerated().map { index, frequency in
      let ramp = min(max((Double(index) - low) / (high - low), 0), 1)
      return frequency / factor * ramp + frequency * (1 - ramp)
    }
  }

  private static func magnitude(_ factor: Double, _ scale: Double) -> Double {
    factor <= 1 ? 1 : 0.1 * scale * Scalar.log(factor) + 1
  }
}
