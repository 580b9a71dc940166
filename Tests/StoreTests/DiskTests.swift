// The real disk's large writes and reads, aligned or not. Specs/Store-decisions.md, "Why do large
// writes pass by the page cache?"

import Glibc
import Histories
import Testing

@testable import Store

@Suite struct DiskTests {
  @Test func `large writes at odd places come back byte for byte`() throws {
    let temporary = try TemporaryHome()
    let path = "\(temporary.path)/file"
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var dice = Dice(seed)
    let file = try SystemDisk().open(path, .create)
    var expected: [UInt8] = []
    for _ in 0..<12 {
      // Below and above what passes by the cache, in one piece and in several.
      var parts: [[UInt8]] = []
      for _ in 0...dice.below(3) {
        let count = dice.below(3) == 0 ? dice.below(9) : dice.below(3 << 20)
        parts.append(sample(dice.below(1 << 30), count: count))
      }
      let buffers = parts.map { part in
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: part.count, alignment: 1)
        copy.copyBytes(from: part)
        return UnsafeRawBufferPointer(copy)
      }
      defer { for buffer in buffers { buffer.deallocate() } }
      try file.write(buffers, at: expected.count)
      expected += parts.flatMap { $0 }
    }
    try file.sync()
    #expect(try file.size() == expected.count, "seed \(seed)")
    #expect(try file.bytes(at: 0, count: expected.count) == expected, "seed \(seed)")
    let reader = try SystemDisk().open(path, .read)
    let buffer = DiskBuffer.taken()
    defer { buffer.giveBack() }
    for _ in 0..<40 {
      let count = min(dice.below(DiskBuffer.byteCount), expected.count)
      let offset = dice.below(expected.count - count + 1)
      let read = try reader.readThrough(into: buffer, at: offset, count: count)
      #expect(Array(read) == Array(expected[offset..<offset + count]), "seed \(seed)")
    }
    // What the file does not have is not made up.
    let end = try reader.readThrough(into: buffer, at: expected.count - 10, count: 1 << 20)
    #expect(Array(end) == Array(expected.suffix(10)))
  }
}
