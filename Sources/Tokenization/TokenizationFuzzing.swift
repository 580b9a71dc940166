// Entry points for fuzzers: strangers' bytes in, nothing or a named error out; see
// Specs/Tokenizers.md.

public enum TokenizationFuzzing {
  private static let sample = "it's  a <s>Tést▁ 12345\n\n\t日本👩‍👩‍👧 e\u{301} ' S"

  /// Reads bytes as tokenizer.json, then encodes, decodes and streams a short text.
  public static func tokenizer(_ bytes: [UInt8]) {
    guard let tokenizer = try? Tokenizer(parsing: bytes) else { return }
    text(Array(sample.utf8), tokenizer)
  }

  /// Encodes bytes with a tokenizer, and decodes what comes out.
  public static func text(_ bytes: [UInt8], _ tokenizer: Tokenizer) {
    guard let encoding = try? tokenizer.encode(bytes, withOffsets: true) else { return }
    var stream = StreamingDecoder(tokenizer)
    for id in encoding.ids { _ = stream.append(id) }
    _ = stream.finish()
    _ = tokenizer.decode(encoding.ids.map { $0 &+ 1 } + [-1, Int32.max])
  }

  /// Reads bytes as a chat template and renders a conversation with it.
  public static func chatTemplate(_ bytes: [UInt8]) {
    let source = String(decoding: bytes, as: UTF8.self)
    guard let template = try? ChatTemplate(source: source, file: "fuzz") else { return }
    let talk = [
      ChatMessage(role: "system", content: "s"), ChatMessage(role: "user", content: " é\n"),
      ChatMessage(role: "assistant", content: "</s>"),
    ]
    _ = try? template.render(talk, tokens: ChatTokens(begin: "<s>", end: "</s>"))
  }

  /// Reads bytes as tokenizer_config.json.
  public static func configuration(_ bytes: [UInt8]) {
    _ = try? ChatTemplate(configuration: bytes, file: "fuzz")
    _ = try? TokenizerConfiguration.chatTokens(bytes)
  }
}
