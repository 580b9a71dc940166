// The byte-pair model: initial symbols of a word, and which merges follow; see Specs/Tokenizers.md,
// "Byte-pair model".

/// Immutable once loaded; shared by all threads.
struct BytePairModel: Sendable {
  /// In byte mode the tokens' real bytes (not the printable stand-ins of the file) are the keys.
  var tokens = TokenTable()
  var merges = MergeTable()
  /// Words are bytes, as with a ByteLevel pre-tokenizer; otherwise characters.
  var byteMode = false
  var byteFallback = false
  var fuseUnknown = false
  /// A word that is a token as a whole is that token, whatever the merges would give.
  var ignoreMerges = false
  var unknown: Int32? = nil
  /// In byte mode: the symbol of each byte, -1 if there is none.
  var byteSymbols = [Int32](repeating: -1, count: 256)
  /// With byte fallback: the ids of `<0x00>` to `<0xFF>`, -1 if absent.
  var fallbackSymbols = [Int32](repeating: -1, count: 256)
  /// Words may be cut where no token has the bytes on both sides next to each other: no merge crosses
  /// such a place.
  var cutsSafely = false
  /// Bit 256·left + right: some token has `right` directly after `left`.
  var adjacent = [UInt64](repeating: 0, count: 1024)
  /// Bit `left`: some token has the sign ▁ directly after the byte `left`.
  var beforeMeta = [UInt64](repeating: 0, count: 4)

  /// Fills the tables that follow from the vocabulary, once it is complete.
  mutating func prepare() {
    if byteMode {
      for byte in 0..<256 {
        byteSymbols[byte] = tokens.id(of: [UInt8(truncatingIfNeeded: byte)]) ?? -1
      }
    }
    if byteFallback {
      let digits = Array("0123456789ABCDEF".utf8)
      for byte in 0..<256 {
        let name = Array("<0x".utf8) + [digits[byte >> 4], digits[byte & 15]] + Array(">".utf8)
        fallbackSymbols[byte] = tokens.id(of: name) ?? -1
      }
    }
    for place in 0..<tokens.count { mark(tokens.token(at: place)) }
  }

  private mutating func mark(_ token: ArraySlice<UInt8>) {
    var previous: UInt8? = nil
    for index in token.indices {
      let byte = token[index]
      if let left = previous {
        let bit = Int(left) << 8 | Int(byte)
        adjacent[bit >> 6] |= 1 << UInt64(bit & 63)
        if byte == 0xE2, token.endIndex - index >= 3, token[index + 1] == 0x96,
          token[index + 2] == 0x81
        {
          beforeMeta[Int(left) >> 6] |= 1 << UInt64(left & 63)
        }
      }
      previous = byte
    }
  }

  /// True when the word may be cut before `index`, an inner start of a character.
  @inline(always) func canCut(_ text: Span<UInt8>, _ index: Int, _ end: Int) -> Bool {
    let left = Int(text[index - 1])
    let right = Int(text[index])
    let bit = left << 8 | right
    if adjacent[bit >> 6] >> UInt64(bit & 63) & 1 == 0 { return true }
    guard right == 0xE2, end - index >= 3, text[index + 1] == 0x96, text[index + 2] == 0x81 else {
      return false
    }
    return beforeMeta[left >> 6] >> UInt64(left & 63) & 1 == 0
  }

  /// The symbols of a word before any merge.
  func symbols(_ text: Span<UInt8>, _ start: Int, _ end: Int, into word: inout Word) {
    word.removeAll()
    if byteMode {
      for index in start..<end { byteSymbol(text[index], &word) }
    } else {
      var index = start
      while index < end {
        let next = min(index + TextScan.scalar(text, index).1, end)
        if let id = tokens.id(of: text, index, next) {
          word.flushUnknown()
          word.append(id, length: next - index)
        } else if !appendFallback(text, index, next, &word) {
          appendUnknown(next - index, &word)
        }
        index = next
      }
    }
    word.flushUnknown()
  }

  @inline(always) private func byteSymbol(_ byte: UInt8, _ word: inout Word) {
    let id = byteSymbols[Int(byte)]
    if id >= 0 {
      word.flushUnknown()
      word.append(id, length: 1)
    } else {
      appendUnknown(1, &word)
    }
  }

  private func appendFallback(
    _ text: Span<UInt8>, _ start: Int, _ end: Int, _ word: inout Word
  ) -> Bool {
    guard byteFallback else { return false }
    for index in start..<end where fallbackSymbols[Int(text[index])] < 0 { return false }
    for index in start..<end { word.append(fallbackSymbols[Int(text[index])], length: 1) }
    return true
  }

  /// Without an unknown token the character disappears, as it does in the library this follows.
  private func appendUnknown(_ length: Int, _ word: inout Word) {
    guard let unknown else { return }
    if word.unknownLength > 0, !fuseUnknown { word.flushUnknown() }
    word.unknown = unknown
    word.unknownLength += length
  }
}

/// The symbols of one word while it is merged, and the memory for it, which is used again.
struct Word: Sendable {
  var ids: [UInt32] = []
  /// Bytes of the text that each symbol stands for.
  var lengths: [UInt32] = []
  /// An unknown token that is not appended yet, because the next character may join it.
  var unknown: Int32 = 0
  var unknownLength = 0
  private var ranks: [UInt32] = []
  private var results: [UInt32] = []
  private var previous: [Int32] = []
  private var next: [Int32] = []
  private var heap = MergeHeap()

