// Learns a byte-level BPE vocabulary from text, deterministically and with the same result as PyPI's
// tokenizers; see Specs/Tokenizers.md, "Training".

/// Feed it text, then `train`. The same texts in any order and cut give the same merges, except that a
/// cut in the middle of a word makes two words of it.
public struct BPETrainer: Sendable {
  /// How text is cut into words.
  public enum Words: Sendable, Equatable {
    case gpt2
    case llama3
    case qwen2

    var pattern: SplitPattern {
      switch self {
      case .gpt2: .gpt2
      case .llama3: .words(digits: 3, marks: false)
      case .qwen2: .words(digits: 1, marks: false)
      }
    }
  }

  /// The greatest number of tokens, special ones and the 256 bytes included.
  public let vocabularySize: Int
  /// A pair that occurs less often is not merged.
  public let minimumFrequency: Int
  public let specialTokens: [String]
  public let words: Words
  private var table = TokenTable()
  private var counts: [Int] = []
  private let classes = CharacterClasses.shared

  public init(
    vocabularySize: Int, specialTokens: [String], words: Words = .gpt2, minimumFrequency: Int = 2
  ) {
    self.vocabularySize = min(vocabularySize, TokenizerLimits.vocabulary)
    self.minimumFrequency = minimumFrequency
    self.specialTokens = specialTokens
    self.words = words
  }

  /// Counts the words of a text. Ill-formed UTF-8 counts as U+FFFD.
  public mutating func add(_ utf8: [UInt8]) throws(TokenizerError) {
    let text = Tokenizer.repaired(utf8)
    let span = text.span
    var (table, counts) = (table, counts)
    self.table = TokenTable()
    self.counts = []
    defer {
      self.table = table
      self.counts = counts
    }
    try words.pattern.pieces(span, 0..<span.count, classes) { (piece) throws(TokenizerError) in
      let (start, end) = (piece.range.lowerBound, piece.range.upperBound)
      if end - start > TokenizerLimits.tokenBytes {
        // A word that long teaches nothing that its beginning does not; this bounds the work.
        return
      }
      if let place = table.id(of: span, start, end) {
        counts[Int(place)] += 1
      } else {
        _ = table.add(Array(text[start..<end]), id: Int32(truncatingIfNeeded: counts.count))
        counts.append(1)
      }
    }
  }

  public mutating func add(_ text: String) throws(TokenizerError) { try add(Array(text.utf8)) }

  /// Merges the most frequent pair (of equal ones the one with the smaller ids) until the vocabulary is
  /// full or no pair is frequent enough.
  public func train() -> TrainedVocabulary {
    var vocabulary = TrainedVocabulary(specialTokens: specialTokens)
    // The order of the library: by the bytes' printable stand-ins.
    let alphabet = (0..<256).sorted { ByteAlphabet.scalars[$0] < ByteAlphabet.scalars[$1] }
    var symbolOfByte = [UInt32](repeating: 0, count: 256)
    for byte in alphabet {
      symbolOfByte[byte] = vocabulary.add([UInt8(truncatingIfNeeded: byte)])
    }
    var merger = PairMerger()
    for place in 0..<table.count {
      merger.addWord(table.token(at: place).map { symbolOfByte[Int($0)] }, count: counts[place])
    }
    merger.start()
    while vocabulary.count < vocabularySize, let pair = merger.pop(atLeast: minimumFrequency) {
      let token = vocabulary.token(pair.left) + vocabulary.token(pair.right)
      if token.count > TokenizerLimits.tokenBytes { continue }
      let id = vocabulary.add(token)
      vocabulary.merges.append((pair.left, pair.right))
      merger.merge(pair, into: id)
    }
    return vocabulary
  }
}

/// What training gives: tokens by id, special ones first, and merges by rank.
public struct TrainedVocabulary: Sendable {
  public let specialTokens: [String]
  private var table = TokenTable()
  private var tokens: [[UInt8]] = []
  public fileprivate(set) var merges: [(left: UInt32, right: UInt32)] = []

  init(specialTokens: [String]) {
    self.specialTokens = specialTokens
    for token in specialTokens { _ = add(Array(token.utf8)) }
  }

  public var count: Int { tokens.count }

  /// The bytes of a token; none for an id that no token has.
  public func token(_ id: UInt32) -> [UInt8] {
    Int(id) < tokens.count ? tokens[Int(id)] : []
  }

  /// The id of a token, which is added unless it is there.
  mutating func add(_ token: [UInt8]) -> UInt32 {
    if let id = table.id(of: token) { return UInt32(bitPattern: id) }
    let id = Int32(truncatingIfNeeded: tokens.count)
    _ = table.add(token, id: id)
    tokens.append(token)
    return UInt32(bitPattern: id)
  }
}

