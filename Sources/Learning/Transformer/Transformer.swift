// A model ready to compute: its shape, its weights and its rotary tables (Specs/Transformer.md).

import CanonicalMath
public import Checkpoints
import Synchronization

public struct Transformer: Sendable {
  public let configuration: ModelConfiguration
  public internal(set) var weights: ModelWeights
  let rotary: RotaryTable
  let panels = SharedPanels()
  let epsilon: Float
  /// Longest text that the rotary tables serve.
  public var contextLength: Int { rotary.table.cosines.rows }

  public init(
    _ configuration: ModelConfiguration, weights: ModelWeights, contextLength: Int? = nil
  ) {
    self.configuration = configuration
    self.weights = weights
    rotary = RotaryTable(
      configuration, positions: min(contextLength ?? .max, configuration.contextLength))
    epsilon = Float(configuration.normEpsilon)
  }

  /// With rotary tables for texts of up to `contextLength` tokens, or as many as the model allows.
  public init(_ checkpoint: Checkpoint, contextLength: Int? = nil) throws(CheckpointError) {
    self.init(
      checkpoint.configuration, weights: try ModelWeights(checkpoint.layout),
      contextLength: contextLength)
  }
}

/// Weights that come from files, in panels: made when something first wants them, and shared by all
/// copies of a model, so that only the first of many generations pays.
final class SharedPanels: Sendable {
  /// Matrices of up to so many bytes in all are laid out for training and measuring; the panels take
  /// twice as much. Of larger models packing is a smaller part of the time.
  static let largestLaidOut = 128 << 20

  private let made = Mutex<ModelWeights?>(nil)
  private let laidOut = Mutex<ModelWeights?>(nil)

  /// For passes of many rows.
  func laidOut(_ weights: ModelWeights, backward: Bool) -> ModelWeights {
    guard weights.isStored, weights.linearBytes <= Self.largestLaidOut else { return weights }
    return laidOut.withLock { known in
      if let known, !backward || known.turnedHead != nil { return known }
      let panels = weights.laidOut(backward: backward)
      known = panels
      return panels
    }
  }

  var areMade: Bool { made.withLock { $0 != nil } }

  func panels(of weights: ModelWeights) -> ModelWeights {
    guard weights.isStored else { return weights.packed() }
    return made.withLock { made in
      if let made { return made }
      let packed = weights.packed()
      made = packed
      return packed
    }
  }
}
