// Finding records, and finding duplicates among them (Specs/Performance.md, "Records").

import Cryptography
import Records
import Terminal

enum RecordsBenchmark: Benchmark {
  static let name = "records"
  static let summary = "find records in 256 MiB, then duplicates among them, one core"

  private static let byteCount = 256 << 20
  private static let pieceByteCount = 1 << 20

  static func run(_ bench: Bench) throws {
    var text = RecordText()
    let bytes = text.records(byteCount).bytes
    let rate = { (cost: Cost) in Rate(amount: Double(bytes.count), unit: .bytes, cost: cost) }
    let csv = RecordFormat.csv(CSVDialect(separator: 0x2C, hasHeader: false))
    for format in [RecordFormat.jsonLines, csv, .textLines, .markdownSections] {
      bench.ours("records, \(format.name)", rate(Measure.best(of: 3) { _ = scan(bytes, format) }))
    }
    let spans = scan(bytes, .jsonLines)
    var rows = DuplicateRows()
    let things = { (cost: Cost) in
      Rate(amount: Double(spans.count), unit: .things("records"), cost: cost)
    }
    bench.ours(
      "keys and signatures",
      rate(Measure.here { rows = read(bytes, spans) }))
    var segments: [DuplicateSegment] = []
    bench.ours("sort into segments", try things(Measure.here { segments = try sorted(rows) }))
    var pairs = 0
    bench.ours(
      "search, all against all",
      things(
        Measure.here {
          var search = DuplicateSearch(threshold: 0.8)
          for segment in segments { search.add(segment) { _ in pairs += 1 } }
        }))
    let size = segments.reduce(0) { $0 + $1.byteCount }
    bench.remark(
      """
      \(Quantity.count(spans.count, "record")) of \(bytes.count / spans.count) bytes on average; the \
      index takes \(size / spans.count) bytes a record. \(Quantity.count(pairs, "pair")) to measure.
      """)
  }

  private static func scan(_ bytes: [UInt8], _ format: RecordFormat) -> [RecordSpan] {
    var scanner = RecordScanner(format: format)
    var spans: [RecordSpan] = []
    unsafe bytes.withUnsafeBytes { buffer in
      var start = 0
      while start < buffer.count {
        let end = min(start + pieceByteCount, buffer.count)
        unsafe scanner.scan(UnsafeRawBufferPointer(rebasing: buffer[start..<end]), spans: &spans)
        start = end
      }
    }
    scanner.finish(spans: &spans)
    return spans
  }

  private static func read(_ bytes: [UInt8], _ spans: [RecordSpan]) -> DuplicateRows {
    var reader = DuplicateReader(format: .jsonLines)
    var rows = DuplicateRows()
    unsafe bytes.withUnsafeBytes { buffer in
      for span in spans {
        unsafe reader.read(UnsafeRawBufferPointer(rebasing: buffer[span.content]))
        rows.append(reader)
      }
    }
    return rows
  }

  private static func sorted(_ rows: DuplicateRows) throws -> [DuplicateSegment] {
    var rows = rows
    var segments: [DuplicateSegment] = []
    while rows.count > 0 {
      let first = UInt64(segments.count * DuplicateSegment.greatestRows)
      let part = rows.takeFirst(DuplicateSegment.greatestRows)
      segments.append(
        try DuplicateSegment(part.segment(manifest: SHA256.hash([]), firstRecord: first)))
    }
    return segments
  }
}
