// Inner products of each record's gradient with a direction, without a record's gradient
// (Specs/Transformer.md, "Observers").

public import CanonicalMath
public import Checkpoints

/// Watches backward passes over a list of records. With a direction P in the layout of the adapter,
/// `products[r]` becomes Σ over adapted layers, last first, of Σ_t dz_t·(P_A·x_t), then of
/// Σ_t z_t·(P_Bᵀ·dy_t), each sum over the record's rows by the row rule, added in that order.
public struct DirectionProbe: BackwardObserver, Sendable {
  public private(set) var products: [Float]
  private let places: AdapterPlaces
  private let direction: [Matrix]
  private var inner = Matrix(rows: 0, columns: 0)

  /// `direction` has the shapes of `ParameterLayout(shape, in: configuration)`.
  public init(
    _ direction: [Matrix], shape: AdapterShape, in configuration: ModelConfiguration,
    recordCount: Int
  ) {
    precondition(ParameterLayout(shape, in: configuration).fits(direction))
    self.direction = direction
    places = AdapterPlaces(shape, layerCount: configuration.layerCount)
    products = [Float](repeating: 0, count: recordCount)
  }

  public mutating func observe(_ linear: LinearObservation, of group: Group) {
    guard let place = places[linear.layer, linear.role] else { return }
    inner.resize(rows: linear.inner.rows, columns: linear.inner.columns)
    Canonical.product(.nt, linear.inputs, direction[place], into: &inner)
    add(Canonical.rowDots(linear.innerGradient, inner), group)
    Canonical.product(.nn, linear.outputGradient, direction[place + 1], into: &inner)
    add(Canonical.rowDots(linear.inner, inner), group)
  }

  private mutating func add(_ dots: [Float], _ group: Group) {
    for (record, range) in group.ranges.enumerated() {
      products[group.firstRecord + record] += Canonical.rowSum(Array(dots[range]))
    }
  }
}
