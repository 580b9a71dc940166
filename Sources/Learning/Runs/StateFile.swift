// A state as a safetensors file: a run's checkpoint (Specs/Runs.md, "Checkpoints").

public import CanonicalMath
public import Checkpoints
public import Content

/// A state, and the yardstick's gradient in force where the next step needs it.
public struct KeptState: Sendable {
  public var state: TrainingState
  /// In the layout's order, or empty.
  public var gradient: [Matrix]

  public init(_ state: TrainingState, gradient: [Matrix] = []) {
    precondition(gradient.isEmpty || state.layout.fits(gradient))
    self.state = state
    self.gradient = gradient
  }
}

/// The trained tensors under their names, moments under `first.` and `second.` before them, the
/// yardstick's gradient under `yardstick.`, and step and recipe as metadata.
public enum StateFile {
  public static func tensors(_ kept: KeptState) -> [OutgoingTensor] {
    let state = kept.state
    return zip(
      ["", "first.", "second.", "yardstick."],
      [state.parameters, state.firstMoments, state.secondMoments, kept.gradient]
    ).flatMap { prefix, matrices in
      zip(state.layout.tensors, matrices).map { tensor, matrix in
        OutgoingTensor(
          name: prefix + tensor.name, shape: tensor.shape, values: matrix.elements)
      }
    }
  }

  public static func metadata(_ state: TrainingState, recipe: CID) -> [(key: String, value: String)]
  {
    [("format", "pt"), ("recipe", "\(recipe)"), ("step", "\(state.step)")]
  }

  /// The bytes of the file.
  public static func bytes(_ kept: KeptState, recipe: CID) throws(CheckpointError) -> [UInt8] {
    try SafetensorsWriter.bytes(tensors(kept), metadata: metadata(kept.state, recipe: recipe))
  }

  /// Reads a state of `layout`; nothing may be missing, left over, or of another recipe.
  public static func kept(
    _ file: Safetensors, layout: ParameterLayout, recipe: CID
  ) throws(CheckpointError) -> KeptState {
    let path = file.file.path
    func metadata(_ key: String) -> String? { file.metadata.first { $0.key == key }?.value }
    guard metadata("recipe") == "\(recipe)" else {
      throw .malformed(file: path, problem: "it is a state of another recipe")
    }
    guard let step = metadata("step").flatMap({ Int($0) }), step >= 0,
      step <= Recipe.Limits.steps
    else { throw .malformed(file: path, problem: "it does not say its step") }
    let hasGradient = file.tensors.count == 4 * layout.tensors.count
    guard hasGradient || file.tensors.count == 3 * layout.tensors.count else {
      throw .malformed(file: path, problem: "it does not have the recipe's tensors")
    }
    func matrices(_ prefix: String) throws(CheckpointError) -> [Matrix] {
      var matrices: [Matrix] = []
      for tensor in layout.tensors {
        let name = prefix + tensor.name
        guard let stored = file[name], stored.type == .f32, stored.shape == tensor.shape else {
          throw .mismatch(
            file: path, tensor: name, problem: "missing, or not F32 of shape \(tensor.shape)")
        }
        matrices.append(
          Matrix(rows: tensor.rows, columns: tensor.columns, try stored.floats()))
      }
      return matrices
    }
    return KeptState(
      TrainingState(
        layout: layout, step: step, parameters: try matrices(""),
        firstMoments: try matrices("first."), secondMoments: try matrices("second.")),
      gradient: hasGradient ? try matrices("yardstick.") : [])
  }
}
