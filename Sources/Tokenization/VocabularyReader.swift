// The model, the added tokens and the template of tokenizer.json; see Specs/Tokenizers.md,
// "Vocabulary".

internal import JSON

extension TokenizerReader {
  mutating func readModel(_ value: JSONValue) throws(TokenizerError) {
    var fields = try TokenizerFields(value, file: file, path: "model")
    let type = try fields.text("type") ?? "BPE"
    if type != "BPE" {
      throw fields.unsupported("type", type, "BPE is known")
    }
    if let dropout = fields.value("dropout"), dropout.double != 0 {
      throw fields.unsupported("dropout", dropout.serialized(), "ids would differ by chance")
    }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let affix = try fields.text(key), !affix.isEmpty {
        throw fields.unsupported(key, affix, "only an empty one is known")
      }
    }
    parts.model.fuseUnknown = try fields.flag("fuse_unk") ?? false
    parts.model.byteFallback = try fields.flag("byte_fallback") ?? false
    parts.model.ignoreMerges = try fields.flag("ignore_merges") ?? false
    let unknown = try fields.text("unk_token")
    guard let vocabulary = fields.value("vocab")?.object else {
      throw .malformed(file: file, problem: "model.vocab is not an object")
    }
    try readVocabulary(vocabulary)
    let merges = try fields.list("merges")
    try fields.refuseTheRest()
    try readMerges(merges, vocabulary)
    parts.model.prepare()
    if let unknown {
      // The followed library notices a missing one only when it needs it.
      parts.model.unknown = place(of: unknown, vocabulary)
    }
    try checkFallback()
    decideCuts()
  }

  private func place(of token: String, _ vocabulary: JSONObject) -> Int32? {
    vocabulary[token]?.int.flatMap { Int32(exactly: $0) }
  }

  private mutating func readVocabulary(_ vocabulary: JSONObject) throws(TokenizerError) {
    for (token, value) in vocabulary.members {
      guard let id = value.int, id >= 0 else {
        throw .malformed(file: file, problem: "the id of \(shown(token)) is not a whole number")
      }
      if id >= TokenizerLimits.vocabulary {
        throw .limit(
          what: "the id of \(shown(token))", value: id, limit: TokenizerLimits.vocabulary - 1,
          advice: "\(file) is no usual tokenizer")
      }
      let written = Array(token.utf8)
      if written.count > TokenizerLimits.tokenBytes {
        throw .limit(
          what: "the length of token \(id) in bytes", value: written.count,
          limit: TokenizerLimits.tokenBytes, advice: "\(file) is no usual tokenizer")
      }
      guard let bytes = parts.model.byteMode ? ByteAlphabet.bytes(of: written) : written else {
        parts.foreignTokens.append((Int32(id), written))
        continue
      }
      if !parts.model.tokens.add(bytes, id: Int32(id)) {
        throw .malformed(file: file, problem: "token \(shown(token)) occurs twice in model.vocab")
      }
    }
  }

  private mutating func readMerges(
    _ merges: [JSONValue], _ vocabulary: JSONObject
  ) throws(TokenizerError) {
    if merges.count > TokenizerLimits.merges {
      throw .limit(
        what: "the number of merges", value: merges.count, limit: TokenizerLimits.merges,
        advice: "\(file) is no usual tokenizer")
    }
    // A comment in the first line of merges.txt is skipped where lines are given, without a rank.
    var rank: UInt32 = 0
    for (line, merge) in merges.enumerated() {
      let left: String
      let right: String
      if let text = merge.string {
        if text.hasPrefix("#version") { continue }
        let pieces = text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard pieces.count == 2 else {
          throw .malformed(
            file: file, problem: "merge \(line) is not two tokens with a space between")
        }
        left = String(decoding: pieces[0], as: UTF8.self)
        right = String(decoding: pieces[1], as: UTF8.self)
      } else if let pair = merge.array, pair.count == 2, let first = pair[0].string,
        let second = pair[1].string
      {
        (left, right) = (first, second)
      } else {
        throw .malformed(file: file, problem: "merge \(line) is not a pair of tokens")
      }
      guard let first = place(of: left, vocabulary), let second = place(of: right, vocabulary),
        let result = place(of: left + right, vocabulary)
      else {
        throw .malformed(
          file: file,
          problem: "merge \(line): \(shown(left)), \(shown(right)) or both together are no token")
      }
      if left.isEmpty || right.isEmpty {
        throw .malformed(file: file, problem: "merge \(line) has an empty token")
      }
      parts.model.merges.set(
        UInt32(bitPattern: first), UInt32(bitPattern: second), rank: rank,
        result: UInt32(bitPattern: result))
      rank += 1
    }
  }

  /// Byte fallback writes the stand-in's bytes in byte mode, which no published tokenizer asks for.
  private func checkFallback() throws(TokenizerError) {
    if parts.model.byteMode, parts.model.byteFallback,
      parts.model.byteSymbols.contains(where: { $0 < 0 })
    {
      throw .unsupported(
        file: file, option: "model.byte_fallback", value: "true",
        advice: "with ByteLevel and a vocabulary that lacks a byte")
    }
  }

  /// Words may be cut where no token spans if neither unknown characters nor fallback bytes could tell
  /// the difference.
  private mutating func decideCuts() {
    let model = parts.model
    if model.byteMode {
      parts.model.cutsSafely = !model.byteSymbols.contains { $0 < 0 }
      return
    }
    let complete = model.byteFallback && !model.fallbackSymbols.contains { $0 < 0 }
    guard complete || !model.fuseUnknown else { return }
    let fallback = Set(model.fallbackSymbols)
    parts.model.cutsSafely = !fallback.contains { id in
      id >= 0 && model.merges.mentions(UInt32(bitPattern: id))
    }
    if let unknown = model.unknown, model.merges.mentions(UInt32(bitPattern: unknown)) {
      parts.model.cutsSafely = false
    }
  }

  /// Ids follow the library's rule: a token that the model has keeps that id, others are numbered from
  /// the end of the vocabulary, in the order of the file. The id that the file declares decides
  /// nothing.
  mutating func addedTokens(_ value: JSONValue) throws(TokenizerError) {
    guard let list = value.array else {
      throw .malformed(file: file, problem: "added_tokens is not a list")
    }
    if list.count > TokenizerLimits.vocabulary {
      throw .limit(
        what: "the number of added tokens", value: list.count,
        limit: TokenizerLimits.vocabulary, advice: "\(file) is no usual tokenizer")
    }
    let vocabulary = vocabularyCount
    var next = vocabulary
    var seen: [String: Int] = [:]
    var byID: [Int32: Int] = [:]
    var tokens: [AddedToken?] = []
    for (index, item) in list.enumerated() {
      var fields = try TokenizerFields(item, file: file, path: "added_tokens[\(index)]")
      _ = try fields.integer("id")
      let content = try fields.requiredText("content")
      let special = try fields.flag("special") ?? false
      let word = try fields.flag("single_word") ?? false
      let left = try fields.flag("lstrip") ?? false
      let right = try fields.flag("rstrip") ?? false
      let normalized = try fields.flag("normalized") ?? !special
      try fields.refuseTheRest()
      if content.isEmpty { continue }
      if content.utf8.count > TokenizerLimits.addedTokenBytes {
        throw .limit(
          what: "the length of added token \(index) in bytes", value: content.utf8.count,
          limit: TokenizerLimits.addedTokenBytes, advice: "\(file) is no usual tokenizer")
      }
      // Strings that differ only in normalisation are different tokens, so the key is their bytes.
      let key = content.utf8.map { String($0, radix: 16) }.joined(separator: " ")
      let id: Int32
      if let place = seen[key], let earlier = tokens[place] {
        id = earlier.id
      } else if let known = idInModel(content) {
        id = known
      } else {
        id = Int32(truncatingIfNeeded: next)
        next += 1
      }
      if let place = byID[id] { tokens[place] = nil }
      seen[key] = tokens.count
      byID[id] = tokens.count
      tokens.append(
        AddedToken(
          id: id, content: content, singleWord: word, stripsLeft: left, stripsRight: right,
          normalized: normalized, special: special))
    }
    for token in tokens.compactMap({ $0 }) { try add(token) }
    parts.addedTokens.sort { $0.id < $1.id }
  }

  private var vocabularyCount: Int { parts.model.tokens.count + parts.foreignTokens.count }

  private func idInModel(_ content: String) -> Int32? {
    let written = Array(content.utf8)
    if !parts.model.byteMode { return parts.model.tokens.id(of: written) }
    if let bytes = ByteAlphabet.bytes(of: written) { return parts.model.tokens.id(of: bytes) }
    return parts.foreignTokens.first { $0.bytes == written }?.id
  }

  private mutating func add(_ token: AddedToken) throws(TokenizerError) {
    parts.addedTokens.append(token)
    var pattern = Array(token.content.utf8)
    if token.normalized, !parts.normalizers.isEmpty {
      var text = AlignedText(pattern.span, 0..<pattern.count, aligned: false)
      for normalizer in parts.normalizers { try normalizer.apply(&text) }
      // The library would find nothing everywhere, and cut the text into single characters.
      if text.bytes.isEmpty, !pattern.isEmpty {
        throw .malformed(
          file: file,
          problem: "added token \(shown(token.content)) is empty once normalised; take it out")
      }
      if text.bytes.count > TokenizerLimits.tokenBytes {
        throw .limit(
          what: "the length of the added token \(shown(token.content)), once normalised,",
          value: text.bytes.count, limit: TokenizerLimits.tokenBytes,
          advice: "\(file) is no usual tokenizer")
      }
      if text.bytes != pattern {
        pattern = text.bytes
        parts.normalizedContents.append((token.id, pattern))
      }
    }
    let fresh =
      token.normalized
      ? parts.normalizedTokens.add(token, pattern: pattern)
      : parts.plainTokens.add(token, pattern: pattern)
    if !fresh {
      throw .malformed(
        file: file,
        problem: "added token \(shown(token.content)) is, once normalised, equal to another")
    }
  }
}

