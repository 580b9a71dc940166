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
  let curvature: Curvature?

  public var subject: IndexSubject { header.subject }
  public var settings: IndexSettings { header.settings }
  public var recordCount: Int { header.recordCount }
  /// Numbers kept of each record.
  public var featureCount: Int { header.featureCount }
  public var byteCount: Int { file.count }

  /// Each record's score for each query [queries, records]: how much the record lowered the query's
  /// loss, in nats of the loss summed over the query's tokens for the methods that know a curvature.
  public func scores(
    of queries: [TokenRecord], model: Transformer, adapter: AdapterTensors,
    progress: (InfluenceProgress) -> Void = { _ in }
  ) throws(InfluenceError) -> Matrix {
    var maker = FeatureMaker(
      settings.method, GradientMeter(model, adapter: adapter), adapter,
      features: settings.features, seed: Self.seed, curvature: curvature)
    guard maker.sections == header.sections else {
      throw .otherIndex(file: file.path, problem: "its features are of another adapter's shape")
    }
    var scores = Matrix(rows: queries.count, columns: recordCount)
    for start in stride(from: 0, to: queries.count, by: maker.batch) {
      let some = Array(queries[start..<min(start + maker.batch, queries.count)])
      let asked: [Matrix]
      do { asked = try maker.features(some) } catch { throw .step(error) }
      scores.replaceRows(from: start, with: products(asked))
      progress(.init(stage: .queries, done: start + some.count, total: queries.count))
    }
    return scores
  }

  /// Seeds the sketch. Fixed, so that queries are sketched as the records were.
  static let seed: UInt64 = 0xDA7A

  /// The features of batch `batch`, section `section`, where they are mapped [records, size].
  func stored(_ batch: Int, _ section: Int) -> Weights {
    let first = batch * header.batch
    let count = min(header.batch, recordCount - first)
    let before = header.sections[..<section].reduce(0, +)
    let start = features + 2 * (first * featureCount + before * count)
    let size = header.sections[section]
    // The file's mapping is read-only and lives as long as `file`, the owner; `open` has checked
    // that the features lie within it.
    return unsafe file.withBytes(in: start..<(start + 2 * count * size)) { bytes in
      unsafe Weights(
        rows: count, columns: size, format: .float16, bytes: bytes, owner: file)
    }
  }

  var batchCount: Int { (recordCount + header.batch - 1) / header.batch }

  /// Inner products with all records, after the method's own correction.
  private func products(_ asked: [Matrix]) -> Matrix {
    let corrected = settings.method == .datainf ? DataInf(self).corrected(asked) : asked
    var scores = Matrix(rows: asked.first?.rows ?? 0, columns: recordCount)
    for batch in 0..<batchCount {
      for section in header.sections.indices {
        let records = stored(batch, section)
        let first = batch * header.batch
        Canonical.product(
          .nt, corrected[section], records, into: &scores, columns: first..<first + records.rows,
          accumulating: section > 0)
      }
    }
    return scores
  }
}
