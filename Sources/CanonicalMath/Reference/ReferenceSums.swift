// The readable reference: sums, products and functions of one number, one operation at a time in
// the order of `Specs/Arithmetic.md`. The kernels must equal it bit for bit.

/// The canonical arithmetic as plainly as it can be written. Slow; for tests and for readers.
public enum Reference {
  /// a·b + c with one rounding.
  static func fma(_ a: Float, _ b: Float, _ c: Float) -> Float { c.addingProduct(a, b) }

  // MARK: Matrix product

  /// Σ_k x(k)·y(k): chains of 512 from +0, added in ascending order to `initial` or to the first.
  public static func chain(
    _ k: Range<Int>, from initial: Float? = nil, _ x: (Int) -> Float, _ y: (Int) -> Float
  ) -> Float {
    var total = initial
    var at = k.lowerBound
    while at < k.upperBound {
      let end = min(k.upperBound, at / 512 * 512 + 512)
      var acc: Float = 0
      for i in at..<end { acc = fma(x(i), y(i), acc) }
      total = total.map { $0 + acc } ?? acc
      at = end
    }
    return total ?? 0
  }
  public static func product(
    _ form: ProductForm, _ a: Matrix, _ b: Matrix, addingTo c: Matrix? = nil
  ) -> Matrix {
    let (m, k) = form == .tn ? (a.columns, a.rows) : (a.rows, a.columns)
    let n = form == .nt ? b.rows : b.columns
    return matrix(m, n) { i, j in
      chain(
        0..<k, from: c?[i, j], { form == .tn ? a[$0, i] : a[i, $0] },
        { form == .nt ? b[j, $0] : b[$0, j] })
    }
  }
  static func matrix(_ rows: Int, _ columns: Int, _ element: (Int, Int) -> Float) -> Matrix {
    var out: [Float] = []
    out.reserveCapacity(rows * columns)
    for i in 0..<rows { for j in 0..<columns { out.append(element(i, j)) } }
    return Matrix(rows: rows, columns: columns, out)
  }

  // MARK: Reductions

  /// 16 accumulators; element i goes to accumulator i mod 16; then the tree.
  static func reduce(
    _ n: Int, _ start: Float, _ step: (Float, Int) -> Float, padding: (Float) -> Float,
    _ join: (Float, Float) -> Float
  ) -> Float {
    var acc = [Float](repeating: start, count: 16)
    for i in 0..<n { acc[i % 16] = step(acc[i % 16], i) }
    if n % 16 != 0 { for l in n % 16..<16 { acc[l] = padding(acc[l]) } }
    for width in [8, 4, 2, 1] { for l in 0..<width { acc[l] = join(acc[l], acc[l + width]) } }
    return acc[0]
  }
  public static func rowSum(_ x: [Float]) -> Float {
    reduce(x.count, 0, { $0 + x[$1] }, padding: { $0 + 0 }, +)
  }
  public static func rowDot(_ x: [Float], _ y: [Float]) -> Float {
    reduce(x.count, 0, { fma(x[$1], y[$1], $0) }, padding: { fma(0, 0, $0) }, +)
  }
  public static func rowMaximum(_ x: [Float]) -> Float {
    func larger(_ a: Float, _ b: Float) -> Float { b > a ? b : a }
    return reduce(x.count, -.infinity, { larger($0, x[$1]) }, padding: { $0 }, larger)
  }
  static func blocks(_ x: [Float]) -> [[Float]] {
    Swift.stride(from: 0, to: x.count, by: 4096).map { Array(x[$0..<min(x.count, $0 + 4096)]) }
  }
  public static func sum(_ x: [Float]) -> Float { rowSum(blocks(x).map { rowSum($0) }) }
  public static func sumOfSquares(_ x: [Float]) -> Float {
    rowSum(blocks(x).map { rowDot($0, $0) })
  }

  // MARK: Functions

