// A trained vocabulary as tokenizer.json and tokenizer_config.json; see Specs/Tokenizers.md,
// "Training".

internal import JSON
internal import UnicodeText

extension BPETrainer {
  /// tokenizer.json as Hugging Face's tokenizers reads it. With `begin`, a template puts that special
  /// token before every text.
  public func file(_ vocabulary: TrainedVocabulary, begin: String? = nil) -> [UInt8] {
    func written(_ id: UInt32) -> String {
      let place = Int(id)
      if place < vocabulary.specialTokens.count { return vocabulary.specialTokens[place] }
      return String(decoding: ByteAlphabet.text(of: vocabulary.token(id)), as: UTF8.self)
    }
    var added: [JSONValue] = []
    for (id, token) in vocabulary.specialTokens.enumerated() {
      added.append([
        "id": .int(id), "content": .string(token), "single_word": false, "lstrip": false,
        "rstrip": false, "normalized": false, "special": true,
      ])
    }
    var tokens = JSONObject()
    for id in 0..<UInt32(truncatingIfNeeded: vocabulary.count) {
      tokens[written(id)] = .integer(Int64(id))
    }
    let merges = vocabulary.merges.map { merge in
      JSONValue.array([.string(written(merge.left)), .string(written(merge.right))])
    }
    let file: JSONValue = [
      "version": "1.0", "truncation": nil, "padding": nil, "added_tokens": .array(added),
      "normalizer": nil, "pre_tokenizer": preTokenizer, "post_processor": template(begin),
      "decoder": byteLevel(regex: true),
      "model": [
        "type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": nil,
        "end_of_word_suffix": nil, "fuse_unk": false, "byte_fallback": false,
        "ignore_merges": false, "vocab": .object(tokens), "merges": .array(merges),
      ],
    ]
    return file.serializedBytes()
  }

  private func byteLevel(regex: Bool) -> JSONValue {
    [
      "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
      "use_regex": .bool(regex),
    ]
  }

  private var preTokenizer: JSONValue {
    if words == .gpt2 { return byteLevel(regex: true) }
    let regex = SplitPattern.known.first { $0.pattern == words.pattern }?.regex ?? ""
    return [
      "type": "Sequence",
      "pretokenizers": [
        [
          "type": "Split", "pattern": ["Regex": .string(regex)], "behavior": "Isolated",
          "invert": false,
        ],
        byteLevel(regex: false),
      ],
    ]
  }

  private func template(_ begin: String?) -> JSONValue {
    guard let begin, let id = specialTokens.firstIndex(of: begin) else {
      return byteLevel(regex: true)
    }
    let token: JSONValue = ["SpecialToken": ["id": .string(begin), "type_id": 0]]
    func text(_ name: String) -> JSONValue {
      ["Sequence": ["id": .string(name), "type_id": 0]]
    }
    return [
      "type": "TemplateProcessing", "single": [token, text("A")],
      "pair": [token, text("A"), token, text("B")],
      "special_tokens": .object([
        begin: ["id": .string(begin), "ids": [.int(id)], "tokens": [.string(begin)]]
      ]),
    ]
  }
}

extension Tokenizer {
  /// Well-formed UTF-8, with U+FFFD for what is not.
  static func repaired(_ utf8: [UInt8]) -> [UInt8] { UTF8Text.repaired(utf8) }
}
