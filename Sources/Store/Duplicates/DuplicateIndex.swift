// The files in which a home keeps what duplicates are found by. Specs/Duplicates.md, "Files".

internal import Content
internal import Cryptography
internal import Glibc
internal import Records

/// Segments lie in `cache/duplicates`, named by the manifest whose records they describe and their
/// number in it. They can be thrown away: indexing makes them again.
final class DuplicateIndex: Sendable {
  let directory: String
  /// Made for a home that cannot be written, and removed with this object.
  private let isTemporary: Bool

  init(home: Home) {
    isTemporary = !home.isWritable
    directory =
      isTemporary
      ? "\(Home.environment("TMPDIR") ?? "/tmp")/datanet-duplicates-\(getpid())"
      : "\(home.cachePath)/duplicates"
  }

  deinit {
    guard isTemporary else { return }
    _ = remove(allBut: [], dryRun: false)
    unsafe rmdir(directory)
  }

  private func path(_ manifest: CID, _ number: Int) -> String {
    "\(directory)/\(Hexadecimal.text(of: manifest.digest.bytes))-\(number)"
  }

  /// How many segments a contribution of so many records has.
  static func segmentCount(records: UInt64) -> Int {
    let rows = UInt64(DuplicateSegment.greatestRows)
    return Int(clamping: records / rows + (records % rows > 0 ? 1 : 0))
  }

  /// The segments that are here and whole, up to the first that is not.
  func segments(of manifest: Manifest) -> [DuplicateSegment] {
    var segments: [DuplicateSegment] = []
    for number in 0..<Self.segmentCount(records: manifest.records) {
      guard let segment = segment(of: manifest, number) else { break }
      segments.append(segment)
    }
    return segments
  }

  /// How many of a contribution's records are in no segment here, by the files' names.
  func missingRecords(of manifest: CID, records: Int) -> Int {
    var indexed = 0
    while indexed < records,
      unsafe access(path(manifest, indexed / DuplicateSegment.greatestRows), F_OK) == 0
    {
      indexed += min(DuplicateSegment.greatestRows, records - indexed)
    }
    return records - indexed
  }

  /// Nil when it is missing or damaged: both mean that it has to be made.
  private func segment(of manifest: Manifest, _ number: Int) -> DuplicateSegment? {
    let first = UInt64(number) * UInt64(DuplicateSegment.greatestRows)
    let rows = min(manifest.records - first, UInt64(DuplicateSegment.greatestRows))
    guard let mapping = MappedSegment(path: path(manifest.cid, number)),
      let segment = try? unsafe DuplicateSegment(mapping.buffer, owner: mapping),
      segment.manifest == manifest.cid.digest, segment.firstRecord == first,
      segment.rows == Int(rows)
    else { return nil }
    return segment
  }

  /// Keeps a segment; afterwards it is whole and on the disk.
  func keep(_ bytes: [UInt8], of manifest: Manifest, number: Int) throws {
    try Home.makeDirectory(directory)
    try SmallFile.write(bytes, to: path(manifest.cid, number), mode: 0o600)
  }

  /// Removes the segments of all other manifests; answers how many bytes that frees, or would.
  func remove(allBut manifests: [CID], dryRun: Bool) -> Int {
    let kept = Set(manifests.map { Hexadecimal.text(of: $0.digest.bytes) })
    var freed = 0
    for name in (try? SystemDisk().names(in: directory)) ?? [] {
      let manifest = name.split(separator: "-").first.map(String.init) ?? name
      if kept.contains(manifest) { continue }
      let path = "\(directory)/\(name)"
      let size = FileStamp(path: path)?.size ?? 0
      if dryRun || (try? SystemDisk().remove(path)) != nil { freed += Int(size) }
    }
    return freed
  }
}

/// A segment's file in memory, read-only. `deinit` is the only place that unmaps; a file that is
/// replaced meanwhile keeps its old bytes here, since replacing makes a new file.
@safe private final class MappedSegment {
  let buffer: UnsafeRawBufferPointer

  init?(path: String) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_size > 0 else { return nil }
    let size = Int(status.st_size)
    let address = unsafe mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0)
    // MAP_FAILED is the pointer whose bits are all ones.
    guard UInt(bitPattern: address) != UInt.max else { return nil }
    unsafe buffer = UnsafeRawBufferPointer(start: address, count: size)
  }

  deinit {
    unsafe _ = munmap(UnsafeMutableRawPointer(mutating: buffer.baseAddress), buffer.count)
  }
}
