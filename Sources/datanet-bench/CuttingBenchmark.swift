// Cutting, and what of a second version is new (Specs/Performance.md, "Cutting").

import Content
import Cryptography
import Terminal

enum CuttingBenchmark: Benchmark {
  static let name = "cutting"
  static let summary = "cut 256 MiB in memory, one core; then a version with 1 % of records edited"

  private static let byteCount = 256 << 20
  /// What is handed over at a time, as from a file.
  private static let pieceByteCount = 1 << 20

  static func run(_ bench: Bench) throws {
    var text = RecordText()
    let first = text.records(byteCount)
    let rate = { (cost: Cost) in Rate(amount: Double(first.bytes.count), unit: .bytes, cost: cost) }
    bench.ours(
      "cut records at their ends", rate(Measure.best(of: 3) { _ = cut(first, hasRecords: true) }))
    bench.ours(
      "cut bytes without records", rate(Measure.best(of: 3) { _ = cut(first, hasRecords: false) }))
    let old = try Version(first)
    bench.ours("cut, name and describe", rate(Measure.best(of: 2) { _ = try? Version(first) }))
    let scattered = try Version(text.edited(first, runs: nil))
    let runs = try Version(text.edited(first, runs: 24))
    bench.remark(
      """
      Of a second version with 1 % of \(first.ends.count) records edited, inserted or deleted, \
      \(percent(scattered.new(since: old))) of the bytes are in new chunks, \
      \(percent(scattered.newSegments(since: old))) in new segments; with the edits in 24 runs \
      \(percent(runs.new(since: old))) and \(percent(runs.newSegments(since: old))). \
      The manifest is \(percent(Double(old.manifestBytes) / Double(first.bytes.count))), \
      of which outlines are \(percent(Double(old.outlineBytes) / Double(first.bytes.count))); \
      a chunk has \(first.bytes.count / old.chunks.count) bytes on average.
      """)
  }

  private static func percent(_ share: Double) -> String { "\(Quantity.fixed(share * 100, 2)) %" }

  static func cut(_ records: RecordText.Records, hasRecords: Bool) -> [ChunkBatch] {
    var cutter = ContributionCutter()
    var batches: [ChunkBatch] = []
    cutter.beginFile(hasRecords: hasRecords)
    var (start, next) = (0, 0)
    var ends: [Int] = []
    while start < records.bytes.count {
      let end = min(start + pieceByteCount, records.bytes.count)
      ends.removeAll(keepingCapacity: true)
      while next < records.ends.count, records.ends[next] <= end {
        ends.append(records.ends[next] - start)
        next += 1
      }
      unsafe cutter.append(records.bytes.span.bytes.extracting(start..<end), recordEnds: ends)
      // Batches are dropped, as they are once they are written.
      while cutter.nextBatch() != nil {}
      start = end
    }
    _ = cutter.endFile()
    cutter.finish()
    while let batch = cutter.nextBatch() { batches.append(batch) }
    return batches
  }

  /// A contribution's chunks and segments by name.
  private struct Version {
    var chunks: [Digest: Int] = [:]
    var segments: [Segment: Int] = [:]
    var byteCount = 0
    var manifestBytes = 0
    var outlineBytes = 0

    init(_ records: RecordText.Records) throws {
      var cutter = ContributionCutter()
      var builder = ManifestBuilder()
      var (start, next) = (0, 0)
      cutter.beginFile(hasRecords: true)
      while start < records.bytes.count {
        let end = min(start + CuttingBenchmark.pieceByteCount, records.bytes.count)
        var ends: [Int] = []
        while next < records.ends.count, records.ends[next] <= end {
          ends.append(records.ends[next] - start)
          next += 1
        }
        unsafe cutter.append(records.bytes.span.bytes.extracting(start..<end), recordEnds: ends)
        drain(&cutter, &builder)
        start = end
      }
      let size = cutter.endFile()
      cutter.finish()
      drain(&cutter, &builder)
      let entry = try FileEntry(
        path: ManifestPath("data.jsonl"), format: .jsonl, bytes: size.bytes, records: size.records)
      try builder.append(entry) { manifestBytes += $0.bytes.count }
      _ = try builder.finish { manifestBytes += $0.bytes.count }
      byteCount = Int(size.bytes)
    }

