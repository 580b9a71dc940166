// The canonical products beside OpenBLAS's best kernel for this CPU, on the shapes of a
// transformer's forward, backward and decode passes (Specs/Performance.md, "Arithmetic"). Each side
// runs in a process of its own: OpenBLAS's threads spin for a while from the moment it is loaded.

import CanonicalMath
import FastMath
import Glibc
import JSON
import Terminal

enum ArithmeticBenchmark: Benchmark {
  static let name = "arithmetic"
  static let summary = "canonical products against OpenBLAS, one thread and two"

  struct Shape {
    let kind: String
    let m: Int
    let n: Int
    let k: Int
    var forms: [ProductForm] = ProductForm.allCases
    var accumulates = false
    /// Weights of a decode pass lie in panels, as generation keeps them.
    var isPacked = false

    var operations: Double { 2 * Double(m) * Double(n) * Double(k) }
  }

  /// How often each side is run; the best of all counts.
  private static let rounds = 3

  static let shapes: [Shape] = [
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
    for threads in [1, 2] where threads <= Kernels.threads {
      var ours: [Double] = []
      var theirs: [Double] = []
      for _ in 0..<rounds {
        ours = better(ours, try seconds(.datanet, threads))
        theirs = better(theirs, try seconds(.openBLAS, threads))
      }
      report(threads, ours, theirs)
    }
  }

  private static func better(_ old: [Double], _ new: [Double]) -> [Double] {
    old.isEmpty ? new : zip(old, new).map { min($0, $1) }
  }

  private static func seconds(_ side: ArithmeticWorker.Side, _ threads: Int) throws -> [Double] {
    // Ours shares its process with a sleeping OpenBLAS.
    unsafe setenv("OPENBLAS_NUM_THREADS", side == .openBLAS ? String(threads) : "1", 1)
    defer { unsafe unsetenv("OPENBLAS_NUM_THREADS") }
    let text = try Child.text(
      [CommandLine.arguments[0], ArithmeticWorker.word, side.rawValue, String(threads)])
    let value = try JSONValue(parsing: text)
    guard let list = value["seconds"]?.array else {
      throw Child.Failed(description: "a measured process printed no figures")
    }
    return list.compactMap(\.double)
  }

  private static func report(_ threads: Int, _ ours: [Double], _ theirs: [Double]) {
    var ratios: [String: [Double]] = [:]
    var place = 0
    for shape in shapes {
      for form in shape.forms where place < min(ours.count, theirs.count) {
        let ratio = theirs[place] / ours[place]
        ratios[shape.kind, default: []].append(ratio)
        print(
          "| \(threads) | \(shape.kind) | \(form)\(shape.accumulates ? " +=" : "")"
            + "\(shape.isPacked ? " packed" : "") | \(shape.m) × \(shape.n) × \(shape.k) | "
            + "\(fixed(shape.operations / ours[place] * 1e-9)) | "
            + "\(fixed(shape.operations / theirs[place] * 1e-9)) | \(fixed(ratio)) |")
        place += 1
      }
    }
    for kind in ["large", "thin", "small"] {
      let list = ratios[kind] ?? []
      let logs = list.reduce(0) { $0 + Scalar.log($1) } / Double(max(1, list.count))
      print(
        "| \(threads) | **\(kind)** | | lowest \(fixed(list.min() ?? 0)) | | | "
          + "**\(fixed(Scalar.exp(logs)))** |")
    }
    fflush(nil)
  }

  private static func fixed(_ x: Double) -> String { Quantity.fixed(x, x < 10 ? 2 : 1) }
}
