// The readable reference of what lies between products: norms, gates, rotations, softmax, the loss,
// AdamW and random numbers (`Specs/Arithmetic.md`).

extension Reference {
  public static func normForward(
    _ x: Matrix, weight: Matrix, epsilon: Float
  ) -> (y: Matrix, inverses: [Float]) {
    let r = (0..<x.rows).map { t in
      1 / (rowDot(x.row(t), x.row(t)) / Float(x.columns) + epsilon).squareRoot()
    }
    return (matrix(x.rows, x.columns) { (x[$0, $1] * r[$0]) * weight[0, $1] }, r)
  }
  public static func normBackward(
    _ x: Matrix, weight: Matrix, inverses r: [Float], dy: Matrix
  ) -> Matrix {
    let n = x.columns
    let k = (0..<x.rows).map { t in
      let g = (0..<n).map { dy[t, $0] * weight[0, $0] }
      return (((rowDot(g, x.row(t)) * r[t]) * r[t]) * r[t]) / Float(n)
    }
    return matrix(x.rows, n) { t, i in fma(x[t, i], -k[t], (dy[t, i] * weight[0, i]) * r[t]) }
  }
  public static func normWeightGradient(_ x: Matrix, inverses r: [Float], dy: Matrix) -> Matrix {
    matrix(1, x.columns) { _, j in chain(0..<x.rows, { dy[$0, j] }, { x[$0, j] * r[$0] }) }
  }
  public static func columnSums(_ x: Matrix) -> Matrix {
    matrix(1, x.columns) { _, j in chain(0..<x.rows, { _ in 1 }, { x[$0, j] }) }
  }
  public static func gateForward(_ kind: Gate, _ g: Matrix, _ u: Matrix) -> Matrix {
    matrix(g.rows, g.columns) { gate(kind, g[$0, $1]).value * u[$0, $1] }
  }
  public static func gateBackward(
    _ kind: Gate, _ g: Matrix, _ u: Matrix, dy: Matrix
  ) -> (dg: Matrix, du: Matrix) {
    (
      matrix(g.rows, g.columns) { (dy[$0, $1] * u[$0, $1]) * gate(kind, g[$0, $1]).slope },
      matrix(g.rows, g.columns) { dy[$0, $1] * gate(kind, g[$0, $1]).value }
    )
  }
  public static func rotate(
    _ x: Matrix, heads: Int, positions: [Int32], table: RotationTable, backward: Bool
  ) -> Matrix {
    let half = table.cosines.columns
    return matrix(x.rows, x.columns) { t, j in
      let i = j % (2 * half) % half
      let start = j / (2 * half) * 2 * half + i
      let c = table.cosines[Int(positions[t]), i]
      let s = backward ? -table.sines[Int(positions[t]), i] : table.sines[Int(positions[t]), i]
      let (a, b) = (x[t, start], x[t, start + half])
      return j == start ? fma(a, c, -(b * s)) : fma(b, c, a * s)
    }
  }
  /// z = x·scale, m = max z, e = exp(z − m), s = Σe.
  static func exponentials(_ x: [Float], _ scale: Float) -> (e: [Float], m: Float, s: Float) {
    let z = x.map { $0 * scale }
    let m = rowMaximum(z)
    let e = z.map { exp($0 - m) }
    return (e, m, rowSum(e))
  }
  public static func softmax(_ x: Matrix, scale: Float) -> Matrix {
    let rows = (0..<x.rows).map { exponentials(x.row($0), scale) }
    return matrix(x.rows, x.columns) { rows[$0].e[$1] * (1 / rows[$0].s) }
  }
  public static func crossEntropy(
    _ x: Matrix, targets: [Int32], weights: [Float]
  ) -> (losses: [Float], gradient: Matrix) {
    let rows = (0..<x.rows).map { exponentials(x.row($0), 1) }
    let losses = (0..<x.rows).map { t in
      targets[t] < 0 ? 0 : (rows[t].m + log(rows[t].s)) - x[t, Int(targets[t])]
    }
    let gradient = matrix(x.rows, x.columns) { t, j in
      if targets[t] < 0 { return 0 }
      let y = rows[t].e[j] * (1 / rows[t].s)
      return (j == Int(targets[t]) ? y - 1 : y) * weights[t]
    }
    return (losses, gradient)
  }
  public static func adamW(
    _ s: AdamWStep, parameters: inout [Float], gradient: [Float], first: inout [Float],
    second: inout [Float]
  ) {
    for i in parameters.indices {
      let g = gradient[i] * s.gradientScale
      first[i] = fma(s.beta1, first[i], g * (1 - s.beta1))
      second[i] = fma(s.beta2, second[i], (g * (1 - s.beta2)) * g)
      let u =
        (first[i] * s.correction1) / ((second[i] * s.correction2).squareRoot() + s.epsilon)
      let p = parameters[i]
      parameters[i] = fma(-s.learningRate, fma(s.weightDecay, p, u), p)
    }
  }

  // MARK: Random numbers

  public static func philox(key: UInt64, stream: UInt64, block: UInt64) -> [UInt32] {
    func low(_ x: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: x) }
    func high(_ x: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: x >> 32) }
    var k = (low(key), high(key))
    var c = [low(block), high(block), low(stream), high(stream)]
    for _ in 0..<10 {
      let a = UInt64(0xD251_1F53) * UInt64(c[0])
      let b = UInt64(0xCD9E_8D57) * UInt64(c[2])
      c = [high(b) ^ c[1] ^ k.0, low(b), high(a) ^ c[3] ^ k.1, low(a)]
      k = (k.0 &+ 0x9E37_79B9, k.1 &+ 0xBB67_AE85)
    }
    return c
  }
  public static func word(_ stream: RandomStream, _ i: Int) -> UInt32 {
    philox(key: stream.key, stream: stream.stream, block: UInt64(i / 4))[i % 4]
  }
  public static func uniform(
    _ stream: RandomStream, _ i: Int, from low: Float, to high: Float
  ) -> Float {
    fma(Float(word(stream, i) >> 8) * 0x1p-24, high - low, low)
  }
  public static func normal(_ stream: RandomStream, _ i: Int, deviation: Float) -> Float {
    let u = Float((word(stream, i & ~1) >> 8) + 1) * 0x1p-24
    let angle = turn(Float(word(stream, i | 1) >> 8) * 0x1p-24)
    let radius = (log(u) * -2).squareRoot()
    return (radius * (i & 1 == 0 ? angle.cosine : angle.sine)) * deviation
  }
}
