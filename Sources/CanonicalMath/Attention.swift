// Causal attention over ragged records: the section "Attention" of `Specs/Arithmetic.md`.

import CanonicalKernels

public struct AttentionShape: Sendable, Equatable {
  public var heads: Int
  /// Divides `heads`: query heads h·g ..< (h+1)·g share key/value head h, g = heads / keyValueHeads.
  public var keyValueHeads: Int
  public var headDimension: Int
  public var scale: Float
  /// Keys that a query sees, itself included (sliding-window attention); nil for all.
  public var window: Int?

  public init(
    heads: Int, keyValueHeads: Int, headDimension: Int, scale: Float, window: Int? = nil
  ) {
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
    self.scale = scale
    self.window = window
  }
  var shape: ck_attention {
    ck_attention(
      heads: heads, keyValueHeads: keyValueHeads, headDimension: headDimension, scale: scale,
      window: window ?? 0)
  }
}

/// One record: its rows among the queries and among the keys. The last query sees the last key, so a
/// cache's new tokens are `queries` and all of its tokens `keys`; in training both are the same rows.
public struct AttentionSegment: Sendable, Equatable {
  public var queries: Range<Int>
  public var keys: Range<Int>
  public init(queries: Range<Int>, keys: Range<Int>) {
    self.queries = queries
    self.keys = keys
  }
  /// A whole record.
  public init(_ rows: Range<Int>) { self.init(queries: rows, keys: rows) }

  var segment: ck_segment {
    ck_segment(
      queryOffset: queries.lowerBound, queryCount: queries.count, keyOffset: keys.lowerBound,
      keyCount: keys.count)
  }
}

extension Canonical {
  /// out[i] = (Σ_j e[i,j]·v[j])·(1/s[i]) over the keys j that query i sees, in chunks of 512 keys
  /// counted from the record's first; e[i,j] = exp((q[i]·k[j])·scale − m[i]); s by the row rule.
  /// q is tokens × heads·d, k and v are tokens × keyValueHeads·d, `statistics` tokens × 2·heads:
  /// m, then 1/s, for the backward pass.
  public static func attentionForward(
    _ shape: AttentionShape, segments: [AttentionSegment], q: Matrix, k: Matrix, v: Matrix,
    into out: inout Matrix, statistics: inout Matrix
  ) {
    statistics.resize(rows: q.rows, columns: 2 * shape.heads)
    let stats = unsafe statistics.mutableBase
    unsafe forward(shape, segments, q, k, v, &out, stats)
    withExtendedLifetime(statistics) {}
  }
  /// The same where no backward pass follows.
  public static func attentionForward(
    _ shape: AttentionShape, segments: [AttentionSegment], q: Matrix, k: Matrix, v: Matrix,
    into out: inout Matrix
  ) {
    unsafe forward(shape, segments, q, k, v, &out, nil)
  }

  /// D[i] = dOut[i]·out[i] (row rule); P = exp(z − m)·(1/s); dS = P·(dOut[i]·v[j] − D[i]);
  /// dq[i] = (Σ_j dS·k[j])·scale; dk[j] = (Σ dS·q[i])·scale and dv[j] = Σ P·dOut[i], where the last two
  /// sum over the queries that see j, in chunks of 512 queries counted from the record's first, heads
  /// of a group ascending, all chunks added to one total. The gradients are overwritten.
  public static func attentionBackward(
    _ shape: AttentionShape, segments: [AttentionSegment], q: Matrix, k: Matrix, v: Matrix,
    out: Matrix, statistics: Matrix, dOut: Matrix, dq: inout Matrix, dk: inout Matrix,
    dv: inout Matrix
  ) {
    check(shape, segments, q, k, v, out)
    precondition(segments.allSatisfy { $0.queries.count == $0.keys.count }, "whole records only")
    for (a, b) in [(dOut, q), (dq, q), (dk, k), (dv, v)] {
      precondition(a.rows == b.rows && a.columns == b.columns, "shapes differ")
    }
    precondition(
      statistics.rows == q.rows && statistics.columns == 2 * shape.heads, "shapes differ")
    var s = shape.shape
    let list = segments.map { $0.segment }
    unsafe list.withUnsafeBufferPointer { g in
      guard let first = g.baseAddress else { return }
      unsafe ck_kernels().pointee.attentionBackward(
        &s, g.count, first, q.base, q.stride, k.base, k.stride, v.base, v.stride, out.base,
        out.stride,
        statistics.base, dOut.base, dOut.stride, dq.mutableBase, dq.stride, dk.mutableBase,
        dk.stride,
        dv.mutableBase, dv.stride)
    }
  }

  private static func forward(
    _ shape: AttentionShape, _ segments: [AttentionSegment], _ q: Matrix, _ k: Matrix, _ v: Matrix,
    _ out: inout Matrix, _ statistics: UnsafeMutablePointer<Float>?
  ) {
    check(shape, segments, q, k, v, out)
    var s = shape.shape
    let list = segments.map { $0.segment }
    unsafe list.withUnsafeBufferPointer { g in
      guard let first = g.baseAddress else { return }
      unsafe ck_kernels().pointee.attentionForward(
        &s, g.count, first, q.base, q.stride, k.base, k.stride, v.base, v.stride, out.mutableBase,
        out.stride, statistics)
    }
  }
  private static func check(
    _ shape: AttentionShape, _ segments: [AttentionSegment], _ q: Matrix, _ k: Matrix, _ v: Matrix,
    _ out: Matrix
  ) {
    let width = shape.heads * shape.headDimension
    let narrow = shape.keyValueHeads * shape.headDimension
    precondition(
      shape.keyValueHeads > 0 && shape.headDimension > 0 && shape.heads % shape.keyValueHeads == 0,
      "key/value heads divide the heads")
    precondition(
      q.columns == width && out.columns == width && out.rows == q.rows && k.columns == narrow
        && v.columns == narrow && v.rows == k.rows, "shapes differ")
    for g in segments {
      precondition(
        g.queries.lowerBound >= 0 && g.queries.upperBound <= q.rows && g.keys.lowerBound >= 0
          && g.keys.upperBound <= k.rows && g.keys.count >= g.queries.count,
        "a record outside its rows")
    }
  }
}
