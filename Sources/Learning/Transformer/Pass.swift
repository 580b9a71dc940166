// The buffers of forward and backward passes, made once and used for every group
// (Specs/Transformer.md, "Memory").

import CanonicalMath
import Checkpoints

/// What a pass keeps for its backward half.
public enum Remembering: String, Sendable, Hashable {
  /// Nothing: the forward pass alone.
  case nothing
  /// Every block's activations.
  case everything
  /// Every block's input; the rest is computed again, with the same bits.
  case inputs
}

/// A model, an adapter, and memory to run them in.
struct Pass {
  /// Logits take at most this many bytes at a time where slices are free to choose.
  static let logitBytes = 48 << 20

  var model: Transformer
  var adapter: AdapterTensors?
  let remembering: Remembering
  /// The residual stream before each block and after the last, or two of them in turn.
  var inputs: [Matrix]
  /// One per block, or one for all. Nil only while a block is at work on it.
  var activations: [LayerActivations?]
  /// Normalised rows.
  var normed = Matrix(rows: 0, columns: 0)
  /// f(gate)·up.
  var product = Matrix(rows: 0, columns: 0)
  /// The rows that predict something.
  var headRows = Matrix(rows: 0, columns: 0)
  var headNormed = Matrix(rows: 0, columns: 0)
  var headInverses: [Float] = []
  var gradients = GradientBuffers()

  /// With `laysOut`, the model's weights lie in panels if they are small enough and memory need not be
  /// saved.
  init(
    _ model: Transformer, adapter: AdapterTensors?, remembering: Remembering, laysOut: Bool = true
  ) {
    let layerCount = model.configuration.layerCount
    self.model = model
    if laysOut, remembering != .inputs {
      self.model.weights = model.panels.laidOut(
        model.weights, backward: remembering == .everything)
    }
    self.adapter = adapter
    self.remembering = remembering
    inputs = (0..<(remembering == .nothing ? 2 : layerCount + 1)).map { _ in
      Matrix(rows: 0, columns: 0)
    }
    activations = (0..<(remembering == .everything ? layerCount : 1)).map { _ in
      LayerActivations()
    }
  }

  func inputPlace(_ layer: Int) -> Int { remembering == .nothing ? layer % 2 : layer }
  func activationPlace(_ layer: Int) -> Int { activations.count == 1 ? 0 : layer }

  /// Rows of logits computed at a time.
  static func rowsAtOnce(_ shape: ModelConfiguration) -> Int {
    min(Group.rowLimit, max(16, logitBytes / (4 * shape.vocabularySize) / 16 * 16))
  }
}
