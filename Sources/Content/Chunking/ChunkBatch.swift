// What the cutter hands on: neighbouring chunks in one piece of memory, to be hashed on any
// thread and given to the manifest in order (Specs/Chunking.md, "Pipeline").

public import Cryptography

/// One chunk of a contribution: its size, the records that begin in it, and its segments.
public struct CutChunk: Hashable, Sendable {
  public let byteCount: Int
  public let recordCount: Int
  /// See `Outline`; empty for a chunk that is one segment or has none.
  public let outline: Outline
}

/// Chunks that follow each other in a contribution, with their bytes.
public struct ChunkBatch: Sendable {
  public let bytes: [UInt8]
  public let chunks: [CutChunk]

  /// The place of each chunk in `bytes`.
  public var ranges: [Range<Int>] {
    var start = 0
    return chunks.map { chunk in
      defer { start += chunk.byteCount }
      return start..<start + chunk.byteCount
    }
  }

  /// Names every chunk. This is the expensive half of adding; it may run on any thread.
  public func hashed() -> HashedBatch {
    unsafe HashedBatch(batch: self, digests: SHA256.hash(bytes.span.bytes, at: ranges))
  }
}

/// A batch whose chunks have their names.
public struct HashedBatch: Sendable {
  public let batch: ChunkBatch
  /// One for each chunk of the batch. A chunk's address is `CID(codec: .raw, digest:)`.
  public let digests: [Digest]
}
