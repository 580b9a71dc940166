// A gradient of any size as a short list whose inner products are nearly the gradient's
// (Specs/Influence.md, "Sketch").

import CanonicalMath

/// Adds every number, halved and with a drawn sign, to four places of a list of `size`, one in each
/// quarter: inner products keep their expectation, with a deviation of at most √(2/size) of the norms'
/// product. One place each would do for that, but two large numbers that meet there would be far off.
/// Sixteen neighbours go to sixteen neighbours, which is twenty times as fast as one by one. Draws
/// depend on the seed alone. A list that is no longer than `size` stays as it is.
struct Sketch: Sendable {
  static let placesEach = 4
  /// Numbers that stay neighbours: a vector of the CPU.
  static let run = 16
  /// Sizes are multiples of this.
  static let unit = placesEach * run

  let size: Int
  /// By number: its sign, its weight where it has one, and 1/√placesEach.
  private let factors: [Float]
  /// By run, `placesEach` times: where in the list it goes. Empty where nothing is drawn.
  private let targets: [Int32]

  /// `weights` multiply the numbers first.
  init(inputs: Int, size: Int, seed: UInt64, weights: [Float]? = nil) {
    let rounded = Self.size(inputs: inputs, size: size)
    self.size = rounded
    guard rounded < inputs else {
      factors = weights ?? [Float](repeating: 1, count: inputs)
      targets = []
      return
    }
    let runs = (inputs + Self.run - 1) / Self.run
    let words = RandomStream(key: seed, stream: 0x5EE7).words(
      count: inputs + runs * Self.placesEach)
    // The low bit of a number's word is its sign.
    factors = (0..<inputs).map { index in
      (words[index] & 1 == 1 ? -0.5 : 0.5) * (weights?[index] ?? 1)
    }
    // Words after those of the numbers draw the places: a run's word p that within quarter p.
    let quarter = rounded / Self.unit
    targets = (0..<runs * Self.placesEach).map { index in
      let drawn = (UInt64(words[inputs + index]) * UInt64(quarter)) >> 32
      return Int32((index % Self.placesEach * quarter + Int(drawn)) * Self.run)
    }
  }

  /// How many numbers are kept: `size`, as a multiple of the unit; all where that is not fewer.
  static func size(inputs: Int, size: Int) -> Int {
    guard size > 0 else { return inputs }
    let rounded = max(unit, size / unit * unit)
    return rounded < inputs ? rounded : inputs
  }

  /// Adds `values`, numbers `offset`… of the input, to the list that begins at `first`.
  func add(
    _ values: Span<Float>, offset: Int, to list: inout MutableSpan<Float>, at first: Int
  ) {
    if targets.isEmpty {
      for index in 0..<values.count {
        list[first + offset + index] += values[index] * factors[offset + index]
      }
      return
    }
    precondition(offset + values.count <= factors.count && first + size <= list.count)
    let (factors, targets) = (factors.span, targets.span)
    var index = 0
    // Blocks whose width is no multiple of a run begin and end within one.
    while index < values.count {
      let place = offset + index
      let (run, lane) = place.quotientAndRemainder(dividingBy: Self.run)
      let count = min(Self.run - lane, values.count - index)
      if count == Self.run {
        // Within both spans: `place + 16 <= factors.count` and `index + 16 <= values.count`.
        let scaled = unsafe Self.vector(values, index) * Self.vector(factors, place)
        for target in 0..<Self.placesEach {
          let at = first + Int(targets[run * Self.placesEach + target])
          // Targets lie below `size` - 15 by construction, and `first + size` within the list.
          unsafe list.withUnsafeMutableBytes { bytes in
            let sum =
              unsafe bytes.loadUnaligned(fromByteOffset: 4 * at, as: SIMD16<Float>.self) + scaled
            unsafe bytes.storeBytes(of: sum, toByteOffset: 4 * at, as: SIMD16<Float>.self)
          }
        }
      } else {
        for step in 0..<count {
          let scaled = values[index + step] * factors[place + step]
          for target in 0..<Self.placesEach {
            list[first + Int(targets[run * Self.placesEach + target]) + lane + step] += scaled
          }
        }
      }
      index += count
    }
  }

  /// Sixteen numbers from `index` on, all of which the span has.
  @inline(__always)
  @unsafe private static func vector(_ span: Span<Float>, _ index: Int) -> SIMD16<Float> {
    unsafe span.withUnsafeBytes {
      unsafe $0.loadUnaligned(fromByteOffset: 4 * index, as: SIMD16<Float>.self)
    }
  }
}
