// The readable reference of attention, forward and backward (`Specs/Arithmetic.md`, "Attention").

extension Reference {
  /// The keys that query i of a record sees, counted from the record's first key.
  static func visible(_ shape: AttentionShape, _ g: AttentionSegment, _ i: Int) -> Range<Int> {
    let end = g.keys.count - g.queries.count + i + 1
    return max(0, end - (shape.window ?? end))..<end
  }

  public static func attentionForward(
    _ shape: AttentionShape, segments: [AttentionSegment], q: Matrix, k: Matrix, v: Matrix
  ) -> (out: Matrix, statistics: Matrix) {
    var out = Matrix(rows: q.rows, columns: q.columns)
    var statistics = Matrix(rows: q.rows, columns: 2 * shape.heads)
    let d = shape.headDimension
    for g in segments {
      for h in 0..<shape.heads {
        let kv = h / (shape.heads / shape.keyValueHeads) * d
        for i in 0..<g.queries.count {
          let t = g.queries.lowerBound + i
          let keys = visible(shape, g, i)
          let scores = keys.map { j in
            chain(0..<d, { q[t, h * d + $0] }, { k[g.keys.lowerBound + j, kv + $0] })
          }
          let (e, m, s) = exponentials(scores, shape.scale)
          statistics[t, h] = m
          statistics[t, shape.heads + h] = 1 / s
          for x in 0..<d {
            let sum = chain(
              keys, { e[$0 - keys.lowerBound] }, { v[g.keys.lowerBound + $0, kv + x] })
            out[t, h * d + x] = sum * (1 / s)
          }
        }
      }
    }
    return (out, statistics)
  }

  public static func attentionBackward(
    _ shape: AttentionShape, segments: [AttentionSegment], q: Matrix, k: Matrix, v: Matrix,
    out: Matrix, statistics: Matrix, dOut: Matrix
  ) -> (dq: Matrix, dk: Matrix, dv: Matrix) {
    var dq = Matrix(rows: q.rows, columns: q.columns)
    var dk = Matrix(rows: k.rows, columns: k.columns)
    var dv = dk
    let d = shape.headDimension
    let group = shape.heads / shape.keyValueHeads
    for g in segments {
      let n = g.queries.count
      let at = g.queries.lowerBound
      for kh in 0..<shape.keyValueHeads {
        let kv = kh * d
        var totalK = [Float?](repeating: nil, count: n * d)
        var totalV = totalK
        for h in kh * group..<(kh + 1) * group {
          // P and dS of one head, 0 where a query does not see a key.
          var p = [Float](repeating: 0, count: n * n)
          var ds = p
          for i in 0..<n {
            let t = at + i
            let dot = rowDot(
              (0..<d).map { dOut[t, h * d + $0] }, (0..<d).map { out[t, h * d + $0] })
            for j in visible(shape, g, i) {
              let z = chain(0..<d, { q[t, h * d + $0] }, { k[at + j, kv + $0] }) * shape.scale
              p[i * n + j] = exp(z - statistics[t, h]) * statistics[t, shape.heads + h]
              let dp = chain(0..<d, { dOut[t, h * d + $0] }, { v[at + j, kv + $0] })
              ds[i * n + j] = p[i * n + j] * (dp - dot)
            }
            for x in 0..<d {
              let sum = chain(visible(shape, g, i), { ds[i * n + $0] }, { k[at + $0, kv + x] })
              dq[t, h * d + x] = sum * shape.scale
            }
          }
          for j in 0..<n {
            let last = shape.window.map { min(n, j + $0) } ?? n
            for x in 0..<d {
              totalK[j * d + x] = chain(
                j..<last, from: totalK[j * d + x], { ds[$0 * n + j] }, { q[at + $0, h * d + x] })
              totalV[j * d + x] = chain(
                j..<last, from: totalV[j * d + x], { p[$0 * n + j] }, { dOut[at + $0, h * d + x] })
            }
          }
        }
        for j in 0..<n {
          for x in 0..<d {
            dk[at + j, kv + x] = (totalK[j * d + x] ?? 0) * shape.scale
            dv[at + j, kv + x] = totalV[j * d + x] ?? 0
          }
        }
      }
    }
    return (dq, dk, dv)
  }
}
