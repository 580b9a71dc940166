// Makes the segments of a contribution that are not here yet. Specs/Duplicates.md, "Indexing".

internal import Content
internal import Cryptography
internal import Records

/// How far indexing or comparing has come.
public struct DuplicateProgress: Sendable {
  public enum Stage: Sendable { case indexing, comparing }

  public let stage: Stage
  /// Records that are done, and all there are in this stage.
  public let done: Int
  public let total: Int
}

extension ContributionReader {
  /// The contribution's segments, made as far as they are missing: every whole segment is kept, so
  /// that indexing goes on where it was stopped. `report` stops the work by answering false.
  func duplicateSegments(
    _ index: DuplicateIndex, report: (_ records: Int) -> Bool
  ) throws -> [DuplicateSegment] {
    var segments = index.segments(of: manifest)
    let count = DuplicateIndex.segmentCount(records: manifest.records)
    if segments.count == count { return segments }
    let greatest = DuplicateSegment.greatestRows
    var done = UInt64(segments.count) * UInt64(greatest)
    var rows = DuplicateRows()
    var number = segments.count
    // A segment is sorted and written while the next one's records are read, one at a time: two
    // would take twice the memory.
    let manifest = manifest
    let keeping = OrderedWork<SegmentToKeep, Int>(threads: 1, mostWaiting: 0) { segment in
      let first = UInt64(segment.number) * UInt64(greatest)
      let bytes = segment.rows.segment(manifest: manifest.cid.digest, firstRecord: first)
      try index.keep(bytes, of: manifest, number: segment.number)
      return segment.number
    }
    defer { keeping.close() }
    func keep() throws {
      while try keeping.next() != nil {}
      keeping.submit(SegmentToKeep(number: number, rows: rows.takeFirst(greatest)))
      number += 1
    }
    try forEachStretch(fromRecord: done) { stretch in
      try IndexedStretch(stretch)
    } body: { stretch in
      var new = stretch.rows
      // The first stretch may begin with records that a segment has already.
      if stretch.firstRecord < done { _ = new.takeFirst(Int(done - stretch.firstRecord)) }
      done += UInt64(new.count)
      rows.append(contentsOf: new)
      while rows.count >= greatest { try keep() }
      guard report(Int(clamping: done)) else { throw StoreError.cancelled(kept: 0) }
      return true
    }
    if rows.count > 0 { try keep() }
    while try keeping.next() != nil {}
    segments = index.segments(of: manifest)
    guard segments.count == count else {
      throw ManifestError(
        .sum, "\(done) records were found where the manifest says \(manifest.records)")
    }
    return segments
  }
}

private struct SegmentToKeep: Sendable {
  let number: Int
  let rows: DuplicateRows
}

/// Keys and signatures of a stretch's records.
private struct IndexedStretch: Sendable {
  var rows = DuplicateRows()
  let firstRecord: UInt64

  init(_ stretch: RecordStretch) throws {
    firstRecord = stretch.firstRecord
    var rows = DuplicateRows()
    var form: RecordForm?
    var reader = DuplicateReader(format: .textLines)
    try stretch.forEachRecord { content, _, recordForm in
      if form != recordForm {
        form = recordForm
        reader = DuplicateReader(format: recordForm.format, header: recordForm.header)
      }
      unsafe content.withUnsafeBytes { unsafe reader.read($0) }
      rows.append(reader)
    }
    rows.hashForms()
    self.rows = rows
  }
}