  /// Up to this many symbols, looking at all of them for each merge is faster than a heap.
  private static let scanned = 48
  private static let never = UInt32.max

  mutating func removeAll() {
    ids.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    unknownLength = 0
  }

  @inline(always) mutating func append(_ id: Int32, length: Int) {
    ids.append(UInt32(bitPattern: id))
    lengths.append(UInt32(truncatingIfNeeded: length))
  }

  @inline(always) mutating func flushUnknown() {
    if unknownLength > 0 {
      append(unknown, length: unknownLength)
      unknownLength = 0
    }
  }

  /// Merges the pair of lowest rank, of equal ones the leftmost, until no pair has a rank.
  mutating func mergeAll(_ merges: borrowing MergeTable) {
    if ids.count < 2 { return }
    if ids.count <= Self.scanned { mergeScanning(merges) } else { mergeWithHeap(merges) }
  }

  private mutating func mergeScanning(_ merges: borrowing MergeTable) {
    ranks.removeAll(keepingCapacity: true)
    results.removeAll(keepingCapacity: true)
    for index in 0..<(ids.count - 1) {
      let found = merges.find(ids[index], ids[index + 1])
      ranks.append(found?.rank ?? Self.never)
      results.append(found?.result ?? 0)
    }
    while !ranks.isEmpty {
      var best = 0
      var rank = ranks[0]
      for index in 1..<max(ranks.count, 1) where ranks[index] < rank {
        best = index
        rank = ranks[index]
      }
      if rank == Self.never { return }
      ids[best] = results[best]
      lengths[best] += lengths[best + 1]
      ids.remove(at: best + 1)
      lengths.remove(at: best + 1)
      ranks.remove(at: best)
      results.remove(at: best)
      if best > 0 { refresh(best - 1, merges) }
      if best < ranks.count { refresh(best, merges) }
    }
  }

  @inline(always) private mutating func refresh(_ index: Int, _ merges: borrowing MergeTable) {
    let found = merges.find(ids[index], ids[index + 1])
    ranks[index] = found?.rank ?? Self.never
    results[index] = found?.result ?? 0
  }

  /// The same for long words in n·log n: a linked list of symbols and a heap of pairs, in which entries
  /// that have been overtaken are recognised when they come up.
  private mutating func mergeWithHeap(_ merges: borrowing MergeTable) {
    let count = ids.count
    previous.removeAll(keepingCapacity: true)
    next.removeAll(keepingCapacity: true)
    heap.removeAll()
    for index in 0..<count {
      previous.append(Int32(truncatingIfNeeded: index - 1))
      next.append(index + 1 < count ? Int32(truncatingIfNeeded: index + 1) : -1)
      if index + 1 < count, let found = merges.find(ids[index], ids[index + 1]) {
        heap.append(UInt64(found.rank) << 32 | UInt64(index))
      }
    }
    heap.order()
    while let top = heap.pop() {
      let rank = UInt32(truncatingIfNeeded: top >> 32)
      let place = Int(top & 0xFFFF_FFFF)
      // A removed symbol has length 0; a pair that changed has another rank.
      if lengths[place] == 0 || next[place] < 0 { continue }
      let right = Int(next[place])
      guard let found = merges.find(ids[place], ids[right]), found.rank == rank else { continue }
      ids[place] = found.result
      lengths[place] += lengths[right]
      lengths[right] = 0
      next[place] = next[right]
      if next[right] >= 0 { previous[Int(next[right])] = Int32(truncatingIfNeeded: place) }
      if previous[place] >= 0 { offer(Int(previous[place]), place, merges) }
      if next[place] >= 0 { offer(place, Int(next[place]), merges) }
    }
    var kept = 0
    for index in 0..<count where lengths[index] > 0 {
      ids[kept] = ids[index]
      lengths[kept] = lengths[index]
      kept += 1
    }
    ids.removeLast(count - kept)
    lengths.removeLast(count - kept)
  }

  @inline(always) private mutating func offer(
    _ left: Int, _ right: Int, _ merges: borrowing MergeTable
  ) {
    if let found = merges.find(ids[left], ids[right]) {
      heap.push(UInt64(found.rank) << 32 | UInt64(left))
    }
  }
}

/// A binary heap of (rank, place) in one integer each; the least comes first.
struct MergeHeap: Sendable {
  private var items: [UInt64] = []

  mutating func removeAll() { items.removeAll(keepingCapacity: true) }

  /// Adds without ordering; `order()` follows.
  mutating func append(_ item: UInt64) { items.append(item) }

  mutating func order() {
    var index = items.count / 2
    while index > 0 {
      index -= 1
      sink(index)
    }
  }

  mutating func push(_ item: UInt64) {
    items.append(item)
    var index = items.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      if items[parent] <= items[index] { break }
      items.swapAt(parent, index)
      index = parent
    }
  }

  mutating func pop() -> UInt64? {
    guard let first = items.first else { return nil }
    let last = items.removeLast()
    if !items.isEmpty {
      items[0] = last
      sink(0)
    }
    return first
  }

  private mutating func sink(_ start: Int) {
    var index = start
    while true {
      var child = 2 * index + 1
      if child >= items.count { return }
      if child + 1 < items.count, items[child + 1] < items[child] { child += 1 }
      if items[index] <= items[child] { return }
      items.swapAt(index, child)
      index = child
    }
  }
}
