// Which records one contribution has and another has not, by the hash of their bytes.

import Content
import Cryptography
import Store
import Synchronization
import Terminal

/// Only chunks that one of them has alone are read; memory is 32 bytes for each of their records. A
/// record that stands several times counts several times.
struct RecordDifference {
  /// Hashes of records that are only, or more often, in the one or the other; each once.
  private(set) var removed: Set<Digest> = []
  private(set) var added: Set<Digest> = []
  private(set) var removedCount = 0
  private(set) var addedCount = 0
  private(set) var sameCount = 0
  /// Where to look for the removed and the added ones; nil for everywhere.
  private var oldChunks: [PlacedItem<ChunkEntry>]?
  private var newChunks: [PlacedItem<ChunkEntry>]?
  private let readers: (old: ContributionReader, new: ContributionReader)

  init(_ oldReader: ContributionReader, _ newReader: ContributionReader) throws {
    readers = (oldReader, newReader)
    if try !oldReader.hasRecordsAcrossChunks(), try !newReader.hasRecordsAcrossChunks() {
      let chunks = try oldReader.chunkDifference(to: newReader)
      oldChunks = chunks.onlyLeft
      newChunks = chunks.onlyRight
    }
    let old = try RecordDifference.digests(of: oldReader, only: oldChunks)
    let new = try RecordDifference.digests(of: newReader, only: newChunks)
    var left = 0
    var right = 0
    while left < old.count || right < new.count {
      if right == new.count || left < old.count && old[left] < new[right] {
        removed.insert(old[left])
        removedCount += 1
        left += 1
      } else if left == old.count || new[right] < old[left] {
        added.insert(new[right])
        addedCount += 1
        right += 1
      } else {
        left += 1
        right += 1
      }
    }
    sameCount = Int(oldReader.manifest.records) - removedCount
  }

  /// The hashes of the records in these chunks, sorted.
  private static func digests(
    of reader: ContributionReader, only chunks: [PlacedItem<ChunkEntry>]?
  ) throws -> [Digest] {
    let all = Gathered()
    try reader.scan(only: chunks) { bytes, _ in
      all.append(SHA256.hash(bytes))
      return false
    } found: { _ in
      !Interruption.isRequested
    }
    if Interruption.isRequested { throw Failure.failed("stopped") }
    return all.sorted()
  }

  /// The first removed records, at most `limit`.
  func removedRecords(limit: Int) throws -> [FoundRecord] {
    try Self.find(removed, in: readers.old, only: oldChunks, limit: limit)
  }

  /// The first added records, at most `limit`.
  func addedRecords(limit: Int) throws -> [FoundRecord] {
    try Self.find(added, in: readers.new, only: newChunks, limit: limit)
  }

  /// The records with these hashes, in order, at most `limit`.
  private static func find(
    _ wanted: Set<Digest>, in reader: ContributionReader,
    only chunks: [PlacedItem<ChunkEntry>]?, limit: Int
  ) throws -> [FoundRecord] {
    if wanted.isEmpty || limit == 0 { return [] }
    var numbers: [UInt64] = []
    try reader.scan(only: chunks) { bytes, _ in
      wanted.contains(SHA256.hash(bytes))
    } found: { number in
      numbers.append(number)
      return numbers.count < limit
    }
    return try numbers.map { try reader.record($0) }
  }

  /// Hashes that several threads add.
  private final class Gathered: Sendable {
    private let digests = Mutex<[Digest]>([])

    func append(_ digest: Digest) { digests.withLock { $0.append(digest) } }

    func sorted() -> [Digest] { digests.withLock { $0.sorted() } }
  }
}
