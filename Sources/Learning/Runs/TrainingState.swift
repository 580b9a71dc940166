// What a run carries from step to step, and its hash (Specs/Runs.md, "State").

public import CanonicalMath
public import Cryptography

/// The trained tensors, both moments of AdamW, and how many steps were taken. A value: copies share
/// memory until one of them takes a step.
public struct TrainingState: Sendable {
  public let layout: ParameterLayout
  public internal(set) var step: Int
  public internal(set) var parameters: [Matrix]
  public internal(set) var firstMoments: [Matrix]
  public internal(set) var secondMoments: [Matrix]

  /// Before the first step.
  public init(layout: ParameterLayout, parameters: [Matrix]) {
    self.init(
      layout: layout, step: 0, parameters: parameters, firstMoments: layout.zeros(),
      secondMoments: layout.zeros())
  }

  public init(
    layout: ParameterLayout, step: Int, parameters: [Matrix], firstMoments: [Matrix],
    secondMoments: [Matrix]
  ) {
    precondition(step >= 0 && layout.fits(parameters))
    precondition(layout.fits(firstMoments) && layout.fits(secondMoments))
    self.layout = layout
    self.step = step
    self.parameters = parameters
    self.firstMoments = firstMoments
    self.secondMoments = secondMoments
  }

  /// SHA-256 over a label, the step as 8 little-endian bytes, and for each tensor in the layout's
  /// order the SHA-256 of its parameters, first and second moments as little-endian binary32.
  public var hash: Digest {
    var whole = SHA256()
    whole.update(Array("datanet/state/1".utf8))
    whole.update((0..<8).map { UInt8(truncatingIfNeeded: UInt64(step) >> (8 * UInt64($0))) })
    for place in layout.tensors.indices {
      var hash = SHA256()
      for matrix in [parameters[place], firstMoments[place], secondMoments[place]] {
        matrix.withCanonicalBytes { hash.update($0) }
      }
      whole.update(hash.finish().bytes)
    }
    return whole.finish()
  }
}
