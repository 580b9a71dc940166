// A small contribution held in memory, and the seeded random numbers that make it.

@testable import Content

/// SplitMix64; the same seed gives the same tests on every machine.
struct SeededRandom: RandomNumberGenerator, CustomStringConvertible {
  let seed: UInt64
  private var state: UInt64

  init(seed: UInt64) {
    self.seed = seed
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  var description: String { "seed \(seed)" }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }
}

struct Contribution {
  struct File {
    var path: String
    var hasRecords: Bool
    var bytes: [UInt8]

    /// Lines with their line ends; none in an opaque file.
    var records: [[UInt8]] {
      guard hasRecords else { return [] }
      return bytes.split(separator: 10).map { $0 + [10] }
    }
  }

  struct Missing: Error {}

  private(set) var blocks: [CID: [UInt8]] = [:]
  private(set) var chunks: [CutChunk] = []
  let manifest: Manifest

  init(_ files: [File], pieceByteCount: Int = .max) throws {
    var cutter = ContributionCutter()
    var builder = ManifestBuilder()
    var blocks: [CID: [UInt8]] = [:]
    var chunks: [CutChunk] = []
    func drain() throws {
      while let batch = cutter.nextBatch() {
        let hashed = batch.hashed()
        for (range, digest) in zip(batch.ranges, hashed.digests) {
          blocks[CID(codec: .raw, digest: digest)] = Array(batch.bytes[range])
        }
        chunks += batch.chunks
        builder.append(hashed) { blocks[$0.cid] = $0.bytes }
      }
    }
    for file in files {
      cutter.beginFile(hasRecords: file.hasRecords)
      var start = 0
      while start < file.bytes.count {
        let end = start + min(pieceByteCount, file.bytes.count - start)
        let piece = Array(file.bytes[start..<end])
        let ends = piece.indices.filter { piece[$0] == 10 }.map { $0 + 1 }
        cutter.append(piece, recordEnds: file.hasRecords ? ends : [])
        try drain()
        start = end
      }
      let size = cutter.endFile()
      let entry = try FileEntry(
        path: ManifestPath(file.path), format: file.hasRecords ? .jsonl : .opaque,
        bytes: size.bytes, records: size.records)
      try builder.append(entry) { blocks[$0.cid] = $0.bytes }
    }
    cutter.finish()
    try drain()
    manifest = try builder.finish { blocks[$0.cid] = $0.bytes }
    self.blocks = blocks
    self.chunks = chunks
  }

  var source: BlockSource {
    { [blocks] cid in
      guard let bytes = blocks[cid] else { throw Missing() }
      return bytes
    }
  }

  static func recordEnd(in bytes: ArraySlice<UInt8>) -> Int {
    (bytes.firstIndex(of: 10) ?? bytes.endIndex - 1) + 1
  }

  static func line(_ random: inout SeededRandom, count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 32...126, using: &random) } + [10]
  }

  static func random(_ random: inout SeededRandom, files: Int) throws -> [File] {
    (0..<files).map { number in
      let folder = number / 50
      let name = "d\(100 + folder)/f\(1000 + number)"
      let kind = Int.random(in: 0..<40, using: &random)
      switch kind {
      case 0:
        let bytes = random.bytes(Int.random(in: 0...400_000, using: &random))
        return File(path: name, hasRecords: false, bytes: bytes)
      case 1...3:
        let bytes = random.bytes(Int.random(in: 0...3000, using: &random))
        return File(path: name, hasRecords: false, bytes: bytes)
      default:
        var bytes: [UInt8] = []
        let lines = Int.random(in: 0...(kind < 8 ? 400 : 8), using: &random)
        for _ in 0..<lines {
          let isLarge = Int.random(in: 0..<500, using: &random) == 0
          let most = isLarge ? 1_500_000 : 1500
          bytes += line(&random, count: Int.random(in: 1...most, using: &random))
        }
        return File(path: name, hasRecords: true, bytes: bytes)
      }
    }
  }
}
