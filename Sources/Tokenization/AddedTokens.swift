// Tokens that are looked for in the text before anything else: special ones and those added after
// training; see Specs/Tokenizers.md, "Added tokens".

internal import UnicodeText

/// One entry of `added_tokens`.
public struct AddedToken: Sendable, Equatable {
  public let id: Int32
  public let content: String
  /// Only between characters that belong to no word.
  public let singleWord: Bool
  /// White space before it belongs to it.
  public let stripsLeft: Bool
  /// White space after it belongs to it.
  public let stripsRight: Bool
  /// Looked for in the normalised text.
  public let normalized: Bool
  /// Left out of decoded text when special tokens are skipped.
  public let special: Bool
}

/// Finds the leftmost token, of several there the longest.
struct AddedTokenMatcher: Sendable {
  private(set) var tokens: [AddedToken] = []
  /// A trie over the tokens' bytes. Nodes name their first child and next sibling; -1 is none. The
  /// first 256 nodes are the roots, one for each first byte.
  private var nodes = (0..<256).map { Node(byte: UInt8(truncatingIfNeeded: $0)) }

  private struct Node {
    var byte: UInt8
    var used = false
    var token: Int32 = -1
    var child: Int32 = -1
    var sibling: Int32 = -1
  }

  var isEmpty: Bool { tokens.isEmpty }

  /// False if the pattern is there already.
  mutating func add(_ token: AddedToken, pattern: [UInt8]) -> Bool {
    guard let first = pattern.first else { return true }
    var node = Int(first)
    nodes[node].used = true
    for byte in pattern.dropFirst() {
      if let child = child(of: node, byte) {
        node = child
      } else {
        nodes.append(Node(byte: byte, sibling: nodes[node].child))
        nodes[node].child = Int32(truncatingIfNeeded: nodes.count - 1)
        node = nodes.count - 1
      }
    }
    if nodes[node].token >= 0 { return false }
    nodes[node].token = Int32(truncatingIfNeeded: tokens.count)
    tokens.append(token)
    return true
  }

  @inline(always) private func child(of node: Int, _ byte: UInt8) -> Int? {
    var child = Int(nodes[node].child)
    while child >= 0 {
      if nodes[child].byte == byte { return child }
      child = Int(nodes[child].sibling)
    }
    return nil
  }

  struct Match {
    var token: Int
    var range: Range<Int>
  }

  /// The next match that starts at `index` or later and is whole before `end`.
  func next(_ text: Span<UInt8>, _ index: Int, _ end: Int) -> Match? {
    var position = index
    while position < end {
      if nodes[Int(text[position])].used, let match = longest(text, position, end) { return match }
      position += 1
    }
    return nil
  }

  private func longest(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> Match? {
    var node = Int(text[start])
    var position = start + 1
    var found: Match? = nil
    while true {
      if nodes[node].token >= 0 {
        found = Match(token: Int(nodes[node].token), range: start..<position)
      }
      guard position < end, let child = child(of: node, text[position]) else { return found }
      node = child
      position += 1
    }
  }

  /// Cuts a range of text into what lies between tokens and the tokens. `recognises` says whether a
  /// special token counts.
  func pieces(
    _ text: Span<UInt8>, _ range: Range<Int>, special recognises: (Range<Int>) -> Bool,
    _ body: (_ piece: Range<Int>, _ token: AddedToken?) throws(TokenizerError) -> Void
  ) throws(TokenizerError) {
    var done = range.lowerBound
    var position = range.lowerBound
    while let match = next(text, position, range.upperBound) {
      position = match.range.upperBound
      let token = tokens[match.token]
      if token.special, !recognises(match.range) { continue }
      var (start, end) = (match.range.lowerBound, match.range.upperBound)
      if token.singleWord {
        if start > range.lowerBound, Self.isWord(text, TextScan.previous(text, start)) { continue }
        if end < range.upperBound, Self.isWord(text, end) { continue }
      }
      if token.stripsLeft {
        while start > done {
          let last = TextScan.previous(text, start)
          guard Self.isSpace(text, last) else { break }
          start = last
        }
        start = max(start, done)
      }
      if token.stripsRight {
        while end < range.upperBound, Self.isSpace(text, end) { end = TextScan.end(text, end) }
      }
      // A token whose spaces were taken by the one before it does not reach back.
      if start > done { try body(done..<start, nil) }
      try body(start..<max(start, end), token)
      done = max(start, end)
    }
    if done < range.upperBound { try body(done..<range.upperBound, nil) }
  }

  private static func isSpace(_ text: Span<UInt8>, _ index: Int) -> Bool {
    CharacterSet.spaces.contains(CharacterClasses.shared.step(text, index).code)
  }

  /// What `\w` means to the library: letters, marks, decimal numbers, connectors, joiners, and the
  /// numbers and symbols that count as alphabetic.
  private static func isWord(_ text: Span<UInt8>, _ index: Int) -> Bool {
    let value = TextScan.scalar(text, index).0
    let code = CharacterClasses.shared.code(of: value)
    if CharacterSet.lettersAndMarks.contains(code) { return true }
    guard let scalar = Unicode.Scalar(value) else { return false }
    switch GeneralCategory(scalar) {
    case .decimalNumber, .letterNumber, .connectorPunctuation: return true
    default: break
    }
    switch value {
    case 0x200C, 0x200D, 0x24B6...0x24E9, 0x1F130...0x1F149, 0x1F150...0x1F169, 0x1F170...0x1F189:
      return true
    default: return false
    }
  }
}
