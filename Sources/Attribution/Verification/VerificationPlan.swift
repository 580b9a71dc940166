// Which steps are executed again, and from where (Specs/Verification.md, "Draw").

import CanonicalMath
public import Claims
public import Cryptography
import Learning

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
  /// `kept` are the steps after which states were kept, ascending.
  public init(draw: Digest, count: Int, of steps: Int, kept: [Int]) {
    let all = RandomStream(draw, .verification).permutation(steps)
    self.init(all.prefix(max(0, count)).map { $0 + 1 }, kept: kept)
  }

  /// Chosen steps.
  public init(_ steps: some Sequence<Int>, kept: [Int]) {
    drawn = Array(Set(steps)).sorted()
    var stretches: [Stretch] = []
    for step in drawn {
      let start = max(0, kept.last { $0 < step } ?? 0)
      if let last = stretches.last, last.start == start {
        stretches[stretches.count - 1] = Stretch(start: start, steps: start + 1...step)
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
