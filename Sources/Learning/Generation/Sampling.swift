// How the next token is chosen (Specs/Transformer.md, "Sampling"). A generation is a function of
// model, prompt and seed, on every machine.

public import CanonicalMath

public struct Sampling: Hashable, Sendable {
  /// 0 takes the most probable token, always.
  public var temperature: Double
  /// Only so many of the most probable tokens; 0 for all.
  public var topK: Int
  /// Only the most probable tokens that together reach this share; 1 for all.
  public var topP: Double
  /// Only tokens at least this share as probable as the most probable one; 0 for all.
  public var minP: Double
  public var seed: UInt64

  public init(
    temperature: Double = 0, topK: Int = 0, topP: Double = 1, minP: Double = 0, seed: UInt64 = 0
  ) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
    self.seed = seed
  }

  /// The token for one row of logits: the `index`-th of text number `text`.
  public func choose(_ logits: Matrix, text: Int, index: Int) -> Int32 {
    precondition(logits.rows == 1)
    if temperature <= 0 { return Self.greatest(logits.elements) }
    let probabilities = Canonical.softmax(logits, scale: Float(1 / temperature)).elements
    let candidates = candidates(probabilities)
    var total: Float = 0
    for candidate in candidates { total += probabilities[candidate] }
    let stream = RandomStream(key: seed, purpose: .generation, index: text)
    let draw = stream.uniform(at: UInt64(index)) * total
    var sum: Float = 0
    for candidate in candidates {
      sum += probabilities[candidate]
      if sum > draw { return Int32(candidate) }
    }
    return Int32(candidates.last ?? 0)
  }

  /// Of equals the first; NaN never wins.
  static func greatest(_ logits: [Float]) -> Int32 {
    var best = 0
    for index in logits.indices where logits[index] > logits[best] || logits[best].isNaN {
      best = index
    }
    return Int32(best)
  }

  /// Tokens that may be chosen, the most probable first, of equals the one with the smaller id.
  private func candidates(_ probabilities: [Float]) -> [Int] {
    let greatest = probabilities.max() ?? 0
    let least = Float(minP) * greatest
    var order = probabilities.indices.filter { probabilities[$0] >= least }
    order.sort {
      probabilities[$0] != probabilities[$1]
        ? probabilities[$0] > probabilities[$1] : $0 < $1
    }
    if topK > 0, order.count > topK { order.removeSubrange(topK...) }
    guard topP < 1 else { return order }
    var sum: Float = 0
    for (place, candidate) in order.enumerated() {
      sum += probabilities[candidate]
      if sum >= Float(topP) { return Array(order[...place]) }
    }
    return order
  }
}

extension RandomStream {
  init(key: UInt64, purpose: Purpose, index: Int) {
    self.init(
      key: key, stream: UInt64(purpose.rawValue) << 32 | UInt64(UInt32(truncatingIfNeeded: index)))
  }

  /// (word >> 8)·2⁻²⁴ of word `index`: from 0 up to but not 1.
  func uniform(at index: UInt64) -> Float {
    Float(words(from: index, count: 1)[0] >> 8) * 0x1p-24
  }
}
