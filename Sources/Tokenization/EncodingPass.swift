// One text on its way through the steps of a tokenizer, piece by piece, so that nothing but the output
// grows with the text; see Specs/Tokenizers.md, "Encoding".

struct EncodingPass {
  let tokenizer: Tokenizer
  let wantsOffsets: Bool
  /// Where special tokens' names are text, in order.
  let literal: [Range<Int>]
  var cache: WordCache
  var ids: [Int32] = []
  /// Byte ranges in the given text; empty when nobody asks.
  var starts: [UInt32] = []
  var ends: [UInt32] = []
  /// White space around added tokens that took it in: place in `ids`, characters before and after.
  var padded: [(place: Int, before: Int, after: Int)] = []
  private var word = Word()
  private let classes = CharacterClasses.shared

  init(_ tokenizer: Tokenizer, _ cache: WordCache, wantsOffsets: Bool, literal: [Range<Int>]) {
    self.tokenizer = tokenizer
    self.cache = cache
    self.wantsOffsets = wantsOffsets
    self.literal = literal
  }

  /// Tokens of the whole text, which is well-formed UTF-8.
  mutating func run(_ text: Span<UInt8>) throws(TokenizerError) {
    let matcher = tokenizer.plainTokens
    if matcher.isEmpty { return try segment(text, 0..<text.count) }
    var pieces: [(range: Range<Int>, token: AddedToken?)] = []
    try matcher.pieces(text, 0..<text.count, special: { recognises($0) }) {
      (range, token) throws(TokenizerError) in pieces.append((range, token))
    }
    for (range, token) in pieces {
      if let token {
        emit(token, text, range, .identity)
      } else {
        try segment(text, range)
      }
    }
  }

  private func recognises(_ match: Range<Int>) -> Bool {
    if literal.isEmpty { return true }
    var (low, high) = (0, literal.count)
    while low < high {
      let middle = (low + high) / 2
      if literal[middle].upperBound <= match.lowerBound { low = middle + 1 } else { high = middle }
    }
    return low == literal.count || literal[low].lowerBound >= match.upperBound
  }

  /// A stretch without tokens that are looked for in the given text: normalise it, then look for those
  /// of the normalised text.
  private mutating func segment(
    _ text: Span<UInt8>, _ range: Range<Int>
  ) throws(TokenizerError) {
    if tokenizer.normalizers.isEmpty {
      return try normalized(text, range, .identity)
    }
    // Whether a piece begins at the text's first character must be known to some pre-tokenizers.
    let aligned = wantsOffsets || tokenizer.needsOrigin
    var copy = AlignedText(text, range, aligned: aligned)
    for normalizer in tokenizer.normalizers { try normalizer.apply(&copy) }
    try normalized(copy.bytes.span, 0..<copy.bytes.count, copy.alignment)
  }

  private mutating func normalized(
    _ text: Span<UInt8>, _ range: Range<Int>, _ alignment: Alignment
  ) throws(TokenizerError) {
    if range.isEmpty { return }
    let matcher = tokenizer.normalizedTokens
    if matcher.isEmpty { return try step(0, text, range, alignment) }
    var pieces: [(range: Range<Int>, token: AddedToken?)] = []
    // In changed text places are not known, so special names count only if they do everywhere.
    let inText = { (match: Range<Int>) in
      alignment.isIdentity ? recognises(match) : literal.isEmpty
    }
    try matcher.pieces(text, range, special: inText) {
      (range, token) throws(TokenizerError) in pieces.append((range, token))
    }
    for (range, token) in pieces {
      if let token {
        emit(token, text, range, alignment)
      } else {
        try step(0, text, range, alignment)
      }
    }
  }

