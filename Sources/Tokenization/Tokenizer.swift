// A tokenizer as tokenizer.json describes it: text to ids and back; see Specs/Tokenizers.md.

internal import Synchronization
internal import UnicodeText

/// The tokens of a text.
public struct Encoding: Sendable, Equatable {
  public var ids: [Int32]
  /// For each token the range of UTF-8 bytes of the given text that it stands for; empty unless asked
  /// for. Tokens that a template adds have 0..<0.
  public var offsets: [Range<Int>]

  public init(ids: [Int32], offsets: [Range<Int>] = []) {
    self.ids = ids
    self.offsets = offsets
  }
}

/// Immutable and usable from many threads at once. Caches of words are lent to one encoding at a time.
public final class Tokenizer: Sendable {
  let model: BytePairModel
  let normalizers: [Normalizer]
  let preTokenizers: [PreTokenizer]
  let postProcessors: [PostProcessor]
  let decoder: TokenDecoder
  /// Looked for in the given text.
  let plainTokens: AddedTokenMatcher
  /// Looked for in the normalised text.
  let normalizedTokens: AddedTokenMatcher
  /// The tokens of `added_tokens`, by id.
  public let addedTokens: [AddedToken]
  /// Some step asks whether a piece begins at the text's first character.
  let needsOrigin: Bool
  /// Bytes of the text that tokens become, by id, before the decoder's steps.
  let contents: TokenContents
  private let caches: Mutex<[WordCache]>
  private let ordinarySpaces: [UInt64]

  /// Caches that are kept for later; more threads than this start with an empty one.
  private static let keptCaches = 8

  init(_ parts: TokenizerParts) {
    model = parts.model
    normalizers = parts.normalizers
    preTokenizers = parts.preTokenizers
    postProcessors = parts.postProcessors
    decoder = parts.decoder
    plainTokens = parts.plainTokens
    normalizedTokens = parts.normalizedTokens
    addedTokens = parts.addedTokens
    needsOrigin = parts.preTokenizers.contains {
      if case .metaspace(_, .first, _) = $0 { true } else { false }
    }
    contents = TokenContents(parts)
    caches = Mutex([])
    ordinarySpaces = Self.spaces(parts)
  }

  /// One more than the greatest token id; rows that an embedding table needs.
  public var vocabularySize: Int { contents.idBound }

  /// The tokens of a text.
  public func encode(
    _ text: String, addsSpecialTokens: Bool = true, recognisesSpecialTokens: Bool = true,
    withOffsets: Bool = false
  ) throws(TokenizerError) -> Encoding {
    try encode(
      Array(text.utf8), addsSpecialTokens: addsSpecialTokens,
      recognisesSpecialTokens: recognisesSpecialTokens, withOffsets: withOffsets)
  }

  /// The tokens of UTF-8 text; ill-formed parts count as U+FFFD, as after lossy decoding. With
  /// `addsSpecialTokens` the template's tokens are put around it. With `recognisesSpecialTokens` a
  /// special token's name in the text is that token, as in the followed library; without, it is text.
  public func encode(
    _ utf8: [UInt8], addsSpecialTokens: Bool = true, recognisesSpecialTokens: Bool = true,
    withOffsets: Bool = false
  ) throws(TokenizerError) -> Encoding {
    try encode(
      utf8, addsSpecialTokens: addsSpecialTokens,
      literal: recognisesSpecialTokens ? [] : [0..<utf8.count * 3], withOffsets: withOffsets)
  }

  /// As above; special tokens' names are text where they touch one of the `literal` byte ranges, which
  /// are in order and belong to well-formed text.
  func encode(
    _ utf8: [UInt8], addsSpecialTokens: Bool, literal: [Range<Int>], withOffsets: Bool
  ) throws(TokenizerError) -> Encoding {
    if utf8.count > TokenizerLimits.textBytes {
      throw .limit(
        what: "the length of the text in bytes", value: utf8.count,
        limit: TokenizerLimits.textBytes, advice: "cut it into records")
    }
    let text = UTF8Text.repaired(utf8)
    var pass = EncodingPass(
      self, caches.withLock { $0.popLast() } ?? WordCache(), wantsOffsets: withOffsets,
      literal: literal)
    try pass.run(text.span)
    pass.finish(text.span, addsSpecialTokens: addsSpecialTokens)
    let cache = pass.cache
    caches.withLock { if $0.count < Self.keptCaches { $0.append(cache) } }
    let offsets = zip(pass.starts, pass.ends).map { Int($0)..<max(Int($0), Int($1)) }
    return Encoding(ids: pass.ids, offsets: offsets)
  }

