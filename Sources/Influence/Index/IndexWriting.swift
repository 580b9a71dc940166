// Makes an index, a batch of records at a time (Specs/Influence.md, "Index").

import CanonicalMath
import Checkpoints
import Cryptography
public import Learning

/// Collects the bytes of an index and their hash.
private struct IndexSink: ~Copyable {
  var hash = SHA256()
  let append: ([UInt8]) throws -> Void

  init(append: @escaping ([UInt8]) throws -> Void) { self.append = append }

  mutating func write(_ bytes: [UInt8]) throws {
    hash.update(bytes)
    try append(bytes)
  }

  consuming func digest() -> Digest { hash.finish() }
}

extension InfluenceIndex {
  /// Writes the index of an adapter's records to a file, which appears when it is whole.
  public static func write(
    to path: String, _ subject: IndexSubject, _ settings: IndexSettings, model: Transformer,
    adapter: AdapterTensors, records: [TokenRecord],
    progress: (InfluenceProgress) -> Void = { _ in }
  ) throws(InfluenceError) {
    try translated {
      try AtomicFile.write(to: path) { (file) throws(CheckpointError) in
        do {
          try make(
            subject, settings, model: model, adapter: adapter, records: records,
            progress: progress
          ) { try file.append($0) }
        } catch let error as CheckpointError {
          throw error
        } catch {
          throw .malformed(file: path, problem: "\(error)")
        }
      }
    }
  }

  /// An index that is kept in memory alone.
  public init(
    inMemory subject: IndexSubject, _ settings: IndexSettings, model: Transformer,
    adapter: AdapterTensors, records: [TokenRecord],
    progress: (InfluenceProgress) -> Void = { _ in }
  ) throws(InfluenceError) {
    let file = try translated {
      var all: [UInt8] = []
      try Self.make(
        subject, settings, model: model, adapter: adapter, records: records, progress: progress
      ) { all += $0 }
      return MappedFile(bytes: all, name: "the index")
    }
    try self.init(file)
  }

  private static func make(
    _ subject: IndexSubject, _ settings: IndexSettings, model: Transformer,
    adapter: AdapterTensors, records: [TokenRecord], progress: (InfluenceProgress) -> Void,
    append: ([UInt8]) throws -> Void
  ) throws {
    guard records.contains(where: { $0.rowCount > 0 }) else {
      throw InfluenceError.nothingCounts("the training records")
    }
    let blocks = GradientBlocks(
      adapter, in: model.configuration, onlyB: settings.method.takesOnlyB)
    var curvatures: [Curvature] = []
    if settings.method.usesCurvature {
      for share in settings.method.points {
        var meter = GradientMeter(model, adapter: share == 1 ? adapter : adapter.scaled(by: share))
        curvatures.append(
          try Curvature(
            &meter, blocks, records, batch: FeatureMaker.batch(blocks),
            damping: settings.damping, progress: progress))
      }
    }
    var maker = FeatureMaker(settings, model, adapter, seed: seed, curvatures: curvatures)
    let stored = Curvature.bytes(curvatures)
    let header = IndexHeader(
      subject: subject, settings: settings, recordCount: records.count, batch: maker.batch,
      sections: maker.sections, curvatureBytes: stored.count)
    try withoutActuallyEscaping(append) { append in
      var sink = IndexSink(append: append)
      try sink.write(header.bytes)
      try sink.write(stored)
      for start in stride(from: 0, to: records.count, by: maker.batch) {
        let some = Array(records[start..<min(start + maker.batch, records.count)])
        for features in try maker.features(some) {
          if let row = features.lengths.firstIndex(where: { !$0.isFinite }) {
            throw InfluenceError.notFinite(record: start + row)
          }
          try sink.write(Matrix(features.lengths).canonicalBytes)
          try sink.write(features.directions.bytes(as: .float16))
        }
        progress(.init(stage: .gradients, done: start + some.count, total: records.count))
      }
      try append(sink.digest().bytes)
    }
  }
}
