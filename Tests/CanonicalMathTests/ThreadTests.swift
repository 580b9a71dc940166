// The number of threads changes no bit: Specs/Arithmetic.md, "Threads".
import CanonicalMath
import Testing

extension AllArithmeticTests {
  @Suite struct Threads {
    /// Runs `body` on 1, 2, 3 and 8 threads and expects the same bits each time.
    private func sameOnEveryNumberOfThreads(_ name: String, _ body: () -> [Matrix]) {
      let before = Kernels.threads
      defer { Kernels.threads = before }
      Kernels.threads = 1
      let one = body()
      for threads in [2, 3, 8] {
        Kernels.threads = threads
        for (a, b) in zip(body(), one) { #expect(same(a, b), "\(name) on \(threads) threads") }
      }
    }

    @Test func theBatteryIsTheSameOnEveryNumberOfThreads() {
      let before = Kernels.threads
      defer { Kernels.threads = before }
      for threads in [1, 2, 4] {
        Kernels.threads = threads
        #expect(ArithmeticSelfTest.run().differences == [])
      }
    }

    @Test func layersAreTheSameOnEveryNumberOfThreads() {
      let x = awkward(300, 520, stream: 1)
      let u = awkward(300, 520, stream: 2)
      let w = awkward(1, 520, stream: 3)
      sameOnEveryNumberOfThreads("gate") {
        var y = Matrix(rows: 300, columns: 520)
        var (a, b) = (y, y)
        Canonical.gateForward(.silu, x, u, into: &y)
        Canonical.gateBackward(.silu, x, u, dy: y, dg: &a, du: &b)
        return [y, a, b]
      }
      sameOnEveryNumberOfThreads("norm") {
        var (z, y) = (x, x)
        var r: [Float] = []
        Canonical.normForward(&z, adding: u, weight: w, epsilon: 1e-5, into: &y, inverses: &r)
        var dx = x
        Canonical.normBackward(z, weight: w, inverses: r, dy: u, into: &dx, accumulating: true)
        var dw = w
        Canonical.normWeightGradient(z, inverses: r, dy: u, into: &dw, accumulating: true)
        return [z, y, Matrix(r), dx, dw]
      }
      sameOnEveryNumberOfThreads("loss") {
        var y = x
        let losses = Canonical.crossEntropy(
          &y, targets: (0..<300).map { $0 * 7 % 520 }, weights: .init(repeating: 0.1, count: 300),
          gradient: true)
        return [y, Matrix(losses), Canonical.softmax(x)]
      }
      sameOnEveryNumberOfThreads("sums") {
        [Matrix([Canonical.sum(x), Canonical.sumOfSquares(x)]), Matrix(Canonical.rowDots(x, u))]
      }
    }

    @Test func attentionIsTheSameOnEveryNumberOfThreads() {
      let shape = AttentionShape(heads: 6, keyValueHeads: 3, headDimension: 32, scale: 0.2)
      let segments = [
        AttentionSegment(0..<70), AttentionSegment(70..<75), AttentionSegment(75..<300),
      ]
      let q = awkward(300, 192, stream: 1)
      let k = awkward(300, 96, stream: 2)
      let v = awkward(300, 96, stream: 3)
      sameOnEveryNumberOfThreads("attention") {
        var (out, dq, dk, dv) = (q, q, k, v)
        var statistics = Matrix(rows: 0, columns: 0)
        Canonical.attentionForward(
          shape, segments: segments, q: q, k: k, v: v, into: &out, statistics: &statistics)
        Canonical.attentionBackward(
          shape, segments: segments, q: q, k: k, v: v, out: out, statistics: statistics, dOut: q,
          dq: &dq, dk: &dk, dv: &dv)
        return [out, statistics, dq, dk, dv]
      }
    }

    @Test func callsFromSeveralThreadsAtOnceGiveTheSameBits() async {
      let a = awkward(200, 300, stream: 1)
      let b = awkward(100, 300, stream: 2)
      let expected = Canonical.product(.nt, a, b)
      let allSame = await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<8 {
          group.addTask {
            (0..<20).allSatisfy { _ in same(Canonical.product(.nt, a, b), expected) }
          }
        }
        return await group.allSatisfy { $0 }
      }
      #expect(allSame)
    }
  }
}