  /// The id of a token by its content: as text for added tokens, as written in the file for others.
  public func id(of token: String) -> Int32? {
    if let added = addedTokens.first(where: { $0.content.utf8.elementsEqual(token.utf8) }) {
      return added.id
    }
    if model.byteMode {
      return ByteAlphabet.bytes(of: Array(token.utf8)).flatMap { model.tokens.id(of: $0) }
    }
    return model.tokens.id(of: Array(token.utf8))
  }

  /// How the file writes a token; nil for an id that no token has.
  public func token(of id: Int32) -> String? {
    if let added = addedTokens.first(where: { $0.id == id }) { return added.content }
    guard let bytes = model.tokens.bytes(of: id) else { return nil }
    return String(
      decoding: model.byteMode ? ByteAlphabet.text(of: bytes) : Array(bytes), as: UTF8.self)
  }

  public func isSpecial(_ id: Int32) -> Bool { contents.isSpecial(id) }

  /// White space at both ends of a token as the file writes it, in characters.
  func spaces(around id: Int32) -> (before: Int, after: Int) {
    guard id >= 0, Int(id) < ordinarySpaces.count else { return (0, 0) }
    let value = ordinarySpaces[Int(id)]
    return (Int(value >> 32), Int(value & 0xFFFF_FFFF))
  }

  private static func spaces(_ parts: TokenizerParts) -> [UInt64] {
    guard
      parts.postProcessors.contains(where: {
        if case .trimOffsets = $0 { true } else { false }
      })
    else { return [] }
    let classes = CharacterClasses.shared
    let added = parts.addedTokens.map { ($0.id, Array($0.content.utf8)) }
    var output: [UInt64] = []
    func measure(_ bytes: [UInt8]) -> UInt64 {
      let range = 0..<bytes.count
      let before = Offsets.leadingSpaces(bytes.span, range, classes)
      let after = Offsets.trailingSpaces(bytes.span, range, classes)
      return UInt64(before) << 32 | UInt64(after)
    }
    for id in 0..<Int32(truncatingIfNeeded: parts.model.tokens.idBound) {
      guard let bytes = parts.model.tokens.bytes(of: id) else {
        output.append(0)
        continue
      }
      output.append(measure(parts.model.byteMode ? ByteAlphabet.text(of: bytes) : Array(bytes)))
    }
    for (id, content) in added {
      while output.count <= Int(id) { output.append(0) }
      output[Int(id)] = measure(content)
    }
    return output
  }
}

/// What a tokenizer is made of.
struct TokenizerParts {
  var model = BytePairModel()
  var normalizers: [Normalizer] = []
  var preTokenizers: [PreTokenizer] = []
  var postProcessors: [PostProcessor] = []
  var decoder = TokenDecoder(steps: [])
  var plainTokens = AddedTokenMatcher()
  var normalizedTokens = AddedTokenMatcher()
  var addedTokens: [AddedToken] = []
  /// In byte mode: tokens with characters that stand for no byte. No text gives them; ids may.
  var foreignTokens: [(id: Int32, bytes: [UInt8])] = []
  /// Decoded text of added tokens whose normalised form differs from their content.
  var normalizedContents: [(id: Int32, bytes: [UInt8])] = []
}

/// The printable stand-ins that byte-level files write for bytes.
enum ByteAlphabet {
  /// The scalar of each byte: itself if it is printable and not a space, else the next from U+0100.
  static let scalars: [UInt32] = {
    var next: UInt32 = 256
    return (0..<256).map { byte in
      if (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte)
        || (0xAE...0xFF).contains(byte)
      {
        return UInt32(byte)
      }
      next += 1
      return next - 1
    }
  }()

  private static let byScalar: [Int16] = {
    var table = [Int16](repeating: -1, count: 512)
    for (byte, scalar) in scalars.enumerated() {
      table[Int(scalar)] = Int16(truncatingIfNeeded: byte)
    }
    return table
  }()

  /// The bytes that a token of the file stands for, or nil if one of its characters is no stand-in.
  static func bytes(of token: [UInt8]) -> [UInt8]? {
    var output: [UInt8] = []
    var index = 0
    while index < token.count {
      let (scalar, length) = TextScan.scalar(token.span, index)
      guard scalar < 512, byScalar[Int(scalar)] >= 0 else { return nil }
      output.append(UInt8(truncatingIfNeeded: byScalar[Int(scalar)]))
      index += length
    }
    return output
  }

  static func text(of bytes: some Sequence<UInt8>) -> [UInt8] {
    var output: [UInt8] = []
    for byte in bytes {
      UTF8Text.append(Unicode.Scalar(scalars[Int(byte)]) ?? "\u{FFFD}", to: &output)
    }
    return output
  }
}
