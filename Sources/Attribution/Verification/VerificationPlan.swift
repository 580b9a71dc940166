// Which steps are executed again, and from where (Specs/Verification.md, "Draw").

import CanonicalMath
public import Claims
public import Cryptography
public import Learning

public struct VerificationPlan: Hashable, Sendable {
  /// Steps that follow one another from a kept state.
  public struct Stretch: Hashable, Sendable {
    /// The step after which the state was kept; 0 is the first state.
    public let start: Int
    public let steps: ClosedRange<Int>
  }

  /// The steps that were drawn, ascending.
  public let drawn: [Int]
  public let stretches: [Stretch]

  /// Every step that is executed.
  public var executed: StepSet {
    StepSet(ranges: stretches.map { $0.steps.lowerBound..<$0.steps.upperBound + 1 })
  }

  /// `count` steps of a run of `steps`, drawn from `draw`: 32 random bytes that nobody knew before.
  /// `kept` are the steps after which states were kept, ascending; `yardstick` is the recipe's.
  public init(draw: Digest, count: Int, of steps: Int, kept: [Int], yardstick: Yardstick?) {
    self.init(
      Self.order(draw: draw, of: steps).prefix(max(0, count)), kept: kept, yardstick: yardstick)
  }

  /// All steps in the order in which a draw takes them.
  static func order(draw: Digest, of steps: Int) -> [Int] {
    RandomStream(draw, .verification).permutation(steps).map { $0 + 1 }
  }

  /// Chosen steps. Each is reached from before the yardstick's gradient in force was computed, so
  /// that a false gradient is not believed because a kept state holds it.
  public init(_ steps: some Sequence<Int>, kept: [Int], yardstick: Yardstick?) {
    drawn = Array(Set(steps)).sorted()
    var stretches: [Stretch] = []
    for step in drawn {
      let every = yardstick?.stepsPerRefresh ?? 1
      let refresh = step - (step - 1) % every
      let start = max(0, kept.last { $0 < refresh } ?? 0)
      // Kept states inside what is executed anyway are passed by: each is compared all the same.
      if let last = stretches.last, last.start == start || start < last.steps.upperBound {
        stretches[stretches.count - 1] = Stretch(
          start: last.start, steps: last.steps.lowerBound...step)
      } else {
        stretches.append(Stretch(start: start, steps: start + 1...step))
      }
    }
    self.stretches = stretches
  }

  /// Every step, one after another from the first state: needs no kept states.
  public init(everyStepOf steps: Int) {
    drawn = Array(1...max(steps, 1))
    stretches = [Stretch(start: 0, steps: 1...max(steps, 1))]
  }
}
