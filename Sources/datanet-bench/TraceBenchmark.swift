// Indexing records' words and tracing a text in them (Specs/Performance.md, "Trace").

import Attribution
import Cryptography
import Records
import Terminal

enum TraceBenchmark: Benchmark {
  static let name = "trace"
  static let summary = "index 100 MB of records' words, then trace a text of 200 words in them"

  private static let byteCount = 100_000_000
  private static let queries = 50

  /// The buffer is freed here alone, and never written to again.
  @safe private final class Held {
    let buffer: UnsafeMutableRawBufferPointer

    init(_ bytes: [UInt8]) {
      unsafe buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: bytes.count, alignment: 64)
      unsafe buffer.copyBytes(from: bytes)
    }

    deinit { unsafe buffer.deallocate() }
  }

  static func run(_ bench: Bench) throws {
    var text = RecordText()
    let bytes = text.records(byteCount).bytes
    var scanner = RecordScanner(format: .jsonLines)
    var spans: [RecordSpan] = []
    scanner.scan(bytes, spans: &spans)
    scanner.finish(spans: &spans)
    let rate = { (cost: Cost) in Rate(amount: Double(bytes.count), unit: .bytes, cost: cost) }
    var made: [[UInt8]] = []
    bench.ours("index", rate(Measure.here { made = index(bytes, spans) }))
    var segments: [TraceSegment] = []
    bench.ours("open and check", rate(Measure.here { segments = made.compactMap(open) }))
    // Every query quotes eight records, with words of its own between.
    var reader = RecordContentReader(format: .jsonLines)
    let texts = (0..<queries).map { query -> [UInt8] in
      (0..<8).flatMap { part -> [UInt8] in
        let span = spans[(query * 7919 + part * 104_729) % spans.count]
        let words = reader.content(of: Array(bytes[span.content])).split(separator: 0x20)
        return Array("own word \(part) ".utf8) + words.prefix(22).joined(separator: [0x20]) + [0x20]
      }
    }
    var found = 0
    let tracing = Tracing(segments)
    let cost = Measure.here { for text in texts { found += tracing.spans(of: text).count } }
    bench.ours(
      "trace 200 words", Rate(amount: Double(queries), unit: .things("queries"), cost: cost))
    let size = made.reduce(0) { $0 + $1.count }
    bench.remark(
      """
      \(Quantity.count(segments.count, "segment")) of \(Quantity.bytes(size)); \
      \(Quantity.fixed(cost.cpuSeconds / Double(queries) * 1000, 2)) ms of one core a query, \
      \(Quantity.count(found)) spans found. Wanted: 5 MB/s and 20 ms.
      """)
  }

  private static func index(_ bytes: [UInt8], _ spans: [RecordSpan]) -> [[UInt8]] {
    var reader = RecordContentReader(format: .jsonLines)
    var made: [[UInt8]] = []
    var builder = TraceSegmentBuilder()
    for (number, span) in spans.enumerated() {
      let content = reader.content(of: Array(bytes[span.content]))
      if !builder.append(content, number: UInt64(number)) {
        made.append(builder.segment(of: SHA256.hash([0])))
        builder = TraceSegmentBuilder()
        _ = builder.append(content, number: UInt64(number))
      }
    }
    if !builder.isEmpty { made.append(builder.segment(of: SHA256.hash([0]))) }
    return made
  }

  private static func open(_ bytes: [UInt8]) -> TraceSegment? {
    let held = Held(bytes)
    return unsafe TraceSegment(UnsafeRawBufferPointer(held.buffer), owner: held)
  }
}
