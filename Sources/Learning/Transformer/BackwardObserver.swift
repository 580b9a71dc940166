// What a backward pass shows of each adapted layer, for contributions and curvature
// (Specs/Transformer.md, "Observers").

public import CanonicalMath
public import Checkpoints

/// The rows of one adapted linear layer in one group. A record's gradient is
/// dA = Σ innerGradientᵀ·inputs and dB = Σ outputGradientᵀ·inner over its rows.
public struct LinearObservation {
  public let layer: Int
  public let role: LinearRole
  /// x
  public let inputs: Matrix
  /// z = s·x·Aᵀ
  public let inner: Matrix
  /// dz = s·(dy·B)
  public let innerGradient: Matrix
  /// dy
  public let outputGradient: Matrix
}

/// Sees each adapted layer once per group, from the last to the first. The buffers are overwritten
/// afterwards. Callers are generic over the observer, so a proof's own is bound when it is compiled.
public protocol BackwardObserver {
  mutating func observe(_ linear: LinearObservation, of group: Group)
}

/// Looks away.
public struct Unobserved: BackwardObserver {
  public init() {}
  public mutating func observe(_ linear: LinearObservation, of group: Group) {}
}
