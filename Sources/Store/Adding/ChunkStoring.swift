// The second stage of adding, on any thread: names chunks, and writes those that are new.
// Specs/Store.md, "Adding".

internal import Content
internal import Cryptography

/// A batch of chunks on its way to the packs.
struct BatchToStore: Sendable {
  let batch: ChunkBatch
  /// For each chunk, where it lies in a file that stays in place; empty when all are copied.
  let places: [InPlaceChunk?]
}

/// A chunk that lies whole in one file.
struct InPlaceChunk: Hashable, Sendable {
  /// The file's number in the contribution.
  let file: Int
  let offset: Int
}

struct StoredBatch: Sendable {
  let hashed: HashedBatch
  let places: [InPlaceChunk?]
  let newBlocks: Int
  let newBytes: Int
}

/// What the hashing threads share.
struct ChunkStoring: Sendable {
  let packs: PackWriter
  let held: HeldBlocks

  func store(_ question: BatchToStore) throws -> StoredBatch {
    let hashed = question.batch.hashed()
    // What stays in place is not written, and does not stand in the way of a later copy.
    var wanted = try held.claim(
      question.places.isEmpty
        ? hashed.digests
        : zip(hashed.digests, question.places).filter { $1 == nil }.map(\.0))
    if !question.places.isEmpty {
      var answers = wanted.makeIterator()
      wanted = question.places.map { $0 == nil ? answers.next() ?? false : false }
    }
    let bytes = try write(hashed, wanted)
    let inPlace = question.places.lazy.filter { $0 != nil }.count
    return StoredBatch(
      hashed: hashed, places: question.places, newBlocks: wanted.lazy.filter { $0 }.count + inPlace,
      newBytes: bytes)
  }

  /// Writes the wanted chunks as groups, neighbours from one piece of memory.
  private func write(_ hashed: HashedBatch, _ wanted: [Bool]) throws -> Int {
    let ranges = hashed.batch.ranges
    var entries: [PackEntry] = []
    entries.reserveCapacity(ranges.count)
    var runs: [Range<Int>] = []
    var total = 0
    for index in ranges.indices where wanted[index] {
      let range = ranges[index]
      entries.append(
        PackEntry(
          digest: hashed.digests[index], form: .plain, stored: range.count, length: range.count))
      if let last = runs.last, last.upperBound == range.lowerBound {
        runs[runs.count - 1] = last.lowerBound..<range.upperBound
      } else {
        runs.append(range)
      }
      total += range.count
      if entries.count == PackFormat.mostEntries {
        try append(entries, runs, hashed.batch.bytes)
        entries = []
        runs = []
      }
    }
    if !entries.isEmpty { try append(entries, runs, hashed.batch.bytes) }
    return total
  }

  private func append(_ entries: [PackEntry], _ runs: [Range<Int>], _ bytes: [UInt8]) throws {
    _ = unsafe try bytes.span.bytes.withUnsafeBytes { buffer in
      unsafe try packs.append(
        entries, runs.map { unsafe UnsafeRawBufferPointer(rebasing: buffer[$0]) })
    }
  }
}
