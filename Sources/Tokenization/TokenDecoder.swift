// From ids back to text: the decoders of tokenizer.json; see Specs/Tokenizers.md, "Decoding".

internal import UnicodeText

enum DecoderStep: Sendable, Equatable {
  /// Stand-ins become bytes; all tokens become one text, with U+FFFD for what is ill-formed.
  case byteLevel
  /// Runs of `<0x41>` become text if they are well-formed together, else one U+FFFD each.
  case byteFallback
  case fuse
  case replace(pattern: [UInt8], content: [UInt8])
  /// Removes up to so many of a character at both ends of each token.
  case strip(character: [UInt8], start: Int, stop: Int)
  /// The sign becomes a space, or nothing in the first token when it may have been put there.
  case metaspace(replacement: [UInt8], dropsFirst: Bool)

  /// How many times longer it can make a token, at most; an ill-formed byte becomes three.
  var growth: Int {
    switch self {
    case .replace(let pattern, let content):
      max(1, (content.count + pattern.count - 1) / max(1, pattern.count))
    case .byteLevel, .byteFallback, .fuse, .strip, .metaspace: 1
    }
  }
}

struct TokenDecoder: Sendable {
  /// Nil: tokens are joined with spaces, as the library does without a decoder.
  var steps: [DecoderStep]?

  init(steps: [DecoderStep]?) { self.steps = steps }

  /// Tokens as the file writes them become a text.
  func decode(_ tokens: [[UInt8]]) -> [UInt8] {
    guard let steps else { return Array(tokens.joined(separator: [UInt8(ascii: " ")])) }
    var tokens = tokens
    for step in steps { tokens = Self.apply(step, tokens) }
    return Array(tokens.joined())
  }

  private static func apply(_ step: DecoderStep, _ tokens: [[UInt8]]) -> [[UInt8]] {
    switch step {
    case .byteLevel:
      var bytes: [UInt8] = []
      for token in tokens { bytes += ByteAlphabet.bytes(of: token) ?? token }
      return [UTF8Text.repaired(bytes)]
    case .byteFallback: return byteFallback(tokens)
    case .fuse: return [Array(tokens.joined())]
    case .replace(let pattern, let content):
      return tokens.map { replaced($0, pattern, content) }
    case .strip(let character, let start, let stop):
      return tokens.map { stripped($0, character, start, stop) }
    case .metaspace(let replacement, let dropsFirst):
      return tokens.enumerated().map { place, token in
        replaced(token, replacement, place == 0 && dropsFirst ? [] : [UInt8(ascii: " ")])
      }
    }
  }

  /// The byte of a token such as `<0x0A>`, or nil.
  static func fallbackByte(_ token: [UInt8]) -> UInt8? {
    guard token.count == 6, token.starts(with: Array("<0x".utf8)), token[5] == UInt8(ascii: ">")
    else { return nil }
    // The library parses with Rust's rules, which allow a plus sign.
    if token[3] == UInt8(ascii: "+") { return hexadecimal(token[4]) }
    guard let high = hexadecimal(token[3]), let low = hexadecimal(token[4]) else { return nil }
    return high << 4 | low
  }

