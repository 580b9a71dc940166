// Spans of a text are found in the records that hold them, longest first (Specs/Trace.md).

import Attribution
import Cryptography
import Histories
import Testing

@Suite struct TraceTests {
  private final class Bytes {
    let buffer: UnsafeMutableRawBufferPointer
    init(_ bytes: [UInt8]) {
      unsafe buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: bytes.count, alignment: 16)
      unsafe buffer.copyBytes(from: bytes)
    }
    deinit { unsafe buffer.deallocate() }
  }

  private func segment(_ records: [String]) throws -> TraceSegment {
    var builder = TraceSegmentBuilder()
    for (number, record) in records.enumerated() {
      let isKept = builder.append(Array(record.utf8), number: UInt64(number))
      #expect(isKept)
    }
    return try #require(open(builder.segment(of: SHA256.hash([1]))))
  }

  private func open(_ bytes: [UInt8]) -> TraceSegment? {
    let held = Bytes(bytes)
    return unsafe TraceSegment(UnsafeRawBufferPointer(held.buffer), owner: held)
  }

  private func text(_ text: String, _ range: Range<Int>) -> String {
    String(decoding: Array(text.utf8)[range], as: UTF8.self)
  }

  @Test func aQuotedSentenceIsFoundWithItsRecordWhateverCaseAndCommas() throws {
    let segment = try segment([
      "Whisk the eggs with the sugar until pale.", "Boil water and add salt to taste.",
      "Bake at 180 degrees for forty minutes, then let it rest.",
    ])
    let query = "They say: whisk THE eggs, with the sugar; and later: for forty minutes, then let"
    let spans = Tracing([segment]).spans(of: Array(query.utf8))
    #expect(
      spans.map { text(query, $0.range) } == [
        "whisk THE eggs, with the sugar", "for forty minutes, then let",
      ])
    #expect(spans.map(\.record) == [0, 2])
    #expect(spans.allSatisfy { $0.isVerbatim })
  }

  @Test func aChangedWordMakesItNearlyVerbatim() throws {
    let segment = try segment(["one two three four five six seven eight nine ten"])
    let query = "one two three four FIFE six seven eight nine ten"
    let spans = Tracing([segment]).spans(of: Array(query.utf8))
    let span = try #require(spans.first)
    #expect(spans.count == 1)
    #expect(span.words == 10 && span.matched == 9 && !span.isVerbatim)
    #expect(text(query, span.range) == query)
  }

  @Test func spansDoNotCrossRecords() throws {
    let segment = try segment(["a b c d", "e f g h"])
    let spans = Tracing([segment]).spans(of: Array("b c d e f g".utf8))
    #expect(spans.isEmpty)
  }

  @Test func whatStandsInSeveralRecordsIsCounted() throws {
    let segment = try segment(["x the quick brown fox", "the quick brown fox y", "z"])
    let spans = Tracing([segment]).spans(of: Array("the quick brown fox".utf8))
    #expect(spans.map(\.occurrences) == [2])
    #expect(spans.map(\.record) == [0])
  }

  @Test func otherScriptsAreTracedToo() throws {
    let segment = try segment(["Ärger über ﬁnanzielle Größe heute", "今日はとても良い天気です"])
    let one = "ÄRGER ÜBER FINANZIELLE GRÖSSE"
    #expect(Tracing([segment]).spans(of: Array(one.utf8)).first?.words == 4)
    let other = "とても良い"
    let span = try #require(Tracing([segment]).spans(of: Array(other.utf8)).first)
    #expect(text(other, span.range) == other && span.record == 1)
  }

  /// Against a search that looks at every place.
  @Test(arguments: 0..<30)
  func longestSpansAreThoseOfBruteForce(seed: UInt64) throws {
    var dice = Dice(seed)
    let words = (0..<12).map { "w\($0)" }
    func sentence(_ count: Int) -> [String] { (0..<count).map { _ in dice.pick(words)! } }
    let records = (0..<40).map { _ in sentence(3 + dice.below(20)) }
    let segment = try segment(records.map { $0.joined(separator: " ") })
    let query = sentence(40)
    let spans = Tracing([segment], leastWords: 3).spans(
      of: Array(query.joined(separator: " ").utf8), limit: 1000)
    var longest = 0
    for first in query.indices {
      for record in records {
        for start in record.indices {
          var count = 0
          while first + count < query.count, start + count < record.count,
            query[first + count] == record[start + count]
          { count += 1 }
          longest = max(longest, count)
        }
      }
    }
    #expect(spans.contains { $0.matched >= longest }, "seed \(seed)")
    for span in spans where span.isVerbatim {
      let quoted = text(query.joined(separator: " "), span.range).split(separator: " ").map(
        String.init)
      let record = records[Int(segment.number(of: span.record))]
      let isThere = record.indices.contains { start in
        start + quoted.count <= record.count
          && Array(record[start..<start + quoted.count]) == quoted
      }
      #expect(isThere, "seed \(seed)")
    }
  }

  @Test func aDamagedSegmentIsNotUsed() throws {
    var builder = TraceSegmentBuilder()
    _ = builder.append(Array("some words to be found again".utf8), number: 7)
    let bytes = builder.segment(of: SHA256.hash([1]))
    #expect(open(bytes) != nil)
    for place in bytes.indices {
      var damaged = bytes
      damaged[place] ^= 1
      #expect(open(damaged) == nil, "byte \(place)")
    }
    for count in 0..<bytes.count { #expect(open(Array(bytes[..<count])) == nil) }
  }
}
