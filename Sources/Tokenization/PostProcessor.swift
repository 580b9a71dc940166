// The post-processors of tokenizer.json: special tokens around the text and trimmed offsets; see
// Specs/Tokenizers.md, "Post-processors".

enum PostProcessor: Sendable {
  /// What a single text becomes.
  case template([TemplatePiece])
  /// Offsets leave out the white space at both ends of a token.
  case trimOffsets(addedSpace: Bool)
}

enum TemplatePiece: Sendable {
  case text
  case special([Int32])
}

/// White space at the ends of tokens, in characters, and moving offsets by characters.
enum Offsets {
  /// In byte-level files the space is written as Ġ, which counts as white space here.
  static func isSpace(_ text: Span<UInt8>, _ index: Int, _ classes: CharacterClasses) -> Bool {
    let value = TextScan.scalar(text, index).0
    return value == 0x120 || CharacterSet.spaces.contains(classes.code(of: value))
  }

  static func leadingSpaces(
    _ text: Span<UInt8>, _ range: Range<Int>, _ classes: CharacterClasses
  ) -> Int {
    var index = range.lowerBound
    var count = 0
    while index < range.upperBound, isSpace(text, index, classes) {
      index = TextScan.end(text, index)
      count += 1
    }
    return count
  }

  static func trailingSpaces(
    _ text: Span<UInt8>, _ range: Range<Int>, _ classes: CharacterClasses
  ) -> Int {
    var index = range.upperBound
    var count = 0
    while index > range.lowerBound {
      index = TextScan.previous(text, index)
      if !isSpace(text, index, classes) { break }
      count += 1
    }
    return count
  }

  /// `index` moved right by `count` characters, but not beyond `limit`.
  static func forward(_ text: Span<UInt8>, _ index: Int, _ count: Int, _ limit: Int) -> Int {
    var position = index
    for _ in 0..<count where position < limit { position = TextScan.end(text, position) }
    return min(position, limit)
  }

  /// `index` moved left by `count` characters, but not beyond `limit`; nil where the text has fewer.
  static func backward(_ text: Span<UInt8>, _ index: Int, _ count: Int, _ limit: Int) -> Int? {
    var position = index
    for _ in 0..<count {
      if position == 0 { return nil }
      position = TextScan.previous(text, position)
    }
    return max(position, limit)
  }
}

extension EncodingPass {
  /// Applies the post-processors to what the text gave.
  mutating func finish(_ text: Span<UInt8>, addsSpecialTokens: Bool) {
    for processor in tokenizer.postProcessors {
      switch processor {
      case .trimOffsets(let addedSpace):
        if wantsOffsets { trim(text, addedSpace: addedSpace) }
      case .template(let pieces):
        let (inner, innerStarts, innerEnds) = (ids, starts, ends)
        let innerPadded = padded
        ids = []
        starts = []
        ends = []
        padded = []
        for piece in pieces {
          switch piece {
          case .text:
            for item in innerPadded { padded.append((item.0 + ids.count, item.1, item.2)) }
            ids += inner
            starts += innerStarts
            ends += innerEnds
          case .special(let special):
            if !addsSpecialTokens { continue }
            ids += special
            if wantsOffsets {
              starts += repeatElement(0, count: special.count)
              ends += repeatElement(0, count: special.count)
            }
          }
        }
      }
    }
  }

  private mutating func trim(_ text: Span<UInt8>, addedSpace: Bool) {
    var special = padded.makeIterator()
    var next = special.next()
    for place in ids.indices {
      var (before, after) = tokenizer.spaces(around: ids[place])
      if let item = next, item.place == place {
        (before, after) = (item.before, item.after)
        next = special.next()
      }
      if before == 0 && after == 0 { continue }
      var (start, end) = (Int(starts[place]), Int(ends[place]))
      if before > 0 {
        // A single space at the very start may be one that was added, which has no place.
        let isFirst = place == 0 || start == 0
        if isFirst && addedSpace && before == 1 { before = 0 }
        start = Offsets.forward(text, start, before, end)
      }
      if after > 0, let moved = Offsets.backward(text, end, after, start) { end = moved }
      starts[place] = UInt32(truncatingIfNeeded: start)
      ends[place] = UInt32(truncatingIfNeeded: end)
    }
  }
}
