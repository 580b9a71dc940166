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
    func keep() throws {
      let bytes = rows.takeFirst(greatest).segment(
        manifest: manifest.cid.digest, firstRecord: UInt64(number) * UInt64(greatest))
      try index.keep(bytes, of: manifest, number: number)
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
    segments = index.segments(of: manifest)
    guard segments.count == count else {
      throw ManifestError(
        .sum, "\(done) records were found where the manifest says \(manifest.records)")
    }
    return segments
  }
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
    self.rows = rows
  }
}