  /// Puts a piece through the pre-tokenizers from number `index` on.
  private mutating func step(
    _ index: Int, _ text: Span<UInt8>, _ range: Range<Int>, _ alignment: Alignment
  ) throws(TokenizerError) {
    if range.isEmpty { return }
    guard index < tokenizer.preTokenizers.count else { return try piece(text, range, alignment) }
    switch tokenizer.preTokenizers[index] {
    case .split(let pattern, .isolated, _):
      // The common case, without a list of pieces: matches and gaps go on alike.
      var done = range.lowerBound
      var position = range.lowerBound
      while position < range.upperBound {
        if let end = pattern.matchEnd(text, position, range.upperBound, classes), end > position {
          if done < position { try step(index + 1, text, done..<position, alignment) }
          try step(index + 1, text, position..<end, alignment)
          position = end
          done = end
        } else {
          position = min(TextScan.end(text, position), range.upperBound)
        }
      }
      if done < position { try step(index + 1, text, done..<position, alignment) }
    case .split(let pattern, let behavior, let inverted):
      var pieces: [SplitPiece] = []
      try pattern.pieces(text, range, classes) { (piece) throws(TokenizerError) in
        pieces.append(SplitPiece(range: piece.range, isMatch: piece.isMatch != inverted))
      }
      for piece in behavior.applied(to: pieces) { try step(index + 1, text, piece, alignment) }
    case .digits(let individual):
      try digits(index, text, range, alignment, individual)
    case .whitespaceSplit:
      var position = range.lowerBound
      while position < range.upperBound {
        let word = classes.run(of: .spaces, text, position, range.upperBound)
        position = word
        while position < range.upperBound {
          let (code, length) = classes.step(text, position)
          if CharacterSet.spaces.contains(code) { break }
          position += length
        }
        try step(index + 1, text, word..<position, alignment)
      }
    case .metaspace(let replacement, let scheme, let splits):
      try metaspace(index, text, range, alignment, replacement, scheme, splits)
    case .spacePrefix:
      if text[range.lowerBound] == UInt8(ascii: " ") {
        return try step(index + 1, text, range, alignment)
      }
      var copy = owned(text, range, alignment)
      copy.prepend([UInt8(ascii: " ")])
      try step(index + 1, copy.bytes.span, 0..<copy.bytes.count, copy.alignment)
    }
  }

  private mutating func digits(
    _ index: Int, _ text: Span<UInt8>, _ range: Range<Int>, _ alignment: Alignment,
    _ individual: Bool
  ) throws(TokenizerError) {
    var start = range.lowerBound
    while start < range.upperBound {
      let (first, length) = isNumeric(text, start)
      var end = start + length
      while end < range.upperBound, !(first && individual) {
        let (numeric, length) = isNumeric(text, end)
        if numeric != first { break }
        end += length
      }
      try step(index + 1, text, start..<end, alignment)
      start = end
    }
  }

  /// Numeric here follows a newer Unicode than the split patterns do; these are the ten that differ.
  private func isNumeric(_ text: Span<UInt8>, _ index: Int) -> (Bool, Int) {
    let (value, length) = TextScan.scalar(text, index)
    let numeric =
      CharacterSet.numbers.contains(classes.code(of: value)) || (0x11DE0...0x11DE9).contains(value)
    return (numeric, length)
  }

  private mutating func metaspace(
    _ index: Int, _ text: Span<UInt8>, _ range: Range<Int>, _ alignment: Alignment,
    _ replacement: [UInt8], _ scheme: PrependScheme, _ splits: Bool
  ) throws(TokenizerError) {
    let atOrigin =
      alignment.isIdentity
      ? range.lowerBound == 0 : alignment.isKnown && alignment.starts[range.lowerBound] == 0
    var copy = owned(text, range, alignment)
    copy.replace([UInt8(ascii: " ")], with: replacement)
    if !copy.bytes.starts(with: replacement),
      scheme == .always || (scheme == .first && atOrigin)
    {
      copy.prepend(replacement)
    }
    let whole = 0..<copy.bytes.count
    if splits {
      var pieces: [SplitPiece] = []
      try SplitPattern.literal(replacement).pieces(copy.bytes.span, whole, classes) {
        (piece) throws(TokenizerError) in pieces.append(piece)
      }
      for piece in SplitBehavior.mergedWithNext.applied(to: pieces) {
        try step(index + 1, copy.bytes.span, piece, copy.alignment)
      }
    } else {
      try step(index + 1, copy.bytes.span, whole, copy.alignment)
    }
  }