    private mutating func drain(
      _ cutter: inout ContributionCutter, _ builder: inout ManifestBuilder
    ) {
      while let batch = cutter.nextBatch() {
        let hashed = batch.hashed()
        for (chunk, digest) in zip(batch.chunks, hashed.digests) {
          chunks[digest] = chunk.byteCount
          outlineBytes += chunk.outline.bytes.count
          for segment in chunk.outline.segments { segments[segment, default: 0] += 1 }
        }
        builder.append(hashed) { manifestBytes += $0.bytes.count }
      }
    }

    func new(since old: Version) -> Double {
      let new = chunks.reduce(0) { $0 + (old.chunks[$1.key] == nil ? $1.value : 0) }
      return Double(new) / Double(byteCount)
    }

    func newSegments(since old: Version) -> Double {
      let new = segments.reduce(0) {
        $0 + (old.segments[$1.key] == nil ? $1.key.byteCount * $1.value : 0)
      }
      return Double(new) / Double(byteCount)
    }
  }
}

/// Lines like those of a data set, about 1.1 KB each, from a fixed seed.
struct RecordText {
  struct Records {
    var bytes: [UInt8] = []
    var ends: [Int] = []
  }

  private var state: UInt64 = 1
  private let words: [[UInt8]]

  init() {
    var state: UInt64 = 7
    words = (0..<4096).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let length = 2 + Int(state >> 60)
      return (0..<length).map { UInt8(97 + Int(state >> UInt64($0 * 3 + 8)) % 26) } + [32]
    }
  }

  private mutating func next() -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(truncatingIfNeeded: state >> 1)
  }

  private mutating func append(to records: inout Records) {
    records.bytes += Array("{\"text\":\"".utf8)
    let count = 20 + next() % 140 + (next() % 8 == 0 ? next() % 500 : 0)
    for _ in 0..<count { records.bytes += words[next() & 4095] }
    records.bytes += Array("\",\"id\":\(next() % 1_000_000_007)}\n".utf8)
    records.ends.append(records.bytes.count)
  }

  mutating func records(_ byteCount: Int) -> Records {
    var records = Records()
    records.bytes.reserveCapacity(byteCount + 8192)
    while records.bytes.count < byteCount { append(to: &records) }
    return records
  }

  /// One in a hundred records is edited (half), gets one before it, or is deleted: at random
  /// places, or in so many runs of neighbours.
  mutating func edited(_ old: Records, runs: Int?) -> Records {
    var marks = [UInt8](repeating: 0, count: old.ends.count)
    let wanted = old.ends.count / 100
    var done = 0
    while done < wanted {
      let length = runs.map { wanted / $0 + 1 } ?? 1
      let start = next() % (old.ends.count - length)
      for index in start..<start + length where marks[index] == 0 {
        marks[index] = 1 + UInt8(next() & 3)
        done += 1
      }
    }
    var records = Records()
    records.bytes.reserveCapacity(old.bytes.count + old.bytes.count / 50)
    var start = 0
    for (index, end) in old.ends.enumerated() {
      switch marks[index] {
      case 1: append(to: &records)
      case 4: break
      case 0, 3:
        if marks[index] == 3 { append(to: &records) }
        records.bytes += old.bytes[start..<end]
        records.ends.append(records.bytes.count)
      default:
        let middle = (start + end) / 2
        records.bytes += old.bytes[start..<middle]
        records.bytes += words[next() & 4095]
        records.bytes += old.bytes[middle..<end]
        records.ends.append(records.bytes.count)
      }
      start = end
    }
    return records
  }
}
