// Which spans of a text stand in records, longest first (Specs/Trace.md, "Tracing").

/// A span of the traced text that stands in a record.
public struct TracedSpan: Hashable, Sendable {
  /// The bytes of the traced text.
  public let range: Range<Int>
  /// Words of the span, and how many of them stand in the record; equal for a span that stands there
  /// word for word.
  public let words: Int
  public let matched: Int
  /// Places at which the text or the record has words that the other has not.
  public let gaps: Int
  /// The segment, and the record in it.
  public let segment: Int
  public let record: Int
  /// Records in which the span's longest stretch without a gap stands, this one included.
  public let occurrences: Int

  public var isVerbatim: Bool { gaps == 0 }
}

public struct Tracing: Sendable {
  /// A stretch of fewer words says nothing about where a text comes from.
  public static let leastWords = 4
  /// Words that may differ between two stretches of one span, on either side.
  static let widestGap = 3
  /// Words behind a gap that have to stand in the record for the span to go on.
  static let leastBehind = 2
  /// Places at which one stretch is looked at more closely.
  static let mostPlaces = 64
  /// Words of a traced text; what is behind is not looked at.
  public static let mostWords = 100_000

  private let segments: [TraceSegment]
  private let leastWords: Int

  public init(_ segments: [TraceSegment], leastWords: Int = Tracing.leastWords) {
    self.segments = segments
    self.leastWords = max(1, leastWords)
  }

  /// Spans that none longer covers, longest first; of equal ones the earlier. At most `limit`.
  public func spans(of text: [UInt8], limit: Int = 20) -> [TracedSpan] {
    var tokens = TraceTokens(keepsRanges: true)
    tokens.read(text)
    let count = min(tokens.count, Self.mostWords)
    var found: [(words: Range<Int>, span: TracedSpan)] = []
    unsafe tokens.folded.withUnsafeBufferPointer { words in
      let query = unsafe Query(words: words, starts: tokens.starts, count: count)
      for (segment, index) in segments.enumerated() {
        var reached = 0
        for first in 0..<max(0, count - leastWords + 1) {
          let match = longest(query, from: first, in: index)
          guard match.words >= leastWords, first + match.words > reached else { continue }
          reached = first + match.words
          found.append(best(query, first, match, segment, index, tokens.ranges))
        }
      }
    }
    found.sort {
      ($1.span.matched, $0.words.lowerBound, $0.span.segment, $0.span.record)
        < ($0.span.matched, $1.words.lowerBound, $1.span.segment, $1.span.record)
    }
    var chosen: [(words: Range<Int>, span: TracedSpan)] = []
    for candidate in found where chosen.count < limit {
      let isCovered = chosen.contains {
        $0.words.lowerBound <= candidate.words.lowerBound
          && $0.words.upperBound >= candidate.words.upperBound
      }
      if !isCovered { chosen.append(candidate) }
    }
    return chosen.map(\.span)
  }

  /// The traced text's words.
  @safe private struct Query {
    // Lives only inside `spans`, whose array the pointer is of.
    let words: UnsafeBufferPointer<UInt8>
    let starts: [Int]
    let count: Int

    init(words: UnsafeBufferPointer<UInt8>, starts: [Int], count: Int) {
      unsafe self.words = words
      self.starts = starts
      self.count = count
    }

    /// Whole words among `bytes` from word `first` on.
    func words(in bytes: Int, from first: Int) -> Int {
      let end = starts[first] + bytes
      var (low, high) = (first, count)
      while low < high {
        let middle = (low + high + 1) / 2
        if starts[middle] <= end { low = middle } else { high = middle - 1 }
      }
      return low - first
    }
  }

