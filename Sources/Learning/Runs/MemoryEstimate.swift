// How much memory and work a run will take, before it starts (Specs/Runs.md, "Estimates").

public import Checkpoints

public struct RunEstimate: Sendable, Hashable {
  /// Bytes that are held while training, besides the mapped files of the base.
  public let memoryBytes: Int
  /// Of that, with activations computed again instead of kept.
  public let smallMemoryBytes: Int
  public let trainedParameters: Int
  /// Tokens that pass through the model in all steps.
  public let tokens: Int
  /// Multiplications and additions in all steps.
  public let operations: Double

  public init(
    _ shape: ModelConfiguration, adapter: AdapterShape?, layout: ParameterLayout,
    records: [TokenRecord], steps: Int, recordsPerStep: Int
  ) {
    let usable = records.filter { $0.rowCount > 0 }
    let longest = usable.map(\.rowCount).max() ?? 0
    let total = usable.reduce(0) { $0 + $1.rowCount }
    let mean = usable.isEmpty ? 0 : Double(total) / Double(usable.count)
    // No group is longer than its limit or its longest record, nor than a step.
    let rows = max(longest, min(Group.rowLimit, Int(mean * Double(recordsPerStep)) + longest))
    trainedParameters = layout.parameterCount
    tokens = Int(mean * Double(steps * recordsPerStep))
    let activations = LayerActivations.floatsPerRow(shape, adapter: adapter)
    let shared =
      GradientBuffers.floatsPerRow(shape) + 5 * shape.hiddenSize + shape.intermediateSize
    let logits = min(rows, Pass.rowsAtOnce(shape)) * shape.vocabularySize
    let fixed = 4 * (4 * trainedParameters + logits)
    let blocks = LinearRole.allCases.reduce(0) { sum, role in
      let (outputs, inputs) = role.shape(in: shape)
      return sum + outputs * inputs
    }
    let weights = shape.layerCount * blocks + shape.vocabularySize * shape.hiddenSize
    // A small frozen base is laid out in panels, forwards and backwards; float32 is the most it takes.
    let isLaidOut = adapter != nil && 4 * weights <= SharedPanels.largestLaidOut
    let panels = isLaidOut ? 2 * 4 * weights : 0
    let inputs = (shape.layerCount + 1) * shape.hiddenSize
    memoryBytes = fixed + panels + 4 * rows * (shape.layerCount * activations + inputs + shared)
    smallMemoryBytes = fixed + 4 * rows * (activations + inputs + shared)
    // Forward and backward through everything; and gradients of what is trained.
    let through = Double(weights)
    operations =
      Double(tokens)
      * (4 * through + (adapter == nil ? 2 * through : 4 * Double(trainedParameters)))
  }
}
