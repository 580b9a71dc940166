// What checking some steps of a run says about the others (Specs/Verification.md, "Confidence").

/// Chances when steps are drawn without preference and none twice.
public enum Confidence {
  /// The chance that at least one of `falsified` steps is among `checked` of `steps`.
  public static func caught(falsified: Int, of steps: Int, checked: Int) -> Double {
    guard falsified > 0, checked > 0, steps > 0 else { return 0 }
    let honest = steps - min(falsified, steps)
    // All that are checked can be honest only when there are so many.
    guard checked <= honest else { return 1 }
    var missed = 1.0
    // The product has as many terms as the smaller of the two counts.
    let few = min(checked, falsified)
    let many = max(checked, falsified)
    for index in 0..<few where missed > 0 {
      missed *= Double(steps - many - index) / Double(steps - index)
    }
    return 1 - missed
  }

  /// Steps that make up a share, at least one.
  public static func steps(_ share: Double, of steps: Int) -> Int {
    max(1, Int((share * Double(steps)).rounded(.up)))
  }

  /// The fewest steps that catch who falsified `share` of them with `confidence`.
  public static func samples(_ confidence: Double, share: Double, of steps: Int) -> Int {
    let falsified = self.steps(share, of: steps)
    var (low, high) = (1, max(steps, 1))
    while low < high {
      let middle = low + (high - low) / 2
      if caught(falsified: falsified, of: steps, checked: middle) >= confidence {
        high = middle
      } else {
        low = middle + 1
      }
    }
    return low
  }

  /// The smallest share that is caught with `confidence` by `checked` steps.
  public static func share(_ confidence: Double, of steps: Int, checked: Int) -> Double {
    var (low, high) = (1, max(steps, 1))
    while low < high {
      let middle = low + (high - low) / 2
      if caught(falsified: middle, of: steps, checked: checked) >= confidence {
        high = middle
      } else {
        low = middle + 1
      }
    }
    return Double(low) / Double(max(steps, 1))
  }
}
