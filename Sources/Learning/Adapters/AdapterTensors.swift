// Low-rank terms beside linear layers: y = x·Wᵀ + b + (s·x·Aᵀ)·Bᵀ (Specs/Adapters.md).

public import CanonicalMath
public import Checkpoints

/// Where an adapter's layout puts the tensors of a layer and role: A, and B right after it.
public struct AdapterPlaces: Hashable, Sendable {
  private let places: [Int]

  public init(_ shape: AdapterShape, layerCount: Int) {
    let roleCount = LinearRole.allCases.count
    var places = [Int](repeating: -1, count: layerCount * roleCount)
    var next = 0
    for layer in 0..<layerCount {
      for role in shape.targets {
        places[layer * roleCount + role.index] = next
        next += 2
      }
    }
    self.places = places
  }

  /// Of modules in the order of their tensors.
  init(modules: [(layer: Int, role: LinearRole)], layerCount: Int) {
    let roleCount = LinearRole.allCases.count
    var places = [Int](repeating: -1, count: layerCount * roleCount)
    for (index, module) in modules.enumerated() {
      places[module.layer * roleCount + module.role.index] = 2 * index
    }
    self.places = places
  }

  /// The place of A, or nil where nothing is adapted.
  public subscript(layer: Int, role: LinearRole) -> Int? {
    let place = places[layer * LinearRole.allCases.count + role.index]
    return place >= 0 ? place : nil
  }
}

/// The low-rank term of one linear layer.
public struct AdapterTerm: Sendable {
  /// [rank, inputs]
  public let a: Matrix
  /// [outputs, rank]
  public let b: Matrix
  public let scale: Float

  public init(a: Matrix, b: Matrix, scale: Float) {
    self.a = a
    self.b = b
    self.scale = scale
  }
}

/// An adapter as a pass reads it.
public struct AdapterTensors: Sendable {
  public let shape: AdapterShape
  public let places: AdapterPlaces
  /// In the order of `ParameterLayout(_:in:)`.
  public let tensors: [Matrix]
  /// Of each pair of tensors, where they differ; else empty, and the shape says it.
  private let scales: [Float]

  public init(_ shape: AdapterShape, layerCount: Int, tensors: [Matrix]) {
    precondition(tensors.count == 2 * layerCount * shape.targets.count)
    self.shape = shape
    places = AdapterPlaces(shape, layerCount: layerCount)
    self.tensors = tensors
    scales = []
  }

  init(
    _ shape: AdapterShape, places: AdapterPlaces, tensors: [Matrix], scales: [Float] = []
  ) {
    self.shape = shape
    self.places = places
    self.tensors = tensors
    self.scales = scales
  }

  /// A point on the straight way from the base alone (0) to the adapter (1): B times `share`.
  public func scaled(by share: Float) -> AdapterTensors {
    var tensors = tensors
    for place in stride(from: 1, to: tensors.count, by: 2) {
      Canonical.scale(&tensors[place], by: share)
    }
    return AdapterTensors(shape, places: places, tensors: tensors, scales: scales)
  }

  public subscript(layer: Int, role: LinearRole) -> AdapterTerm? {
    guard let place = places[layer, role] else { return nil }
    return AdapterTerm(
      a: tensors[place], b: tensors[place + 1],
      scale: scales.isEmpty ? shape.scale : scales[place / 2])
  }
}
