// How a record's gradient is cut into blocks: one for each adapted tensor
// (Specs/Influence.md, "Gradients").

import CanonicalMath
public import Checkpoints
public import Learning

/// The gradient of one tensor of an adapter, as `rank` rows of `width` numbers: A as it is, B
/// transposed. Each is a sum over tokens of outer products of a short vector and a long one: dz and x
/// for A, z and dy for B.
public struct GradientBlock: Hashable, Sendable {
  public let layer: Int
  public let role: LinearRole
  public let isB: Bool
  public let rank: Int
  public let width: Int
  /// Where its numbers begin in the gradient as one list.
  public let offset: Int

  public var count: Int { rank * width }
}

public struct GradientBlocks: Hashable, Sendable {
  public private(set) var blocks: [GradientBlock] = []
  private let roleCount = LinearRole.allCases.count
  private var places: [Range<Int>] = []

  /// Trained numbers in all.
  public var count: Int { blocks.last.map { $0.offset + $0.count } ?? 0 }

  /// With `onlyB`, the Bs alone.
  public init(_ adapter: AdapterTensors, in shape: ModelConfiguration, onlyB: Bool = false) {
    places = Array(repeating: 0..<0, count: shape.layerCount * roleCount)
    for layer in 0..<shape.layerCount {
      for (index, role) in LinearRole.allCases.enumerated() {
        guard let term = adapter[layer, role] else { continue }
        let first = blocks.count
        for isB in onlyB ? [true] : [false, true] {
          let width = isB ? term.b.rows : term.a.columns
          blocks.append(
            GradientBlock(
              layer: layer, role: role, isB: isB, rank: term.a.rows, width: width, offset: count))
        }
        places[layer * roleCount + index] = first..<blocks.count
      }
    }
  }

  /// The blocks of a layer's A, where it is looked at, and B; none where nothing is adapted.
  func places(_ layer: Int, _ role: LinearRole) -> Range<Int> {
    let index = LinearRole.allCases.firstIndex(of: role) ?? 0
    return places[layer * roleCount + index]
  }
}

extension LinearObservation {
  /// The short and the long factor of a block's outer products, a row for each token.
  func factors(isB: Bool) -> (short: Matrix, long: Matrix) {
    isB ? (inner, outputGradient) : (innerGradient, inputs)
  }
}
