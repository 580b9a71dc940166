// tokenizer.json → Tokenizer: the file's outer parts and its steps; see Specs/Tokenizers.md, "The file".

internal import JSON
internal import UnicodeText

extension Tokenizer {
  /// Reads tokenizer.json. `file` is its name for messages.
  public convenience init(
    parsing bytes: [UInt8], file: String = "tokenizer.json"
  ) throws(TokenizerError) {
    if bytes.count > TokenizerLimits.fileBytes {
      throw .limit(
        what: "the size of \(file) in bytes", value: bytes.count,
        limit: TokenizerLimits.fileBytes, advice: "it is no usual tokenizer")
    }
    let items = bytes.reduce(0) { $0 + ($1 == UInt8(ascii: ",") ? 1 : 0) }
    if items > TokenizerLimits.fileItems {
      throw .limit(
        what: "the number of commas in \(file)", value: items, limit: TokenizerLimits.fileItems,
        advice: "it is no usual tokenizer")
    }
    let value: JSONValue
    do {
      value = try JSONValue(
        parsing: bytes, limits: JSONLimits(depth: 64, bytes: TokenizerLimits.fileBytes))
    } catch {
      throw .malformed(file: file, problem: "not valid JSON: \(error)")
    }
    var reader = TokenizerReader(file: file)
    self.init(try reader.parts(value))
  }
}

struct TokenizerReader {
  let file: String
  var parts = TokenizerParts()

  init(file: String) { self.file = file }

  mutating func parts(_ value: JSONValue) throws(TokenizerError) -> TokenizerParts {
    var fields = try TokenizerFields(value, file: file, path: "tokenizer")
    if let version = try fields.text("version"), version != "1.0" {
      throw fields.unsupported("version", version, "1.0 is known")
    }
    // Cutting and padding are the caller's business, as in transformers: a training text is never cut
    // in silence.
    _ = fields.value("truncation")
    _ = fields.value("padding")
    if let value = fields.value("normalizer") {
      try normalizer(value, path: "normalizer", depth: 0)
      try checkGrowth(parts.normalizers.map(\.growth), limit: TokenizerLimits.growth, "normalizer")
    }
    if let value = fields.value("pre_tokenizer") {
      try preTokenizer(value, path: "pre_tokenizer", depth: 0)
    }
    guard let model = fields.value("model") else {
      throw .malformed(file: file, problem: "model is missing")
    }
    try readModel(model)
    let added = fields.value("added_tokens")
    if let added { try addedTokens(added) }
    if let value = fields.value("post_processor") {
      try postProcessor(value, path: "post_processor", depth: 0)
    }
    parts.decoder = TokenDecoder(steps: nil)
    if let value = fields.value("decoder") {
      let steps = try decoder(value, path: "decoder", depth: 0)
      try checkGrowth(steps.map(\.growth), limit: TokenizerLimits.decodedGrowth, "decoder")
      parts.decoder.steps = steps
    }
    try fields.refuseTheRest()
    return parts
  }

  /// Refuses lists within lists beyond a bound.
  private func check(depth: Int, _ path: String) throws(TokenizerError) {
    if depth > 4 {
      throw .limit(
        what: "the nesting of \(path)", value: depth, limit: 4,
        advice: "\(file) is no usual tokenizer")
    }
  }

  /// Refuses steps that would together blow up a text: ten that each make a thousand letters of one
  /// would ask for more memory than there is.
  private func checkGrowth(
    _ steps: [Int], limit: Int, _ path: String
  ) throws(TokenizerError) {
    var growth = 1
    for step in steps {
      // Factors are at most the length of a file, so the product stays far below 2^63.
      growth *= step
      if growth > limit {
        throw .limit(
          what: "how many times longer the steps of \(path) may make a text", value: growth,
          limit: limit, advice: "\(file) is no usual tokenizer")
      }
    }
  }

