// The canonical products beside OpenBLAS's best kernel for this CPU, on the shapes of a
// transformer's forward, backward and decode passes (Specs/Performance.md, "Arithmetic").

import CanonicalMath
import FastMath
import Glibc
import Terminal

enum ArithmeticBenchmark: Benchmark {
  static let name = "arithmetic"
  static let summary = "canonical products against OpenBLAS, one thread and two"

  private struct Shape {
    let kind: String
    let m: Int
    let n: Int
    let k: Int
    var forms: [ProductForm] = ProductForm.allCases
    var accumulates = false
    /// Weights of a decode pass lie in panels, as generation keeps them.
    var isPacked = false
  }

  private static let shapes: [Shape] = [
    Shape(kind: "large", m: 512, n: 576, k: 576), Shape(kind: "large", m: 512, n: 1536, k: 576),
    Shape(kind: "large", m: 512, n: 576, k: 1536), Shape(kind: "large", m: 2048, n: 576, k: 576),
    Shape(kind: "large", m: 2048, n: 3072, k: 768),
    Shape(kind: "large", m: 512, n: 49152, k: 576, forms: [.nt]),
    Shape(kind: "large", m: 512, n: 512, k: 64, forms: [.nt]),
    Shape(kind: "thin", m: 512, n: 8, k: 576, forms: [.nt, .nn]),
    Shape(kind: "thin", m: 512, n: 8, k: 1536, forms: [.nt, .nn]),
    Shape(kind: "thin", m: 512, n: 16, k: 576, forms: [.nt, .nn]),
    Shape(kind: "thin", m: 512, n: 576, k: 8, forms: [.nt, .nn], accumulates: true),
    Shape(kind: "thin", m: 512, n: 1536, k: 8, forms: [.nt, .nn], accumulates: true),
    Shape(kind: "thin", m: 576, n: 8, k: 512, forms: [.tn], accumulates: true),
    Shape(kind: "thin", m: 1536, n: 8, k: 512, forms: [.tn], accumulates: true),
    Shape(kind: "thin", m: 8, n: 576, k: 512, forms: [.tn], accumulates: true),
    Shape(kind: "thin", m: 8, n: 1536, k: 512, forms: [.tn], accumulates: true),
    Shape(kind: "small", m: 1, n: 576, k: 576, forms: [.nt], isPacked: true),
    Shape(kind: "small", m: 1, n: 1536, k: 576, forms: [.nt], isPacked: true),
    Shape(kind: "small", m: 1, n: 576, k: 1536, forms: [.nt], isPacked: true),
    Shape(kind: "small", m: 1, n: 49152, k: 576, forms: [.nt], isPacked: true),
    Shape(kind: "small", m: 4, n: 576, k: 576), Shape(kind: "small", m: 8, n: 576, k: 576),
    Shape(kind: "small", m: 8, n: 1536, k: 576, forms: [.nt], isPacked: true),
    Shape(kind: "small", m: 8, n: 49152, k: 576, forms: [.nt], isPacked: true),
  ]

  static func run(_ bench: Bench) throws {
    bench.remark(
      "Kernels: ours \(Kernels.current.name), OpenBLAS \(FastMath.kernelName). GFLOP/s, best of many."
    )
    print("\n| threads | kind | form | m × n × k | datanet | OpenBLAS | ratio |")
    print("|---|---|---|---|---|---|---|")
    let before = Kernels.threads
    defer { Kernels.threads = before }
    for threads in [1, 2] where threads <= before {
      Kernels.threads = threads
      FastMath.threads = threads
      var ratios: [String: [Double]] = [:]
      for shape in shapes {
        for form in shape.forms {
          let ratio = measure(shape, form, threads)
          ratios[shape.kind, default: []].append(ratio)
        }
      }
      for kind in ["large", "thin", "small"] {
        let list = ratios[kind] ?? []
        let logs = list.reduce(0) { $0 + Scalar.log($1) } / Double(max(1, list.count))
        print(
          "| \(threads) | **\(kind)** | | lowest \(fixed(list.min() ?? 0)) | | | "
            + "**\(fixed(Scalar.exp(logs)))** |")
      }
    }
  }

  private static func measure(_ shape: Shape, _ form: ProductForm, _ threads: Int) -> Double {
    let (m, n, k) = (shape.m, shape.n, shape.k)
    let random = RandomStream(key: 1, stream: 2)
    let a = random.uniform(
      rows: form == .tn ? k : m, columns: form == .tn ? m : k, from: -0.5, to: 0.5)
    let b = random.uniform(
      rows: form == .nt ? n : k, columns: form == .nt ? k : n, from: -0.5, to: 0.5)
    let weights = shape.isPacked ? Weights(b).packed() : Weights(b)
    var c = Matrix(rows: m, columns: n)
    let (flatA, flatB) = (a.elements, b.elements)
    var flatC = c.elements
    let work = 2.0 * Double(m) * Double(n) * Double(k)
    let runs = max(1, Int(3e8 / work))
    var ours = Double.infinity
    var theirs = Double.infinity
    for _ in 0..<12 {
      // OpenBLAS's threads spin after a product: they are given time to stop.
      if threads > 1 { usleep(40_000) }
      ours = min(
        ours,
        time(runs) {
          Canonical.product(form, a, weights, into: &c, accumulating: shape.accumulates)
        })
      let fastForm: FastProductForm = form == .nn ? .nn : form == .nt ? .nt : .tn
      theirs = min(
        theirs,
        time(runs) {
          FastMath.product(
            fastForm, m: m, n: n, k: k, flatA, flatB, into: &flatC, accumulating: shape.accumulates)
        })
    }
    let ratio = theirs / ours
    print(
      "| \(threads) | \(shape.kind) | \(form)\(shape.accumulates ? " +=" : "")"
        + "\(shape.isPacked ? " packed" : "") | \(m) × \(n) × \(k) | \(fixed(work / ours * 1e-9)) | "
        + "\(fixed(work / theirs * 1e-9)) | \(fixed(ratio)) |")
    fflush(nil)
    return ratio
  }

  /// Seconds of one of `runs` calls, the better of two rounds.
  private static func time(_ runs: Int, _ body: () -> Void) -> Double {
    var best = Double.infinity
    for _ in 0..<2 {
      let cost = Measure.here { for _ in 0..<runs { body() } }
      best = min(best, cost.wallSeconds / Double(runs))
    }
    return best
  }
  private static func fixed(_ x: Double) -> String { Quantity.fixed(x, x < 10 ? 2 : 1) }
}
