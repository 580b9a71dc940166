// Whether a published adapter is what the run ended with (Specs/Verification.md, "End").

import CanonicalMath
public import Learning

public enum AdapterCheck {
  /// What is wrong with an adapter beside the state that a run ended with; nil when nothing is.
  public static func problem(_ adapter: AdapterTensors, last: TrainingState, recipe: Recipe)
    -> String?
  {
    guard adapter.shape == recipe.adapter else {
      return "the adapter has another shape than the recipe's"
    }
    guard last.layout.fits(adapter.tensors) else {
      return "the adapter has tensors of other shapes"
    }
    for (place, tensor) in last.layout.tensors.enumerated()
    where adapter.tensors[place].canonicalBytes != last.parameters[place].canonicalBytes {
      return "the adapter's \(tensor.name) is not the last state's"
    }
    return nil
  }
}
