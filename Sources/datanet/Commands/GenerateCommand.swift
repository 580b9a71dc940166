// `datanet generate`: see Specs/Transformer.md, "Generation".

import Checkpoints
import JSON
import Learning
import Terminal
import Tokenization

enum GenerateCommand: Command {
  static let declaration = Declaration(
    "generate", group: CommandTable.Group.learn,
    summary: "Let a base, or an adapter beside it, write on from a prompt",
    prose: """
      Writes what follows a prompt, as it comes. Without --temperature the most probable token is \
      taken, always. With it, tokens are drawn by a counter-based generator: the same model, prompt \
      and seed give the same text on every machine. Several prompts are written together, each as \
      if it stood alone.
      """,
    arguments: [Argument("PROMPT", .text, .any, "what to write on from; none: standard input")],
    options: [
      .value("base", "DIR|NET/NAME", .directory, "The base"),
      .value("adapter", "DIR|RUN|NET", .directory, "An adapter to put beside it"),
      .value(
        "new-tokens", "N", .integer(1...1_000_000), "Tokens to write at most",
        default: "128"),
      .value("temperature", "X", .number, "How boldly to draw; 0 never draws", default: "0"),
      .value("top-k", "N", .integer(0...10_000_000), "Only the K most probable tokens"),
      .value("top-p", "X", .number, "Only the most probable that make this share"),
      .value("min-p", "X", .number, "Only those with this share of the most probable one's"),
      .value("seed", "N", .integer(0...Int.max), "Another seed, another text", default: "0"),
      .flag("chat", "The prompt is a question of a conversation"),
      .value("template", "NAME", "How conversations are written", default: "the base's own"),
      .value("stop", "TEXT", repeats: true, "Stop before this text"),
      LearningOptions.threads,
    ],
    examples: [
      Example("datanet generate --base Fixtures/base 'What is two plus three?'", "An answer."),
      Example(
        "datanet generate --base smol --temperature 0.8 --top-p 0.95 --seed 7 'Once'",
        "A story, the same one each time."),
    ])

  static func run(_ context: Context) throws {
    try LearningOptions.prepare(context)
    let options = context.invocation
    guard let directory = options.text("base") else { throw Failure.usage("--base is missing") }
    let base = try NetBase.open(directory, context)
    let isChat = options.has("chat")
    let encoder = try base.encoder(
      RecordForm(maximumTokens: base.configuration.contextLength),
      conversations: isChat ? base.conversations(options.text("template")) : nil)
    var prompts = options.texts("PROMPT")
    if prompts.isEmpty {
      prompts = [String(decoding: try StandardInput.read(most: 1 << 20), as: UTF8.self)]
    }
    let tokens = try prompts.map {
      isChat ? try encoder.encodeQuestion($0) : try encoder.encodePrompt($0)
    }
    let count = options.integer("new-tokens") ?? 128
    let longest = (tokens.map(\.count).max() ?? 0) + count
    let started = Moment.monotonic()
    let generator = try Generator(
      Transformer(base.checkpoint, contextLength: longest),
      adapter: NetBase.adapter(options.text("adapter"), beside: base, context), prompts: tokens,
      newTokens: count,
      endTokens: base.checkpoint.generation.endTokens, sampling: try sampling(options))
    var writer = Writer(
      generator, encoder.tokenizer, stops: options.texts("stop"), streams: prompts.count == 1)
    try writer.write(context)
    for (index, prompt) in prompts.enumerated() {
      context.output.json([
        "prompt": .string(prompt), "text": .string(writer.texts[index]),
        "tokens": .int(writer.counts[index]),
        "tokensPerSecond": .double(
          Double(writer.counts.reduce(0, +)) / max(Moment.monotonic() - started, 1e-9)),
        "secondsToFirstToken": .double(writer.firstToken.map { $0 - started } ?? 0),
      ])
      if prompts.count > 1 {
        context.output.text("\(Printable.line(prompt)) →\(Printable.line(writer.texts[index]))")
      }
    }
    if prompts.count == 1 { context.output.text() }
  }

  private static func sampling(_ options: Invocation) throws -> Sampling {
    func share(_ name: String, _ fallback: Double) throws -> Double {
      let value = options.number(name) ?? fallback
      guard (0...1).contains(value) else { throw Failure.usage("--\(name) is a share: 0 to 1") }
      return value
    }
    let temperature = options.number("temperature") ?? 0
    guard temperature >= 0, temperature <= 100 else {
      throw Failure.usage("--temperature lies between 0 and 100")
    }
    return Sampling(
      temperature: temperature, topK: options.integer("top-k") ?? 0,
      topP: try share("top-p", 1), minP: try share("min-p", 0),
      seed: UInt64(options.integer("seed") ?? 0))
  }
}

/// Turns tokens into text as they come, and holds back what might become a stop string.
private struct Writer {
  private var generator: Generator
  private var decoders: [StreamingDecoder]
  private let stops: [String]
  private let streams: Bool
  private(set) var texts: [String]
  private(set) var counts: [Int]
  private(set) var firstToken: Double?
  private var shown = 0

  init(_ generator: Generator, _ tokenizer: Tokenizer, stops: [String], streams: Bool) {
    self.generator = generator
    self.stops = stops.filter { !$0.isEmpty }
    self.streams = streams
    let count = generator.textCount
    decoders = (0..<count).map { _ in StreamingDecoder(tokenizer) }
    texts = Array(repeating: "", count: count)
    counts = Array(repeating: 0, count: count)
  }

  mutating func write(_ context: Context) throws {
    while !generator.isOver, !Interruption.isRequested {
      for (text, token) in generator.next() {
        if firstToken == nil { firstToken = Moment.monotonic() }
        counts[text] += 1
        texts[text] += decoders[text].append(token)
        if cut(text) { generator.stop(text) }
      }
      if streams { show(context, isLast: false) }
    }
    for text in texts.indices {
      texts[text] += decoders[text].finish()
      _ = cut(text)
    }
    if streams { show(context, isLast: true) }
  }

  /// Cuts a text before the first stop string that it contains.
  private mutating func cut(_ text: Int) -> Bool {
    let places = stops.compactMap { texts[text].firstRange(of: $0)?.lowerBound }
    guard let first = places.min() else { return false }
    texts[text] = String(texts[text][..<first])
    return true
  }

  private mutating func show(_ context: Context, isLast: Bool) {
    guard !context.output.isJSON else { return }
    let held = isLast ? 0 : (stops.map(\.utf8.count).max() ?? 1) - 1
    let bytes = Array(texts[0].utf8)
    var end = max(shown, bytes.count - held)
    while end > shown, end < bytes.count, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    guard end > shown else { return }
    let piece = String(decoding: bytes[shown..<end], as: UTF8.self)
    context.output.raw(Array((context.output.isTerminal ? Self.harmless(piece) : piece).utf8))
    context.output.flush()
    shown = end
  }

  /// Without the control characters by which a text could command a terminal.
  private static func harmless(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      if !isControl || scalar == "\n" || scalar == "\t" { result.append(scalar) }
    }
    return String(result)
  }
}