  private static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }

  private static func byteFallback(_ tokens: [[UInt8]]) -> [[UInt8]] {
    var output: [[UInt8]] = []
    var run: [UInt8] = []
    func flush() {
      if run.isEmpty { return }
      if UTF8Text.isValid(run) {
        output.append(run)
      } else {
        for _ in run { output.append([0xEF, 0xBF, 0xBD]) }
      }
      run = []
    }
    for token in tokens {
      if let byte = fallbackByte(token) {
        run.append(byte)
      } else {
        flush()
        output.append(token)
      }
    }
    flush()
    return output
  }

  static func replaced(_ token: [UInt8], _ pattern: [UInt8], _ content: [UInt8]) -> [UInt8] {
    guard let first = pattern.first, token.contains(first) else { return token }
    var output: [UInt8] = []
    var index = 0
    while index < token.count {
      if token[index] == first, token[index...].starts(with: pattern) {
        output += content
        index += pattern.count
      } else {
        output.append(token[index])
        index += 1
      }
    }
    return output
  }

  private static func stripped(
    _ token: [UInt8], _ character: [UInt8], _ start: Int, _ stop: Int
  ) -> [UInt8] {
    var token = token[...]
    var count = 0
    while count < start, token.starts(with: character) {
      token = token.dropFirst(character.count)
      count += 1
    }
    count = 0
    while count < stop, token.count >= character.count,
      token.suffix(character.count).elementsEqual(character)
    {
      token = token.dropLast(character.count)
      count += 1
    }
    return Array(token)
  }
}

/// What tokens are in decoded text, by id.
struct TokenContents: Sendable {
  private let model: BytePairModel
  private let added: [(id: Int32, bytes: [UInt8], special: Bool)]
  let idBound: Int

  init(_ parts: TokenizerParts) {
    model = parts.model
    var added: [(id: Int32, bytes: [UInt8], special: Bool)] = parts.addedTokens.map { token in
      let normalized = parts.normalizedContents.first { $0.id == token.id }?.bytes
      return (token.id, normalized ?? Array(token.content.utf8), token.special)
    }
    let taken = Set(added.map(\.id))
    for (id, bytes) in parts.foreignTokens where !taken.contains(id) {
      added.append((id, bytes, false))
    }
    added.sort { $0.id < $1.id }
    self.added = added
    idBound = max(parts.model.tokens.idBound, (added.last.map { Int($0.id) } ?? -1) + 1)
  }

  private func place(of id: Int32) -> Int? {
    var (low, high) = (0, added.count)
    while low < high {
      let middle = (low + high) / 2
      if added[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low < added.count && added[low].id == id ? low : nil
  }

  func isSpecial(_ id: Int32) -> Bool { place(of: id).map { added[$0].special } ?? false }

  /// The token as the file writes it; nil for an unknown id.
  func written(_ id: Int32) -> [UInt8]? {
    if let place = place(of: id) { return added[place].bytes }
    guard let bytes = model.tokens.bytes(of: id) else { return nil }
    return model.byteMode ? ByteAlphabet.text(of: bytes) : Array(bytes)
  }

  /// The bytes that a ByteLevel decoder makes of a token, without going through stand-ins.
  func appendBytes(of id: Int32, to output: inout [UInt8]) {
    if let place = place(of: id) {
      output += ByteAlphabet.bytes(of: added[place].bytes) ?? added[place].bytes
    } else if let bytes = model.tokens.bytes(of: id) {
      output += model.byteMode ? Array(bytes) : ByteAlphabet.bytes(of: Array(bytes)) ?? Array(bytes)
    }
  }
}

extension Tokenizer {
  /// The text of ids. Unknown ids are passed over, as the followed library does.
  public func decode(_ ids: [Int32], skipsSpecialTokens: Bool = true) -> String {
    String(decoding: decodeBytes(ids, skipsSpecialTokens: skipsSpecialTokens), as: UTF8.self)
  }

  /// The text of ids as UTF-8.
  public func decodeBytes(_ ids: [Int32], skipsSpecialTokens: Bool = true) -> [UInt8] {
    if decoder.steps == [.byteLevel] {
      var bytes: [UInt8] = []
      for id in ids where !(skipsSpecialTokens && contents.isSpecial(id)) {
        contents.appendBytes(of: id, to: &bytes)
      }
      return UTF8Text.repaired(bytes)
    }
    var tokens: [[UInt8]] = []
    for id in ids where !(skipsSpecialTokens && contents.isSpecial(id)) {
      if let token = contents.written(id) { tokens.append(token) }
    }
    return decoder.decode(tokens)
  }
}
