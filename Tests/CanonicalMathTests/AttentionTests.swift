// Attention against the readable reference; Specs/Arithmetic.md, "Attention".
import CanonicalMath
import Testing

extension AllArithmeticTests {
  @Suite struct Attention {
    static let cases: [(AttentionShape, [Int])] = [
      (AttentionShape(heads: 1, keyValueHeads: 1, headDimension: 16, scale: 0.25), [1, 2, 17]),
      (AttentionShape(heads: 4, keyValueHeads: 2, headDimension: 32, scale: 0.2), [70, 5]),
      (AttentionShape(heads: 3, keyValueHeads: 1, headDimension: 64, scale: 0.125), [33, 130]),
      (AttentionShape(heads: 2, keyValueHeads: 1, headDimension: 24, scale: 0.3), [9, 65]),
      (AttentionShape(heads: 1, keyValueHeads: 1, headDimension: 80, scale: 0.1), [20]),
      (AttentionShape(heads: 2, keyValueHeads: 1, headDimension: 6, scale: 0.4), [530]),
      (
        AttentionShape(heads: 2, keyValueHeads: 2, headDimension: 16, scale: 0.25, window: 7),
        [40, 3]
      ),
      (
        AttentionShape(heads: 2, keyValueHeads: 1, headDimension: 16, scale: 0.25, window: 600),
        [1100]
      ),
    ]

    @Test(arguments: Self.cases.indices)
    func attentionFollowsTheReference(number: Int) throws {
      let (shape, lengths) = Self.cases[number]
      var segments: [AttentionSegment] = []
      for n in lengths {
        let at = segments.last?.keys.upperBound ?? 0
        segments.append(AttentionSegment(at..<at + n))
      }
      let rows = lengths.reduce(0, +)
      let (wide, narrow) = (
        shape.heads * shape.headDimension, shape.keyValueHeads * shape.headDimension
      )
      let q = awkward(rows, wide, stream: 1)
      let k = awkward(rows, narrow, stream: 2)
      let v = awkward(rows, narrow, stream: 3)
      let dOut = awkward(rows, wide, stream: 4)
      let (out, statistics) = Reference.attentionForward(
        shape, segments: segments, q: q, k: k, v: v)
      let expected = Reference.attentionBackward(
        shape, segments: segments, q: q, k: k, v: v, out: out, statistics: statistics, dOut: dOut)
      try onEveryVariant { variant in
        var o = Matrix(rows: rows, columns: wide)
        var s = Matrix(rows: 0, columns: 0)
        Canonical.attentionForward(
          shape, segments: segments, q: q, k: k, v: v, into: &o, statistics: &s)
        #expect(same(s, statistics), "\(variant)")
        #expect(same(o, out), "\(variant)")
        var dq = Matrix(rows: rows, columns: wide)
        var dk = Matrix(rows: rows, columns: narrow)
        var dv = dk
        Canonical.attentionBackward(
          shape, segments: segments, q: q, k: k, v: v, out: out, statistics: statistics, dOut: dOut,
          dq: &dq, dk: &dk, dv: &dv)
        #expect(same(dq, expected.dq), "\(variant) dq")
        #expect(same(dk, expected.dk), "\(variant) dk")
        #expect(same(dv, expected.dv), "\(variant) dv")
      }
    }

    @Test func aCacheGivesTheBitsOfTheWholeRecord() throws {
      let shape = AttentionShape(heads: 4, keyValueHeads: 2, headDimension: 32, scale: 0.2)
      let n = 90
      let q = awkward(n, 128, stream: 1)
      let k = awkward(n, 64, stream: 2)
      let v = awkward(n, 64, stream: 3)
      var whole = Matrix(rows: n, columns: 128)
      Canonical.attentionForward(
        shape, segments: [AttentionSegment(0..<n)], q: q, k: k, v: v, into: &whole)
      try onEveryVariant { variant in
        for (from, to) in [(0, 40), (40, 41), (41, 44), (44, 89), (89, 90)] {
          var part = Matrix(rows: to - from, columns: 128)
          Canonical.attentionForward(
            shape, segments: [AttentionSegment(queries: 0..<to - from, keys: 0..<to)],
            q: q.rows(from..<to), k: k, v: v, into: &part)
          #expect(same(part, whole.rows(from..<to)), "\(variant) \(from)..<\(to)")
        }
      }
    }
  }
}
