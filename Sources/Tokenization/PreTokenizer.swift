// The pre-tokenizers of tokenizer.json as a list of steps, each of which cuts or changes the pieces of
// the step before; see Specs/Tokenizers.md, "Pre-tokenizers".

/// What becomes of the matches of a split.
enum SplitBehavior: String, Sendable {
  case removed = "Removed"
  case isolated = "Isolated"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  case contiguous = "Contiguous"
}

enum PrependScheme: String, Sendable {
  case always, never, first
}

enum PreTokenizer: Sendable {
  case split(SplitPattern, SplitBehavior, inverted: Bool)
  /// Numeric characters, one by one or in runs.
  case digits(individual: Bool)
  /// White space is left out.
  case whitespaceSplit
  /// Spaces become `replacement`, which may also be put in front; pieces begin with it when `splits`.
  case metaspace(replacement: [UInt8], scheme: PrependScheme, splits: Bool)
  /// A space is put before a piece that does not begin with one.
  case spacePrefix
}

/// A match or what lies between two of them.
struct SplitPiece {
  var range: Range<Int>
  var isMatch: Bool
}

extension SplitBehavior {
  /// The pieces of a text whose matches are marked, as the followed library makes them.
  func applied(to pieces: [SplitPiece]) -> [Range<Int>] {
    switch self {
    case .isolated: return pieces.map(\.range)
    case .removed: return pieces.filter { !$0.isMatch }.map(\.range)
    case .contiguous:
      var output: [Range<Int>] = []
      var previous = false
      for piece in pieces {
        if piece.isMatch == previous, let last = output.last {
          output[output.count - 1] = last.lowerBound..<piece.range.upperBound
        } else {
          output.append(piece.range)
        }
        previous = piece.isMatch
      }
      return output
    case .mergedWithPrevious:
      var output: [Range<Int>] = []
      var previous = false
      for piece in pieces {
        if piece.isMatch, !previous, let last = output.last {
          output[output.count - 1] = last.lowerBound..<piece.range.upperBound
        } else {
          output.append(piece.range)
        }
        previous = piece.isMatch
      }
      return output
    case .mergedWithNext:
      var output: [Range<Int>] = []
      var previous = false
      for piece in pieces.reversed() {
        if piece.isMatch, !previous, let last = output.last {
          output[output.count - 1] = piece.range.lowerBound..<last.upperBound
        } else {
          output.append(piece.range)
        }
        previous = piece.isMatch
      }
      return output.reversed()
    }
  }
}

extension SplitPattern {
  /// Matches and what lies between them, in order, covering the range.
  func pieces(
    _ text: Span<UInt8>, _ range: Range<Int>, _ classes: borrowing CharacterClasses,
    _ body: (SplitPiece) throws(TokenizerError) -> Void
  ) throws(TokenizerError) {
    var done = range.lowerBound
    var index = range.lowerBound
    while index < range.upperBound {
      guard let end = matchEnd(text, index, range.upperBound, classes), end > index else {
        index = min(TextScan.end(text, index), range.upperBound)
        continue
      }
      if done < index { try body(SplitPiece(range: done..<index, isMatch: false)) }
      try body(SplitPiece(range: index..<end, isMatch: true))
      index = end
      done = end
    }
    if done < range.upperBound {
      try body(SplitPiece(range: done..<range.upperBound, isMatch: false))
    }
  }
}
