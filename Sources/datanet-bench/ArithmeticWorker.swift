// One side of the arithmetic benchmark, in a process of its own (Specs/Performance.md,
// "Arithmetic"). Prints the seconds of one product for every shape and form in order.

import CanonicalMath
import FastMath
import Glibc
import JSON

enum ArithmeticWorker {
  static let word = "arithmetic-worker"

  enum Side: String {
    case datanet, openBLAS
  }

  /// The best of so many timings counts, each of so many operations or one product.
  private static let timings = 12
  private static let operations = 2e8

  /// SIDE THREADS
  static func run(_ words: [String]) throws {
    guard words.count == 2, let side = Side(rawValue: words[0]), let threads = Int(words[1]) else {
      throw Child.Failed(description: "arithmetic-worker SIDE THREADS")
    }
    Kernels.threads = threads
    if side == .openBLAS { try FastMath.setThreads(threads) }
    var seconds: [JSONValue] = []
    for shape in ArithmeticBenchmark.shapes {
      for form in shape.forms { seconds.append(.double(try measure(shape, form, side))) }
    }
    print((["seconds": .array(seconds)] as JSONValue).serialized())
  }

  private static func measure(
    _ shape: ArithmeticBenchmark.Shape, _ form: ProductForm, _ side: Side
  ) throws -> Double {
    let (m, n, k) = (shape.m, shape.n, shape.k)
    let random = RandomStream(key: 1, stream: 2)
    let a = random.uniform(
      rows: form == .tn ? k : m, columns: form == .tn ? m : k, from: -0.5, to: 0.5)
    let b = random.uniform(
      rows: form == .nt ? n : k, columns: form == .nt ? k : n, from: -0.5, to: 0.5)
    let runs = max(1, Int(operations / shape.operations))
    switch side {
    case .datanet:
      let weights = shape.isPacked ? Weights(b).packed() : Weights(b)
      var c = Matrix(rows: m, columns: n)
      return best(runs) {
        Canonical.product(form, a, weights, into: &c, accumulating: shape.accumulates)
      }
    case .openBLAS:
      let (flatA, flatB) = (a.elements, b.elements)
      var c = [Float](repeating: 0, count: m * n)
      let form: FastProductForm = form == .nn ? .nn : form == .nt ? .nt : .tn
      return try best(runs) {
        try FastMath.product(
          form, m: m, n: n, k: k, flatA, flatB, into: &c, accumulating: shape.accumulates)
      }
    }
  }

  private static func best(_ runs: Int, _ body: () throws -> Void) rethrows -> Double {
    var best = Double.infinity
    for _ in 0..<timings {
      let cost = try Measure.here { for _ in 0..<runs { try body() } }
      best = min(best, cost.wallSeconds / Double(runs))
    }
    return best
  }
}
