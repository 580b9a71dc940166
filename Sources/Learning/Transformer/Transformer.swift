// A model ready to compute: its shape, its weights and its rotary tables (Specs/Transformer.md).

import CanonicalMath
public import Checkpoints

public struct Transformer: Sendable {
  public let configuration: ModelConfiguration
  public internal(set) var weights: ModelWeights
  let rotary: RotaryTable
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
