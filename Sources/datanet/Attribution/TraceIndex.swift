// The indexes in which texts are traced: one set of files for each contribution, in the home's cache
// (Specs/Trace.md, "Files").

import Attribution
import Checkpoints
import Content
import Cryptography
import Glibc
import Records
import Store
import Terminal

struct TraceIndex {
  /// A segment, and what its records are of.
  struct Part {
    let segment: TraceSegment
    /// A place in what was asked for.
    let contribution: Int
  }

  private(set) var parts: [Part] = []
  /// Contributions whose records are not here.
  private(set) var absent: [Int] = []

  var segments: [TraceSegment] { parts.map(\.segment) }

  /// Opens the indexes of these manifests, and makes those that are missing or damaged.
  init(of manifests: [CID], _ store: Store, _ context: Context) throws {
    let directory = "\(context.home.cachePath)/trace"
    for path in [context.home.cachePath, directory] { unsafe mkdir(path, 0o700) }
    let progress = context.progress(
      "Indexing", unit: .things(singular: "record", plural: "records"))
    defer { progress.finish() }
    for (contribution, manifest) in manifests.enumerated() {
      do {
        for segment in try Self.segments(of: manifest, in: directory, store, progress) {
          parts.append(Part(segment: segment, contribution: contribution))
        }
      } catch StoreError.missing {
        absent.append(contribution)
      }
    }
  }

  /// The index of a file of records, which is made anew.
  init(file path: String) throws {
    let bytes = try MappedFile.contents(of: path, limit: OpenData.byteLimit)
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let head = Array(bytes.prefix(RecordFormat.headLength))
    var format = RecordFormat.recognised(
      fileName: name, head: head, isWhole: bytes.count <= RecordFormat.headLength)
    if !format.hasRecords { format = .textLines }
    var scanner = RecordScanner(format: format)
    var spans: [RecordSpan] = []
    scanner.scan(bytes, spans: &spans)
    scanner.finish(spans: &spans)
    var header: CSVHeader?
    if case .csv(let dialect) = format {
      header = scanner.header.map { CSVHeader(row: $0, dialect: dialect) }
    }
    var reader = RecordContentReader(format: format, header: header)
    var making = Making()
    for (number, span) in spans.enumerated() {
      making.append(reader.content(of: Array(bytes[span.content])), number: UInt64(number))
    }
    for bytes in making.finish(owner: SHA256.hash(bytes)) {
      if let segment = Self.opened(MappedFile(bytes: bytes, name: name)) {
        parts.append(Part(segment: segment, contribution: 0))
      }
    }
  }

  private struct Making {
    var builder = TraceSegmentBuilder()
    var full: [TraceSegmentBuilder] = []

    mutating func append(_ content: [UInt8], number: UInt64) {
      if builder.append(content, number: number) { return }
      full.append(builder)
      builder = TraceSegmentBuilder()
      _ = builder.append(content, number: number)
    }

    mutating func finish(owner: Digest) -> [[UInt8]] {
      if !builder.isEmpty { full.append(builder) }
      defer { full = [] }
      return full.map { $0.segment(of: owner) }
    }
  }

  /// The mapping lives as long as the segment, which keeps the file.
  private static func opened(_ file: MappedFile) -> TraceSegment? {
    unsafe file.withBytes(in: 0..<file.count) { unsafe TraceSegment($0, owner: file) }
  }

  /// The last file's name says how many there are, so that a set without its end is seen.
  private static func segments(
    of manifest: CID, in directory: String, _ store: Store, _ progress: Progress
  ) throws -> [TraceSegment] {
    let name = "\(directory)/\(Hexadecimal.text(of: manifest.digest.bytes))"
    if let segments = held(name, manifest.digest) { return segments }
    let reader = try ContributionReader(manifest, in: store.blocks)
    var builder = TraceSegmentBuilder()
    var made = 0
    func keep(isLast: Bool) throws {
      let bytes = builder.segment(of: manifest.digest)
      try SmallFile.write(bytes, to: "\(name)-\(made)\(isLast ? "-last" : "")", mode: 0o600)
      made += 1
      builder = TraceSegmentBuilder()
    }
    var form: (format: RecordFormat, header: CSVHeader?)?
    var contents = RecordContentReader(format: .textLines)
    try reader.forEachRecord { record in
      if form?.format != record.format || form?.header != record.header {
        form = (record.format, record.header)
        contents = RecordContentReader(format: record.format, header: record.header)
      }
      let content = contents.content(of: record.bytes)
      if !builder.append(content, number: record.number) {
        try keep(isLast: false)
        _ = builder.append(content, number: record.number)
      }
      progress.advance(by: 1)
      if Interruption.isRequested { throw Failure.failed("stopped; whole parts are kept") }
    }
    guard !builder.isEmpty else { return [] }
    try keep(isLast: true)
    return held(name, manifest.digest) ?? []
  }

  private static func held(_ name: String, _ digest: Digest) -> [TraceSegment]? {
    var segments: [TraceSegment] = []
    for number in 0..<1 << 20 {
      for path in ["\(name)-\(number)-last", "\(name)-\(number)"] {
        guard let file = try? MappedFile(path: path) else { continue }
        guard let segment = opened(file), segment.digest == digest else { return nil }
        segments.append(segment)
        if path.hasSuffix("-last") { return segments }
        break
      }
      if segments.count != number + 1 { return nil }
    }
    return nil
  }
}
