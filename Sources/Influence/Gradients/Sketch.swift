// A gradient of any size as a short list whose inner products are nearly the gradient's
// (Specs/Influence.md, "Sketch").

import CanonicalMath

/// Adds every number, halved and with drawn signs, to four drawn places of a list of `size`: inner
/// products keep their expectation, with a deviation of at most √(2/size) of the norms' product. One
/// place each would do for that, but two large numbers that meet there would be far off. Draws depend
/// on the seed alone. A list that is no longer than `size` stays as it is.
struct Sketch: Sendable {
  static let placesEach = 4
  /// 1/√placesEach
  private static let factor: Float = 0.5

  let size: Int
  /// By number, `placesEach` times: twice the place, plus one where the sign is negative. Empty where
  /// nothing is drawn.
  private let targets: [UInt32]

  init(inputs: Int, size: Int, seed: UInt64) {
    guard size > 0, inputs > size else {
      self.size = inputs
      targets = []
      return
    }
    self.size = size
    let words = RandomStream(key: seed, stream: 0x5EE7).words(count: inputs * Self.placesEach)
    // The low bit is the sign; the place is drawn from the other 31.
    targets = words.map { word in
      let place = (UInt64(word >> 1) * UInt64(size)) >> 31
      return UInt32(place) << 1 | word & 1
    }
  }

  /// Adds weights[j]·values[j], numbers `offset`… of the input, to the list that begins at `first`.
  func add(
    _ values: Span<Float>, weights: Span<Float>?, offset: Int, to list: inout MutableSpan<Float>,
    at first: Int
  ) {
    let targets = targets.span
    for index in 0..<values.count {
      var value = values[index]
      if let weights { value *= weights[index] }
      if targets.isEmpty {
        list[first + offset + index] += value
        continue
      }
      value *= Self.factor
      let start = (offset + index) * Self.placesEach
      for place in start..<start + Self.placesEach {
        let target = targets[place]
        // The sign bit of the number, turned by the target's lowest bit.
        let signed = Float(bitPattern: value.bitPattern ^ target << 31)
        list[first + Int(target >> 1)] += signed
      }
    }
  }
}