  /// The longest run of words from `first` on that stands in a segment, and the ranks at which.
  private func longest(
    _ query: Query, from first: Int, in segment: TraceSegment
  ) -> (words: Int, ranks: Range<Int>) {
    let start = query.starts[first]
    var (low, high) = (0, segment.wordCount)
    while low < high {
      let middle = (low + high) / 2
      let common = unsafe segment.common(
        query.words, from: start, at: segment.place(of: middle))
      if common.isSmaller { low = middle + 1 } else { high = middle }
    }
    func words(at rank: Int) -> Int {
      guard rank >= 0, rank < segment.wordCount else { return 0 }
      let common = unsafe segment.common(query.words, from: start, at: segment.place(of: rank))
      return query.words(in: common.count, from: first)
    }
    let longest = max(words(at: low), words(at: low - 1))
    guard longest >= leastWords else { return (longest, low..<low) }
    // Ranks with as many words stand together: their ends are looked for in growing steps.
    func end(from rank: Int, by sign: Int) -> Int {
      var (near, step) = (rank, 1)
      while words(at: near + sign * step) >= longest {
        near += sign * step
        step *= 2
      }
      while step > 1 {
        step /= 2
        if words(at: near + sign * step) >= longest { near += sign * step }
      }
      return near
    }
    let inside = words(at: low) >= longest ? low : low - 1
    return (longest, end(from: inside, by: -1)..<end(from: inside, by: 1) + 1)
  }

  /// Goes on behind the stretch, over small gaps, in the record where that leads furthest.
  private func best(
    _ query: Query, _ first: Int, _ match: (words: Int, ranks: Range<Int>), _ segment: Int,
    _ index: TraceSegment, _ ranges: [Range<Int>]
  ) -> (words: Range<Int>, span: TracedSpan) {
    var best = (matched: 0, end: 0, record: 0, gaps: 0)
    for rank in match.ranks.prefix(Self.mostPlaces) {
      let place = index.place(of: rank)
      let record = index.record(at: place)
      var words = recordWords(index, from: place, to: index.end(of: record))
      words.removeFirst(min(match.words, words.count))
      let reach = extended(query, from: first + match.words, words[...], index)
      let matched = match.words + reach.matched
      // Of equal ones the lowest record: a rank's place in the order means nothing.
      if (matched, -record) > (best.matched, best.matched == 0 ? -Int.max : -best.record) {
        best = (matched, reach.end, record, reach.gaps)
      }
    }
    let words = first..<best.end
    let span = TracedSpan(
      range: ranges[first].lowerBound..<ranges[best.end - 1].upperBound, words: words.count,
      matched: best.matched, gaps: best.gaps, segment: segment, record: best.record,
      occurrences: match.ranks.count)
    return (words, span)
  }

  /// The words of a record from a place on, as many as a traced text can use.
  private func recordWords(
    _ index: TraceSegment, from place: Int, to end: Int
  ) -> [Range<Int>] {
    var words: [Range<Int>] = []
    var begin = place
    var at = place
    while at < end, words.count < 4096 {
      if index.byte(at) == 0x20 {
        words.append(begin..<at + 1)
        begin = at + 1
      }
      at += 1
    }
    return words
  }

  private func extended(
    _ query: Query, from first: Int, _ words: ArraySlice<Range<Int>>, _ index: TraceSegment
  ) -> (matched: Int, end: Int, gaps: Int) {
    var (at, rest, matched, end) = (first, words, 0, first)
    var gaps = 0
    func equal(_ word: Int, _ range: Range<Int>?) -> Bool {
      guard word < query.count, let range else { return false }
      let length = query.starts[word + 1] - query.starts[word]
      guard length == range.count else { return false }
      return unsafe index.common(query.words, from: query.starts[word], at: range.lowerBound).count
        >= length
    }
    func word(_ place: Int) -> Range<Int>? {
      rest.startIndex + place < rest.endIndex ? rest[rest.startIndex + place] : nil
    }
    while at < query.count, !rest.isEmpty {
      var isFound = false
      search: for gap in 0...(2 * Self.widestGap) {
        for mine in max(0, gap - Self.widestGap)...min(gap, Self.widestGap) {
          let theirs = gap - mine
          let needed = gap == 0 ? 1 : Self.leastBehind
          guard (0..<needed).allSatisfy({ equal(at + mine + $0, word(theirs + $0)) }) else {
            continue
          }
          at += mine + needed
          gaps += gap == 0 ? 0 : 1
          rest = rest.dropFirst(theirs + needed)
          matched += needed
          end = at
          isFound = true
          break search
        }
      }
      if !isFound { break }
    }
    return (matched, end, gaps)
  }
}
