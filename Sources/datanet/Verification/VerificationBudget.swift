// What a peer may spend on checking runs in the background (Specs/Verification.md, "In the
// background"). Pure: time comes in.

/// Processor time that comes in evenly and is spent by verifications; a little of it can be saved.
struct VerificationBudget {
  /// Unless told otherwise, of an hour.
  static let usualMinutes = 10.0
  static let usualCores = 1
  /// A verification should take no longer: what it finds is published at its end.
  private static let taskSeconds = 60.0
  /// The first one of a run is small, since nothing is known about its steps.
  private static let firstSteps = 8
  private static let mostSteps = 512

  let cores: Int
  let minutesPerHour: Double
  /// Seconds that can be spent; below zero when more was.
  private(set) var credit: Double
  private var last: UInt64?
  private var secondsPerStep: Double?

  init(cores: Int = usualCores, minutesPerHour: Double = usualMinutes) {
    self.cores = cores
    self.minutesPerHour = minutesPerHour
    // A peer that has just started begins at once.
    credit = minutesPerHour * 60 / 6
  }

  mutating func advance(to milliseconds: UInt64) {
    let passed = Double(milliseconds - min(last ?? milliseconds, milliseconds)) / 1000
    last = milliseconds
    credit = min(credit + passed * minutesPerHour / 60, minutesPerHour * 60)
  }

  var isSpent: Bool { credit <= 0 }
  /// Until something can be spent again.
  var secondsToWait: Double { max(0, -credit) * 60 / minutesPerHour }
  /// No single verification gets more: an hour's.
  var mostSeconds: Int { max(10, Int((minutesPerHour * 60).rounded(.up))) }

  /// Steps that the next verification draws.
  var steps: Int {
    guard let secondsPerStep, secondsPerStep > 0 else { return Self.firstSteps }
    let seconds = min(Self.taskSeconds, minutesPerHour * 60 / 4)
    return min(Self.mostSteps, max(1, Int(seconds / secondsPerStep)))
  }

  mutating func spend(_ seconds: Double, drawn: Int) {
    credit -= seconds
    if drawn > 0 { secondsPerStep = seconds / Double(drawn) }
  }
}
