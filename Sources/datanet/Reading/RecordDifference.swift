// Which records one contribution has and another has not, by the hash of their bytes.

import Content
import Cryptography
import Store
import Synchronization
import Terminal

/// Both contributions are read once; memory is 32 bytes a record. A record that stands several
/// times counts several times.
struct RecordDifference {
  /// Hashes of records that are only, or more often, in the one or the other; each once.
  private(set) var removed: Set<Digest> = []
  private(set) var added: Set<Digest> = []
  private(set) var removedCount = 0
  private(set) var addedCount = 0
  private(set) var sameCount = 0

  init(_ old: ContributionReader, _ new: ContributionReader) throws {
    let old = try RecordDifference.digests(of: old)
    let new = try RecordDifference.digests(of: new)
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
        sameCount += 1
        left += 1
        right += 1
      }
    }
  }

  /// The hashes of all records, sorted.
  private static func digests(of reader: ContributionReader) throws -> [Digest] {
    let all = Gathered()
    try reader.scan { bytes, _ in
      all.append(SHA256.hash(bytes))
      return false
    } found: { _ in
      !Interruption.isRequested
    }
    if Interruption.isRequested { throw Failure.failed("stopped") }
    return all.sorted()
  }

  /// The records with these hashes, in order, at most `limit`.
  static func find(
    _ wanted: Set<Digest>, in reader: ContributionReader, limit: Int
  ) throws -> [FoundRecord] {
    if wanted.isEmpty || limit == 0 { return [] }
    var numbers: [UInt64] = []
    try reader.scan { bytes, _ in
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