enum TemplateReader {
  /// The template for a single text. The one for pairs is only looked over.
  static func single(_ fields: inout TokenizerFields) throws(TokenizerError) -> [TemplatePiece] {
    var special: JSONObject = [:]
    if let value = fields.value("special_tokens") {
      special = try TokenizerFields(value, file: fields.file, path: "special_tokens").object
    }
    _ = fields.value("pair")
    var pieces: [TemplatePiece] = []
    for item in try fields.steps("single") {
      if let sequence = item["Sequence"] {
        if sequence["id"]?.string != "A" {
          throw fields.unsupported("single", item.serialized(), "only the text A can stand there")
        }
        pieces.append(.text)
      } else if let name = item["SpecialToken"]?["id"]?.string {
        guard let ids = special[name]?["ids"]?.array else {
          throw .malformed(
            file: fields.file, problem: "the template's token \(shown(name)) is not defined")
        }
        var numbers: [Int32] = []
        for id in ids.prefix(TokenizerLimits.steps + 1) {
          guard let number = id.int, number >= 0, number < TokenizerLimits.vocabulary else {
            throw .malformed(
              file: fields.file, problem: "the template's token \(shown(name)) has no proper ids")
          }
          numbers.append(Int32(number))
        }
        if numbers.count > TokenizerLimits.steps {
          throw .limit(
            what: "the ids of the template's token \(shown(name))", value: ids.count,
            limit: TokenizerLimits.steps, advice: "\(fields.file) is no usual tokenizer")
        }
        pieces.append(.special(numbers))
      } else {
        throw fields.unsupported("single", item.serialized(), "a text or a token is expected")
      }
    }
    return pieces
  }
}
