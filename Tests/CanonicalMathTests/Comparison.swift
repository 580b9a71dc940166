// How the tests compare: bit for bit, every NaN alike, on every variant that this CPU has.
import CanonicalMath
import Testing

/// True where both have the same shape and the same bits, any NaN equal to any other.
func same(_ a: Matrix, _ b: Matrix) -> Bool {
  a.rows == b.rows && a.columns == b.columns && same(a.elements, b.elements)
}
func same(_ a: [Float], _ b: [Float]) -> Bool {
  a.count == b.count
    && zip(a, b).allSatisfy { ($0.isNaN && $1.isNaN) || $0.bitPattern == $1.bitPattern }
}

/// Numbers that find mistakes: normal ones with subnormals, zeros of both signs, large values and,
/// on request, infinities and NaN strewn in.
func awkward(_ rows: Int, _ columns: Int, stream: UInt64, special: Bool = false) -> Matrix {
  let random = RandomStream(key: 0xDA7A_0001, stream: stream)
  var m = random.normal(rows: rows, columns: columns, deviation: 1)
  let words = RandomStream(key: 0xDA7A_0002, stream: stream).words(count: m.count)
  let strange: [Float] = [
    0, -0, 0x1p-149, -0x1p-149, 0x1p-126, -0x1.8p-130, 1e-20, -1e-20, 1e4, -3e3, 1, -1,
  ]
  let wild: [Float] = [.infinity, -.infinity, .nan, .greatestFiniteMagnitude, -1e38]
  for i in 0..<m.count {
    let word = Int(words[i])
    if word % 16 == 0 { m[i / columns, i % columns] = strange[word / 16 % strange.count] }
    if special && word % 97 == 0 { m[i / columns, i % columns] = wild[word / 97 % wild.count] }
  }
  return m
}

/// Runs `body` with every variant in use, one after the other, then the best again. Kernels are
/// global, so suites that use this are serialized under `AllArithmeticTests`.
func onEveryVariant(_ body: (KernelVariant) throws -> Void) throws {
  let best = Kernels.current
  defer { try? Kernels.use(best) }
  for variant in Kernels.available {
    try Kernels.use(variant)
    try body(variant)
  }
}

/// One suite, serialized, because which kernels run and on how many threads is global.
@Suite(.serialized) struct AllArithmeticTests {}
