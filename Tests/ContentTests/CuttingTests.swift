// Where contributions are cut (Specs/Chunking.md).

import Cryptography
import Testing

@testable import Content

@Suite struct CuttingTests {
  /// The rule as the page states it, over the lengths and hashes of all records at once.
  private func cutsByTheBook(_ records: [[UInt8]]) -> [Int] {
    var cuts: [Int] = []
    var first = 0
    while first < records.count {
      var (length, next, best) = (0, first, (hash: UInt64.max, end: -1))
      while next < records.count, length + records[next].count <= 24 << 10 {
        length += records[next].count
        let hash = XXHash64.hash(records[next])
        if length >= 8 << 10, best.end < 0 || hash < best.hash { best = (hash, next) }
        next += 1
      }
      let last = next == records.count ? next - 1 : best.end >= 0 ? best.end : max(first, next - 1)
      cuts.append(records[first...last].reduce(0) { $0 + $1.count })
      first = last + 1
    }
    return cuts
  }

  @Test(arguments: [1, 40, 700, 9000, 30_000])
  func `a file of records is cut as the page says`(longest: Int) throws {
    var random = SeededRandom(seed: UInt64(longest))
    let records = (0..<max(20, 300_000 / longest)).map { _ in
      Contribution.line(&random, count: random.number(0...longest))
    }
    let made = try Contribution([
      .init("data.jsonl", records: records)
    ])
    #expect(made.chunks.map(\.byteCount) == cutsByTheBook(records), "\(random)")
  }

  @Test func `a record that alone exceeds a block is cut plainly and counted once`() throws {
    var random = SeededRandom(seed: 3)
    let small = Contribution.line(&random, count: 100)
    let large = Contribution.line(&random, count: 3 << 20)
    let file = Contribution.File("a", records: [small, large, small])
    let made = try Contribution([file])
    #expect(made.manifest.records == 3)
    #expect(made.chunks.first == CutChunk(byteCount: 101, recordCount: 1, outline: .empty))
    #expect(made.chunks.last == CutChunk(byteCount: 101, recordCount: 1, outline: .empty))
    #expect(made.chunks.dropFirst().map(\.recordCount).reduce(0, +) == 2)
    #expect(made.chunks.allSatisfy { $0.byteCount <= PlainCut.maximum })
    // The same pieces as a file of its own that has no records.
    let alone = try Contribution([.init("b", bytes: large)])
    #expect(alone.chunks.map(\.byteCount) == made.chunks.dropFirst().dropLast().map(\.byteCount))
  }

  @Test func `a record of exactly a block is never cut`() throws {
    var random = SeededRandom(seed: 4)
    let record = Contribution.line(&random, count: (1 << 20) - 1)
    let made = try Contribution([.init("a", records: [record, record])])
    #expect(made.chunks.map(\.byteCount) == [1 << 20, 1 << 20])
  }

  @Test func `ends that are reported late cut the same places`() {
    var random = SeededRandom(seed: 5)
    let records = (0..<200).map { _ in
      Contribution.line(&random, count: random.number(1...9000))
    }
    func chunks(delay: Int) -> [CutChunk] {
      var cutter = ContributionCutter()
      cutter.beginFile(hasRecords: true)
      for record in records {
        cutter.append(record.dropLast(0) + [], recordEnds: delay == 0 ? [record.count] : [0])
      }
      if delay > 0 {
        cutter.append([10], recordEnds: [0, 1])
      } else {
        cutter.append([10], recordEnds: [1])
      }
      _ = cutter.endFile()
      cutter.finish()
      var chunks: [CutChunk] = []
      while let batch = cutter.nextBatch() { chunks += batch.chunks }
      return chunks
    }
    #expect(chunks(delay: 0) == chunks(delay: 1))
  }

  @Test func `small files share chunks and a large one has its own`() throws {
    var random = SeededRandom(seed: 6)
    var files = (0..<100).map { number in
      Contribution.File("s\(100 + number)", bytes: random.bytes(2000))
    }
    let large = random.bytes(100_000)
    files.insert(.init("s149z", bytes: large), at: 50)
    let made = try Contribution(files)
    let alone = try Contribution([.init("x", bytes: large)])
    #expect(made.chunks.count < 40)
    let names = Set(made.blocks.keys)
    #expect(alone.blocks.keys.filter { $0.codec == .raw }.allSatisfy { names.contains($0) })
  }

  @Test func `one record changed leaves nearly all chunks as they were`() throws {
    var random = SeededRandom(seed: 9)
    var records = (0..<4000).map { _ in
      Contribution.line(&random, count: random.number(200...1800))
    }
    func blocks() throws -> Set<CID> {
      let file = Contribution.File("a", records: records)
      return Set(try Contribution([file]).blocks.keys.filter { $0.codec == .raw })
    }
    let before = try blocks()
    for place in [0, 1000, 2000, 3999] {
      records[place] = Contribution.line(&random, count: 500)
      let after = try blocks()
      #expect(after.subtracting(before).count <= 24, "record \(place), \(random)")
    }
    records.remove(at: 500)
    records.insert(Contribution.line(&random, count: 700), at: 3000)
    #expect(try blocks().subtracting(before).count <= 30, "\(random)")
  }

  @Test func `the gear table is the one that the page derives`() {
    #expect(PlainCut.gear[0] == 0x6E34_0B9C_FFB3_7A98)
    #expect(PlainCut.gear.count == 256)
    #expect(PlainCut.gear[255] == SHA256.hash([255]).prefix)
  }
}
