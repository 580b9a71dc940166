// An index: what is kept of each record, so that a query costs one pass over it
// (Specs/Influence.md, "Index").

public import CanonicalMath
import Checkpoints
public import Learning

/// The scores of an adapter's records for any query. The file is mapped, and was checked when it was
/// opened.
public struct InfluenceIndex: Sendable {
  let header: IndexHeader
  let file: MappedFile
  /// Where the features begin, which reach to the digest at the end.
  let features: Int
  /// At each of the method's points, where it uses any.
  let curvatures: [Curvature]

  public var subject: IndexSubject { header.subject }
  public var settings: IndexSettings { header.settings }
  public var recordCount: Int { header.recordCount }
  /// Numbers kept of each record.
  public var featureCount: Int { header.featureCount }
  public var byteCount: Int { file.count }

  /// Each record's score for each query [queries, records]: the higher, the more the record helped to
  /// make the adapter answer so.
  public func scores(
    of queries: [TokenRecord], model: Transformer, adapter: AdapterTensors,
    progress: (InfluenceProgress) -> Void = { _ in }
  ) throws(InfluenceError) -> Matrix {
    var maker = FeatureMaker(
      settings, model, adapter, seed: Self.seed, curvatures: curvatures)
    guard maker.sections == header.sections, maker.fits(curvatures) else {
      throw .otherIndex(file: file.path, problem: "its features are of another adapter's shape")
    }
    var scores = Matrix(rows: queries.count, columns: recordCount)
    for start in stride(from: 0, to: queries.count, by: maker.batch) {
      let some = Array(queries[start..<min(start + maker.batch, queries.count)])
      let asked: [Features]
      do { asked = try maker.features(some) } catch { throw .step(error) }
      scores.replaceRows(from: start, with: products(asked, tokens: some.map(\.countedTokens)))
      progress(.init(stage: .queries, done: start + some.count, total: queries.count))
    }
    return scores
  }

  /// Seeds the sketch. Fixed, so that queries are sketched as the records were.
  static let seed: UInt64 = 0xDA7A

  var batchCount: Int { (recordCount + header.batch - 1) / header.batch }

  private func recordRange(_ batch: Int) -> Range<Int> {
    batch * header.batch..<min((batch + 1) * header.batch, recordCount)
  }

  /// The directions of a batch's records in a section, where they are mapped [records, size], and
  /// their lengths.
  func stored(_ batch: Int, _ section: Int) -> (directions: Weights, lengths: [Float]) {
    let range = recordRange(batch)
    let before = header.sections[..<section].reduce(0) { $0 + (4 + 2 * $1) * range.count }
    let start = features + range.lowerBound * header.recordBytes + before
    let size = header.sections[section]
    let lengths = unsafe file.withBytes(in: start..<start + 4 * range.count) { bytes in
      range.indices.map { index in
        let bits = unsafe bytes.loadUnaligned(
          fromByteOffset: 4 * (index - range.lowerBound), as: UInt32.self)
        return Float(bitPattern: UInt32(littleEndian: bits))
      }
    }
    let first = start + 4 * range.count
    // The file's mapping is read-only and lives as long as `file`, the owner; `init(_:)` has checked
    // that all of it lies within the file.
    let directions = unsafe file.withBytes(in: first..<first + 2 * range.count * size) { bytes in
      unsafe Weights(
        rows: range.count, columns: size, format: .float16, bytes: bytes, owner: file)
    }
    return (directions, lengths)
  }

  /// Inner products with all records, or cosines, after the method's own correction, for queries that
  /// have `tokens` counted tokens each.
  private func products(_ asked: [Features], tokens: [Int]) -> Matrix {
    var queries = asked.map { settings.method.isCosine ? $0.directions : $0.values }
    if settings.method == .datainf { queries = DataInf(self).corrected(queries) }
    if settings.method == .repsim { return likeness(asked[0]) }
    var scores = Matrix(rows: queries.first?.rows ?? 0, columns: recordCount)
    for batch in 0..<batchCount {
      let range = recordRange(batch)
      for section in header.sections.indices {
        let (directions, lengths) = stored(batch, section)
        var own = Canonical.product(.nt, queries[section], directions)
        if !settings.method.isCosine { own = own.columnsScaled(by: lengths) }
        if section > 0 { Canonical.add(scores.columns(range), to: &own) }
        scores.replaceColumns(from: range.lowerBound, with: own)
      }
    }
    // A query that learns much from any record has a long gradient. One factor for all records leaves
    // their order as it is, and makes scores of different queries comparable: without it, sums over
    // queries follow those whose losses hardly move.
    guard let point = settings.method.scalePoint else { return scores }
    let lengths = asked[point].lengths
    return Features.scaled(scores, by: zip(lengths, tokens).map { $0 / Float(max($1, 1)) })
  }
}

extension Matrix {
  /// Every column times its factor.
  func columnsScaled(by factors: [Float]) -> Matrix {
    let factors = Matrix(factors)
    var result = self
    var own = Matrix(rows: 1, columns: columns)
    for row in 0..<rows {
      Canonical.multiply(rows(row..<row + 1), factors, into: &own)
      result.replaceRows(from: row, with: own)
    }
    return result
  }
}
