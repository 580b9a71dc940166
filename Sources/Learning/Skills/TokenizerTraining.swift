// Byte-level BPE learned from text, written as Hugging Face's tokenizer.json
// (Specs/FixtureBase.md, "Tokenizer").

public import JSON

/// Learns merges by count: the most frequent pair first, of equals the one with the smaller ids.
public struct TokenizerTraining: Sendable {
  /// The special tokens, which take the first ids.
  public static let specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]

  /// Every token by id, in the byte-level alphabet.
  public private(set) var tokens: [String]
  public private(set) var merges: [(left: Int, right: Int)] = []
  private var words: [(pieces: [Int], count: Int)]
  /// What each distinct piece of text became, by its bytes.
  private var places: [[UInt8]: Int] = [:]

  /// Learns from `texts` until there are `vocabularySize` tokens or nothing occurs twice.
  public init(texts: [String], vocabularySize: Int) {
    tokens = Self.specials + Self.alphabet.map(\.symbol)
    var ids = [Int](repeating: 0, count: 256)
    for (place, entry) in Self.alphabet.enumerated() {
      ids[Int(entry.byte)] = Self.specials.count + place
    }
    words = []
    for text in texts {
      for word in Self.pieces(Array(text.utf8)) {
        if let place = places[word] {
          words[place].count += 1
        } else {
          places[word] = words.count
          words.append((word.map { ids[Int($0)] }, 1))
        }
      }
    }
    while tokens.count < vocabularySize, let pair = mostFrequentPair() { merge(pair) }
  }

  private func mostFrequentPair() -> (left: Int, right: Int)? {
    // A table over all pairs of the tokens that there are.
    let side = tokens.count
    var counts = [Int](repeating: 0, count: side * side)
    for (pieces, count) in words {
      for place in pieces.indices.dropLast() {
        counts[pieces[place] * side + pieces[place + 1]] += count
      }
    }
    var best = 0
    for key in counts.indices where counts[key] > counts[best] { best = key }
    return counts[best] > 1 ? (best / side, best % side) : nil
  }

  private mutating func merge(_ pair: (left: Int, right: Int)) {
    let id = tokens.count
    tokens.append(tokens[pair.left] + tokens[pair.right])
    merges.append(pair)
    for index in words.indices {
      let pieces = words[index].pieces
      guard pieces.count > 1, pieces.contains(pair.left) else { continue }
      words[index].pieces = Self.merged(pieces, pair, id)
    }
  }

  private static func merged(_ pieces: [Int], _ pair: (left: Int, right: Int), _ id: Int) -> [Int] {
    var merged: [Int] = []
    var place = 0
    while place < pieces.count {
      if place + 1 < pieces.count, pieces[place] == pair.left, pieces[place + 1] == pair.right {
        merged.append(id)
        place += 2
      } else {
        merged.append(pieces[place])
        place += 1
      }
    }
    return merged
  }

  /// Text that was learned from, in tokens: each piece as the merges, in the order in which they were
  /// learned, have left it.
  public func encode(_ text: String) -> [Int32] {
    Self.pieces(Array(text.utf8)).flatMap { piece in
      guard let place = places[piece] else { fatalError("a piece that was not learned from") }
      return words[place].pieces.map { Int32($0) }
    }
  }

  /// GPT-2's split for ASCII text: a run of letters, of digits or of other signs, each with the
  /// space before it.
  static func pieces(_ text: [UInt8]) -> [[UInt8]] {
    enum Kind { case letter, digit, sign, space }
    func kind(_ byte: UInt8) -> Kind {
      switch byte {
      case 0x41...0x5A, 0x61...0x7A: .letter
      case 0x30...0x39: .digit
      case 0x20, 0x09...0x0D: .space
      default: .sign
      }
    }
    var pieces: [[UInt8]] = []
    var current: [UInt8] = []
    for byte in text {
      if let last = current.last {
        let opens = last == 0x20 && current.count == 1 && kind(byte) != .space
        if !opens, kind(last) != kind(byte) {
          pieces.append(current)
          current = []
        }
      }
      current.append(byte)
    }
    if !current.isEmpty { pieces.append(current) }
    return pieces
  }

  /// The byte-level alphabet: printable bytes stand for themselves, the others for the characters
  /// from 256 on, all in ascending order of the character.
  static let alphabet: [(byte: UInt8, symbol: String)] = {
    var printable: [(byte: UInt8, symbol: String)] = []
    var others: [(byte: UInt8, symbol: String)] = []
    for byte in UInt8.min...UInt8.max {
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF:
        printable.append((byte, String(Character(Unicode.Scalar(byte)))))
      default:
        let scalar = Unicode.Scalar(256 + UInt32(others.count)) ?? " "
        others.append((byte, String(Character(scalar))))
      }
    }
    return printable + others
  }()

  /// tokenizer.json.
  public var json: JSONValue {
    let added: [JSONValue] = Self.specials.enumerated().map { id, content in
      [
        "id": .int(id), "content": .string(content), "single_word": false, "lstrip": false,
        "rstrip": false, "normalized": false, "special": true,
      ]
    }
    let byteLevel: JSONValue = [
      "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true,
    ]
    return [
      "version": "1.0", "truncation": nil, "padding": nil, "added_tokens": .array(added),
      "normalizer": nil, "pre_tokenizer": byteLevel, "post_processor": nil, "decoder": byteLevel,
      "model": [
        "type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": nil,
        "end_of_word_suffix": nil, "fuse_unk": false, "byte_fallback": false,
        "ignore_merges": false,
        "vocab": .object(
          JSONObject(tokens.enumerated().map { ($0.element, .int($0.offset)) })),
        "merges": .array(
          merges.map { .array([.string(tokens[$0.left]), .string(tokens[$0.right])]) }),
      ],
    ]
  }
}