  /// A copy of a piece that can be changed.
  private func owned(
    _ text: Span<UInt8>, _ range: Range<Int>, _ alignment: Alignment
  ) -> AlignedText {
    if alignment.isIdentity {
      return AlignedText(text, range, aligned: wantsOffsets || tokenizer.needsOrigin)
    }
    var copy = AlignedText(aligned: alignment.isKnown)
    for index in range { copy.bytes.append(text[index]) }
    if alignment.isKnown {
      copy.alignment.starts += alignment.starts[range]
      copy.alignment.ends += alignment.ends[range]
    }
    return copy
  }

  /// A piece that no pre-tokenizer cuts any more. Where no merge can cross, it is cut further, so that
  /// long pieces become words that repeat.
  private mutating func piece(
    _ text: Span<UInt8>, _ range: Range<Int>, _ alignment: Alignment
  ) throws(TokenizerError) {
    let model = tokenizer.model
    if model.ignoreMerges, let id = model.tokens.id(of: text, range.lowerBound, range.upperBound) {
      return emit(id, text, range.lowerBound, range.upperBound, alignment)
    }
    guard model.cutsSafely, range.count > 16 else { return try merged(text, range, alignment) }
    var start = range.lowerBound
    var index = start + 1
    while index < range.upperBound {
      if text[index] & 0xC0 != 0x80, model.canCut(text, index, range.upperBound) {
        try merged(text, start..<index, alignment)
        start = index
      }
      index += 1
    }
    try merged(text, start..<range.upperBound, alignment)
  }

  private mutating func merged(
    _ text: Span<UInt8>, _ range: Range<Int>, _ alignment: Alignment
  ) throws(TokenizerError) {
    let (start, end) = (range.lowerBound, range.upperBound)
    if end - start > WordCache.longest {
      if end - start > TokenizerLimits.wordBytes {
        throw .limit(
          what: "the length of a word in bytes", value: end - start,
          limit: TokenizerLimits.wordBytes, advice: "break the text into lines")
      }
      tokenizer.model.symbols(text, start, end, into: &word)
      word.mergeAll(tokenizer.model.merges)
      return emitWord(text, start, alignment)
    }
    let hash = TableHash.bytes(text, start, end)
    if let found = cache.find(text, start, end, hash: hash) {
      if !wantsOffsets {
        for index in found { ids.append(Int32(truncatingIfNeeded: cache.values[index])) }
        return
      }
      var position = start
      for index in found {
        let value = cache.values[index]
        let next = min(position + Int(value >> 32), end)
        emit(Int32(truncatingIfNeeded: value), text, position, next, alignment)
        position = next
      }
      return
    }
    tokenizer.model.symbols(text, start, end, into: &word)
    word.mergeAll(tokenizer.model.merges)
    cache.insert(text, start, end, hash: hash, word)
    emitWord(text, start, alignment)
  }

  private mutating func emitWord(_ text: Span<UInt8>, _ start: Int, _ alignment: Alignment) {
    var position = start
    for index in word.ids.indices {
      let next = position + Int(word.lengths[index])
      emit(Int32(bitPattern: word.ids[index]), text, position, next, alignment)
      position = next
    }
  }

  @inline(always) private mutating func emit(
    _ id: Int32, _ text: Span<UInt8>, _ start: Int, _ end: Int, _ alignment: Alignment
  ) {
    ids.append(id)
    if wantsOffsets {
      let range = alignment.range(text, start, end)
      starts.append(range.start)
      ends.append(range.end)
    }
  }

  private mutating func emit(
    _ token: AddedToken, _ text: Span<UInt8>, _ range: Range<Int>, _ alignment: Alignment
  ) {
    if range.isEmpty { return }
    if wantsOffsets, token.stripsLeft || token.stripsRight {
      padded.append(
        (
          ids.count, Offsets.leadingSpaces(text, range, classes),
          Offsets.trailingSpaces(text, range, classes)
        ))
    }
    emit(token.id, text, range.lowerBound, range.upperBound, alignment)
  }
}