  private mutating func normalizer(
    _ value: JSONValue, path: String, depth: Int
  ) throws(TokenizerError) {
    try check(depth: depth, path)
    var fields = try TokenizerFields(value, file: file, path: path)
    let type = try fields.requiredText("type")
    switch type {
    case "Sequence":
      for step in try fields.steps("normalizers") {
        try normalizer(step, path: path, depth: depth + 1)
      }
    case "NFC": parts.normalizers.append(.form(.nfc))
    case "NFD": parts.normalizers.append(.form(.nfd))
    case "NFKC": parts.normalizers.append(.form(.nfkc))
    case "NFKD": parts.normalizers.append(.form(.nfkd))
    case "Lowercase": parts.normalizers.append(.lowercase)
    case "Prepend":
      parts.normalizers.append(.prepend(Array(try fields.requiredText("prepend").utf8)))
    case "Strip":
      parts.normalizers.append(
        .strip(
          left: try fields.flag("strip_left") ?? true,
          right: try fields.flag("strip_right") ?? true))
    case "Replace":
      let content = Array(try fields.requiredText("content").utf8)
      guard case .literal(let bytes) = try fields.pattern("pattern", regex: { _ in nil }) else {
        return
      }
      parts.normalizers.append(.replace(pattern: bytes, content: content))
    default:
      throw fields.unsupported(
        "type", type, "known are NFC, NFD, NFKC, NFKD, Lowercase, Prepend, Replace, Strip, Sequence"
      )
    }
    if parts.normalizers.count > TokenizerLimits.steps {
      throw .limit(
        what: "the number of normalizers", value: parts.normalizers.count,
        limit: TokenizerLimits.steps, advice: "\(file) is no usual tokenizer")
    }
    try fields.refuseTheRest()
  }

  private mutating func preTokenizer(
    _ value: JSONValue, path: String, depth: Int
  ) throws(TokenizerError) {
    try check(depth: depth, path)
    var fields = try TokenizerFields(value, file: file, path: path)
    let type = try fields.requiredText("type")
    if parts.model.byteMode {
      throw fields.unsupported("type", type, "ByteLevel must be the last pre-tokenizer")
    }
    switch type {
    case "Sequence":
      for step in try fields.steps("pretokenizers") {
        try preTokenizer(step, path: path, depth: depth + 1)
      }
    case "ByteLevel":
      if try fields.flag("add_prefix_space") ?? true { parts.preTokenizers.append(.spacePrefix) }
      _ = try fields.flag("trim_offsets")
      if try fields.flag("use_regex") ?? true {
        parts.preTokenizers.append(.split(.gpt2, .isolated, inverted: false))
      }
      parts.model.byteMode = true
    case "Split":
      let pattern = try fields.pattern("pattern", regex: { SplitPattern(regex: $0) })
      let name = try fields.requiredText("behavior")
      guard let behavior = SplitBehavior(rawValue: name) else {
        throw fields.unsupported("behavior", name, "known are the five of the format")
      }
      parts.preTokenizers.append(
        .split(pattern, behavior, inverted: try fields.flag("invert") ?? false))
    case "Digits":
      parts.preTokenizers.append(
        .digits(individual: try fields.flag("individual_digits") ?? false))
    case "WhitespaceSplit": parts.preTokenizers.append(.whitespaceSplit)
    case "Metaspace":
      let (replacement, scheme) = try metaspace(&fields)
      parts.preTokenizers.append(
        .metaspace(
          replacement: replacement, scheme: scheme, splits: try fields.flag("split") ?? true))
    default:
      throw fields.unsupported(
        "type", type, "known are ByteLevel, Split, Digits, Metaspace, WhitespaceSplit, Sequence")
    }
    if parts.preTokenizers.count > TokenizerLimits.steps {
      throw .limit(
        what: "the number of pre-tokenizers", value: parts.preTokenizers.count,
        limit: TokenizerLimits.steps, advice: "\(file) is no usual tokenizer")
    }
    try fields.refuseTheRest()
  }