  /// Horner with fma, the highest power first.
  static func polynomial(_ x: Float, _ coefficients: [Float]) -> Float {
    coefficients.dropFirst().reduce(coefficients[0]) { fma($0, x, $1) }
  }
  static func powerOfTwo(_ n: Int32) -> Float {
    Float(bitPattern: UInt32(truncatingIfNeeded: n &+ 127) << 23)
  }
  public static func exp(_ argument: Float) -> Float {
    if argument.isNaN { return argument }
    let x = argument > 89 ? 89 : argument < -104 ? -104 : argument
    let t = fma(x, 0x1.715476p+0, 0x1.8p+23)
    let n = t - 0x1.8p+23
    let k = Int32(bitPattern: t.bitPattern) - 0x4B40_0000
    let r = fma(n, -0x1.7f7d1cp-20, fma(n, -0x1.62e4p-1, x))
    let p = polynomial(
      r,
      [
        0x1.6a23cep-10, 0x1.123a2p-7, 0x1.5558f2p-5, 0x1.555492p-3, 0x1.fffffcp-2, 1, 1,
      ])
    let half = k >> 1
    return (p * powerOfTwo(half)) * powerOfTwo(k - half)
  }
  public static func log(_ x: Float) -> Float {
    if x.isNaN { return x }
    if x < 0 { return Float(bitPattern: 0x7FC0_0000) }
    if x == 0 { return -.infinity }
    if x == .infinity { return x }
    let tiny = x < 0x1p-126
    let s = tiny ? x * 0x1p24 : x
    let bits = Int32(bitPattern: s.bitPattern)
    let e = (bits - 0x3F35_04F3) >> 23
    let f = Float(bitPattern: UInt32(bitPattern: bits - (e << 23))) - 1
    let n = Float(e) - (tiny ? 24 : 0)
    let z = f * f
    let q = polynomial(
      f,
      [
        0x1.1457a2p-4, -0x1.de3c14p-4, 0x1.e6f06cp-4, -0x1.fc2208p-4, 0x1.233768p-3, -0x1.555c4ep-3,
        0x1.99a4b6p-3, -0x1.000006p-2, 0x1.555548p-2,
      ])
    let y = fma(z, -0.5, fma(n, 0x1.7f7d1cp-20, (f * z) * q))
    return fma(n, 0x1.62e4p-1, f + y)
  }
  public static func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
  static func withSign(_ magnitude: Float, of x: Float) -> Float {
    Float(bitPattern: magnitude.bitPattern & 0x7FFF_FFFF | x.bitPattern & 0x8000_0000)
  }
  public static func tanh(_ x: Float) -> Float {
    let a = x.magnitude
    if a < 0.625 {
      let z = x * x
      let q = polynomial(
        z, [-0x1.75624p-8, 0x1.520b2cp-6, -0x1.b83854p-5, 0x1.11070ap-3, -0x1.555532p-2])
      return fma(x * z, q, x)
    }
    return withSign(1 - 2 / (exp(a + a) + 1), of: x)
  }
  public static func erf(_ x: Float) -> Float {
    let a = x.magnitude
    if a < 1 {
      return x
        * polynomial(
          x * x,
          [
            0x1.49235p-14, -0x1.a3de6p-11, 0x1.540282p-8, -0x1.b7f8acp-6, 0x1.ce2cf2p-4,
            -0x1.81273ep-2, 0x1.20dd74p+0,
          ])
    }
    let t = a > 4 ? 4 : a
    let g = polynomial(
      t,
      [
        0x1.026cp-18, -0x1.0da1d6p-15, -0x1.f3acc4p-14, 0x1.99accp-9, -0x1.78c53ep-6, 0x1.b06ebp-4,
        0x1.455b3p-1, 0x1.20eb24p+0,
      ])
    return withSign(1 - exp(-(g * t)), of: x)
  }
  /// (sin 2πu, cos 2πu) for 0 ≤ u < 1.
  public static func turn(_ u: Float) -> (sine: Float, cosine: Float) {
    let t = fma(u, 4, 0x1.8p+23)
    let quadrant = t.bitPattern
    let f = fma(t - 0x1.8p+23, -0.25, u)
    let z = f * f
    let s =
      polynomial(
        z, [0x1.4bc07p+5, -0x1.32ca7ep+6, 0x1.466bbap+6, -0x1.4abbcep+5, 0x1.921fb6p+2]) * f
    let c = polynomial(
      z, [-0x1.a0f0fap+4, 0x1.e1e7eap+5, -0x1.55d3bap+6, 0x1.03c1fp+6, -0x1.3bd3ccp+4, 1])
    let (a, b) = quadrant & 1 != 0 ? (c, s) : (s, c)
    return (
      Float(bitPattern: a.bitPattern ^ (quadrant & 2) << 30),
      Float(bitPattern: b.bitPattern ^ ((quadrant &+ 1) & 2) << 30)
    )
  }
  public static func map(_ function: ScalarFunction, _ x: Float) -> Float {
    switch function {
    case .exp: exp(x)
    case .log: log(x)
    case .sigmoid: sigmoid(x)
    case .tanh: tanh(x)
    case .silu: gate(.silu, x).value
    case .geluErf: gate(.geluErf, x).value
    case .geluTanh: gate(.geluTanh, x).value
    case .erf: erf(x)
    case .sineOfTurn: turn(x).sine
    case .cosineOfTurn: turn(x).cosine
    case .squareRoot: x.squareRoot()
    }
  }
  /// An activation and its derivative.
  public static func gate(_ gate: Gate, _ x: Float) -> (value: Float, slope: Float) {
    switch gate {
    case .silu:
      let s = sigmoid(x)
      return (x * s, s * fma(x, 1 - s, 1))
    case .geluErf:
      let c = fma(erf(x * 0x1.6a09e6p-1), 0.5, 0.5)
      let density = exp((x * x) * -0.5) * 0x1.988454p-2
      return (x * c, x.magnitude > 14 ? c : fma(x, density, c))
    case .geluTanh:
      let t = tanh((x * 0x1.988454p-1) * fma(x * x, 0x1.6e4e26p-5, 1))
      let h = fma(t, 0.5, 0.5)
      let inner = 0x1.988454p-1 * fma(x * x, 0x1.12ba9ep-3, 1)
      return (x * h, x.magnitude > 14 ? h : fma((x * 0.5) * fma(-t, t, 1), inner, h))
    }
  }
}
