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

  /// Tests are not optimised: eight bytes at a time, without generic code.
  mutating func bytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    bytes.withUnsafeMutableBytes { buffer in
      var at = 0
      while at + 8 <= buffer.count {
        buffer.storeBytes(of: next(), toByteOffset: at, as: UInt64.self)
        at += 8
      }
      var rest = next()
      while at < buffer.count {
        buffer[at] = UInt8(truncatingIfNeeded: rest)
        rest >>= 8
        at += 1
      }
    }
    return bytes
  }

  mutating func number(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.count))
  }
}

struct Contribution {
  struct File {
    var path: String
    var hasRecords: Bool
    var bytes: [UInt8] = []
    /// Lines with their line ends; none in an opaque file.
    var records: [[UInt8]] = []
    /// Behind each record.
    var ends: [Int] = []

    init(_ path: String, bytes: [UInt8]) {
      self.path = path
      hasRecords = false
      self.bytes = bytes
    }

    init(_ path: String, records: [[UInt8]]) {
      self.path = path
      hasRecords = true
      self.records = records
      for record in records {
        bytes += record
        ends.append(bytes.count)
      }
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
      var used = 0
      while start < file.bytes.count {
        let end = start + min(pieceByteCount, file.bytes.count - start)
        var ends: [Int] = []
        while let next = file.ends[used...].first, next <= end {
          ends.append(next - start)
          used += 1
        }
        cutter.append(Array(file.bytes[start..<end]), recordEnds: ends)
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

  /// Printable characters and a line end.
  static func line(_ random: inout SeededRandom, count: Int) -> [UInt8] {
    var bytes = random.bytes(count + 1)
    bytes.withUnsafeMutableBytes { buffer in
      var at = 0
      while at < count {
        buffer[at] = 32 + buffer[at] & 63
        at += 1
      }
      buffer[count] = 10
    }
    return bytes
  }

  static func random(_ random: inout SeededRandom, files: Int) throws -> [File] {
    (0..<files).map { number in
      let folder = number / 50
      let name = "d\(100 + folder)/f\(1000 + number)"
      let kind = random.number(0...39)
      switch kind {
      case 0: return File(name, bytes: random.bytes(random.number(0...400_000)))
      case 1...3: return File(name, bytes: random.bytes(random.number(0...3000)))
      default:
        let lines = random.number(0...(kind < 8 ? 400 : 8))
        return File(
          name,
          records: (0..<lines).map { _ in
            let isLarge = random.number(0...499) == 0
            return line(&random, count: random.number(1...(isLarge ? 1_500_000 : 1500)))
          })
      }
    }
  }
}