  /// What the pre-tokenizer and the decoder of this name share.
  private func metaspace(
    _ fields: inout TokenizerFields
  ) throws(TokenizerError) -> (replacement: [UInt8], scheme: PrependScheme) {
    let replacement = try fields.requiredText("replacement")
    guard replacement.unicodeScalars.count == 1 else {
      throw fields.unsupported("replacement", replacement, "one character is expected")
    }
    let given = try fields.text("prepend_scheme")
    guard var scheme = given.map({ PrependScheme(rawValue: $0) }) ?? .always else {
      throw fields.unsupported("prepend_scheme", given ?? "", "known are always, first, never")
    }
    // The older spelling; without it being false it says nothing.
    if try fields.flag("add_prefix_space") == false {
      if given != nil, scheme != .never {
        throw .malformed(
          file: file, problem: "\(fields.path).add_prefix_space contradicts prepend_scheme")
      }
      scheme = .never
    }
    _ = try fields.text("str_rep")
    return (Array(replacement.utf8), scheme)
  }

  private mutating func postProcessor(
    _ value: JSONValue, path: String, depth: Int
  ) throws(TokenizerError) {
    try check(depth: depth, path)
    var fields = try TokenizerFields(value, file: file, path: path)
    let type = try fields.requiredText("type")
    switch type {
    case "Sequence":
      for step in try fields.steps("processors") {
        try postProcessor(step, path: path, depth: depth + 1)
      }
    case "ByteLevel":
      let addedSpace = try fields.flag("add_prefix_space") ?? true
      _ = try fields.flag("use_regex")
      if try fields.flag("trim_offsets") ?? true {
        parts.postProcessors.append(.trimOffsets(addedSpace: addedSpace))
      }
    case "TemplateProcessing":
      parts.postProcessors.append(.template(try TemplateReader.single(&fields)))
    default:
      throw fields.unsupported(
        "type", type, "known are TemplateProcessing, ByteLevel, Sequence")
    }
    if parts.postProcessors.count > TokenizerLimits.steps {
      throw .limit(
        what: "the number of post-processors", value: parts.postProcessors.count,
        limit: TokenizerLimits.steps, advice: "\(file) is no usual tokenizer")
    }
    try fields.refuseTheRest()
  }

  private func decoder(
    _ value: JSONValue, path: String, depth: Int
  ) throws(TokenizerError) -> [DecoderStep] {
    try check(depth: depth, path)
    var fields = try TokenizerFields(value, file: file, path: path)
    let type = try fields.requiredText("type")
    var steps: [DecoderStep] = []
    switch type {
    case "Sequence":
      for step in try fields.steps("decoders") {
        steps += try decoder(step, path: path, depth: depth + 1)
      }
    case "ByteLevel":
      for key in ["add_prefix_space", "trim_offsets", "use_regex"] { _ = try fields.flag(key) }
      steps = [.byteLevel]
    case "ByteFallback": steps = [.byteFallback]
    case "Fuse": steps = [.fuse]
    case "Metaspace":
      let (replacement, scheme) = try metaspace(&fields)
      _ = try fields.flag("split")
      steps = [.metaspace(replacement: replacement, dropsFirst: scheme != .never)]
    case "Strip":
      let content = try fields.requiredText("content")
      let start = try fields.integer("start") ?? 0
      let stop = try fields.integer("stop") ?? 0
      guard content.unicodeScalars.count == 1, start >= 0, stop >= 0 else {
        throw fields.unsupported("content", content, "one character and counts are expected")
      }
      steps = [.strip(character: Array(content.utf8), start: start, stop: stop)]
    case "Replace":
      let content = Array(try fields.requiredText("content").utf8)
      if case .literal(let bytes) = try fields.pattern("pattern", regex: { _ in nil }) {
        steps = [.replace(pattern: bytes, content: content)]
      }
    default:
      throw fields.unsupported(
        "type", type,
        "known are ByteLevel, ByteFallback, Fuse, Metaspace, Replace, Strip, Sequence")
    }
    try fields.refuseTheRest()
    if steps.count > TokenizerLimits.steps {
      throw .limit(
        what: "the number of decoders", value: steps.count, limit: TokenizerLimits.steps,
        advice: "\(file) is no usual tokenizer")
    }
    return steps
  }
}