/// Words as symbols, how often each pair stands in them, and where.
struct PairMerger {
  struct Pair {
    var left: UInt32
    var right: UInt32
    fileprivate var list: Int
  }

  private struct Item {
    var count: Int
    var pair: UInt64
    var list: Int
  }

  private var words: [[UInt32]] = []
  private var counts: [Int] = []
  private var pairCounts: [UInt64: Int] = [:]
  /// Places of pairs: lists of words. A list is given up when its pair is merged.
  private var lists: [[Int32]] = []
  private var heap: [Item] = []

  mutating func addWord(_ symbols: [UInt32], count: Int) {
    words.append(symbols)
    counts.append(count)
  }

  mutating func start() {
    var found: [UInt64: Int] = [:]
    for (place, word) in words.enumerated() where word.count > 1 {
      for index in 0..<(word.count - 1) {
        note(MergeTable.key(word[index], word[index + 1]), place, counts[place], &found)
      }
    }
    offer(found)
  }

  /// Adds to a pair's count and, if new there, the word to its list in this round.
  private mutating func note(
    _ pair: UInt64, _ place: Int, _ count: Int, _ found: inout [UInt64: Int]
  ) {
    pairCounts[pair, default: 0] += count
    let word = Int32(truncatingIfNeeded: place)
    if let list = found[pair] {
      if lists[list].last != word { lists[list].append(word) }
    } else {
      found[pair] = lists.count
      lists.append([word])
    }
  }

  /// Puts this round's pairs into the heap. Its order is total, so the dictionary's does not show.
  private mutating func offer(_ found: [UInt64: Int]) {
    for (pair, list) in found {  // order: the heap's is total
      if let count = pairCounts[pair], count > 0 {
        push(Item(count: count, pair: pair, list: list))
      }
    }
  }

  /// The most frequent pair. Items whose count has changed meanwhile go back with the new one.
  mutating func pop(atLeast minimum: Int) -> Pair? {
    while let top = heap.first {
      let count = pairCounts[top.pair] ?? 0
      if top.count != count {
        heap[0].count = count
        sink(0)
        continue
      }
      if count < 1 || count < minimum { return nil }
      removeFirst()
      return Pair(
        left: UInt32(truncatingIfNeeded: top.pair >> 32),
        right: UInt32(truncatingIfNeeded: top.pair), list: top.list)
    }
    return nil
  }

  mutating func merge(_ pair: Pair, into result: UInt32) {
    var found: [UInt64: Int] = [:]
    let places = lists[pair.list]
    lists[pair.list] = []
    for place in places { merge(pair, into: result, Int(place), &found) }
    offer(found)
  }

  private mutating func merge(
    _ pair: Pair, into result: UInt32, _ place: Int, _ found: inout [UInt64: Int]
  ) {
    let word = words[place]
    let count = counts[place]
    var output: [UInt32] = []
    output.reserveCapacity(word.count)
    var index = 0
    while index < word.count {
      guard index + 1 < word.count, word[index] == pair.left, word[index + 1] == pair.right else {
        output.append(word[index])
        index += 1
        continue
      }
      if let before = output.last {
        pairCounts[MergeTable.key(before, pair.left), default: 0] -= count
        note(MergeTable.key(before, result), place, count, &found)
      }
      if index + 2 < word.count {
        pairCounts[MergeTable.key(pair.right, word[index + 2]), default: 0] -= count
        note(MergeTable.key(result, word[index + 2]), place, count, &found)
      }
      output.append(result)
      index += 2
    }
    words[place] = output
  }

  /// More frequent first, then smaller ids.
  private func precedes(_ left: Item, _ right: Item) -> Bool {
    if left.count != right.count { return left.count > right.count }
    return left.pair != right.pair ? left.pair < right.pair : left.list < right.list
  }

  private mutating func push(_ item: Item) {
    heap.append(item)
    var index = heap.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      if !precedes(heap[index], heap[parent]) { return }
      heap.swapAt(index, parent)
      index = parent
    }
  }

  private mutating func removeFirst() {
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink(0)
    }
  }

  private mutating func sink(_ start: Int) {
    var index = start
    while true {
      var child = 2 * index + 1
      if child >= heap.count { return }
      if child + 1 < heap.count, precedes(heap[child + 1], heap[child]) { child += 1 }
      if !precedes(heap[child], heap[index]) { return }
      heap.swapAt(index, child)
      index = child
    }
  }
}
