// Archives that are interrupted and taken up again (Specs/Archives.md).

import Testing

@testable import Content

@Suite struct ArchiveTests {
  @Test func `reading goes on where it was interrupted`() throws {
    var random = SeededRandom(seed: 21)
    let blocks = (0..<40).map { _ in Block(random.bytes(random.number(0...4000)), codec: .raw) }
    let bytes = try CARWriter.header(roots: [blocks[0].cid]) + blocks.flatMap(CARWriter.section)
    for _ in 0..<30 {
      let stop = random.number(0...bytes.count)
      var found: [Block] = []
      func take(_ part: CARReader.Part) { if case .block(let block) = part { found.append(block) } }
      var first = CARReader()
      try first.push(Array(bytes[..<stop])) { take($0) }
      var second = CARReader(resumingAt: first.offset)
      try second.push(Array(bytes[Int(first.offset)...])) { take($0) }
      try second.finish()
      #expect(found == blocks, "\(random)")
      #expect(second.offset == UInt64(bytes.count))
    }
  }

  @Test func `an archive that ends inside a block says so, with all before it given`() throws {
    let blocks = [Block([1], codec: .raw), Block([2], codec: .raw)]
    let bytes = try CARWriter.header(roots: [blocks[0].cid]) + blocks.flatMap(CARWriter.section)
    var reader = CARReader()
    var count = 0
    try reader.push(Array(bytes.dropLast())) { _ in count += 1 }
    #expect(count == 2)
    let error = #expect(throws: CARError.self) { try reader.finish() }
    #expect(error?.rule == .endOfInput)
  }

  @Test func `an archive without roots is not written`() {
    #expect(throws: CARError.self) { try CARWriter.header(roots: []) }
  }
}
