// What the commands that compute share: threads, and a check of the arithmetic before anything
// depends on it (Specs/Arithmetic.md, "Kernels").

import CanonicalMath
import Terminal

enum LearningOptions {
  /// More threads than this help nobody.
  private static let threadLimit = 256

  static let threads = Option.value(
    "threads", "N", .integer(1...threadLimit), "Threads to compute with", default: "all CPUs")

  static func prepare(_ context: Context) throws {
    try Kernels.check()
    if let threads = context.invocation.integer("threads") { Kernels.threads = threads }
  }
}
