// Writes on from prompts, token by token, with a cache of keys and values
// (Specs/Transformer.md, "Generation").

import CanonicalMath
import Checkpoints

public struct Generator: Sendable {
  /// A prompt goes through the model in pieces of this many tokens.
  public static let rowsPerPass = 512
  /// Weights of up to so many bytes are laid out for single tokens after the first token, when as
  /// many tokens as `packingPays` may follow.
  public static let packedBytes = 1 << 30
  public static let packingPays = 16

  private struct Text: Sendable {
    let number: Int
    var tokens: [Int32]
    let promptCount: Int
    /// It is over when it has so many tokens.
    let limit: Int
    /// Tokens whose keys are in the cache.
    var cached = 0
    var isOver = false
  }

  public let sampling: Sampling
  private var isFirst = true
  private var isLaidOut = false
  private var pass: Pass
  private var cache: KeyValueCache
  private var texts: [Text]
  private let endTokens: [Int32]
  private let capacity: Int

  /// Every prompt has at least one token; `newTokens` at most are written after each.
  public init(
    _ model: Transformer, adapter: AdapterTensors?, prompts: [[Int32]], newTokens: Int,
    endTokens: [Int], sampling: Sampling
  ) throws(GenerationError) {
    let longest = prompts.map(\.count).max() ?? 0
    guard !prompts.contains(where: \.isEmpty), longest > 0 else { throw .emptyPrompt }
    let limit = model.contextLength
    guard longest < limit else { throw .longPrompt(longest, limit: limit) }
    for token in prompts.joined()
    where token < 0 || token >= Int32(model.configuration.vocabularySize) {
      throw .strangeToken(token)
    }
    self.sampling = sampling
    self.endTokens = endTokens.map { Int32($0) }
    capacity = min(limit, longest + newTokens)
    pass = Pass(model, adapter: adapter, remembering: .nothing, laysOut: false)
    isLaidOut = model.panels.areMade
    if isLaidOut { pass.model.weights = model.panels.panels(of: model.weights) }
    cache = KeyValueCache(model.configuration, rows: capacity * prompts.count)
    texts = prompts.enumerated().map { number, tokens in
      Text(
        number: number, tokens: tokens, promptCount: tokens.count,
        limit: min(limit, tokens.count + newTokens))
    }
  }

  public var textCount: Int { texts.count }

  public var isOver: Bool { texts.allSatisfy(\.isOver) }

  /// The tokens written so far for a prompt, without the end token.
  public func written(_ text: Int) -> [Int32] {
    Array(texts[text].tokens.dropFirst(texts[text].promptCount))
  }

  /// No more for this prompt: a stop string was found.
  public mutating func stop(_ text: Int) { texts[text].isOver = true }

  /// Writes one more token for every prompt that is not over. Gives the prompt and its token; the
  /// end token is not given.
  public mutating func next() -> [(text: Int, token: Int32)] {
    let active = texts.indices.filter { !texts[$0].isOver }
    guard !active.isEmpty else { return [] }
    if isFirst { isFirst = false } else { layOut(for: active) }
    let logits = logits(of: active)
    var written: [(text: Int, token: Int32)] = []
    for (row, text) in active.enumerated() {
      let index = texts[text].tokens.count - texts[text].promptCount
      let token = sampling.choose(
        logits.rows(row..<row + 1), text: texts[text].number, index: index)
      if endTokens.contains(token) {
        texts[text].isOver = true
        continue
      }
      texts[text].tokens.append(token)
      written.append((text, token))
      if texts[text].tokens.count >= texts[text].limit { texts[text].isOver = true }
    }
    return written
  }

  /// Lays the weights out for single tokens, once, when enough of them are to come. The first token
  /// does not wait for it.
  private mutating func layOut(for active: [Int]) {
    guard !isLaidOut else { return }
    isLaidOut = true
    let model = pass.model
    if model.weights.linearBytes <= Self.packedBytes,
      active.contains(where: { texts[$0].limit - texts[$0].tokens.count >= Self.packingPays })
    {
      pass.model.weights = model.panels.panels(of: model.weights)
    }
  }

  /// The logits behind the last token of each text.
  private mutating func logits(of active: [Int]) -> Matrix {
    var last: [Matrix] = []
    // Long prompts go first, one at a time and in pieces.
    for text in active {
      while texts[text].tokens.count - texts[text].cached > Self.rowsPerPass {
        let range = texts[text].cached..<(texts[text].cached + Self.rowsPerPass)
        _ = forward([(text, range)])
      }
    }
    var batch: [(text: Int, range: Range<Int>)] = []
    var rows = 0
    for text in active {
      let range = texts[text].cached..<texts[text].tokens.count
      if rows + range.count > Self.rowsPerPass {
        last.append(forward(batch))
        batch = []
        rows = 0
      }
      batch.append((text, range))
      rows += range.count
    }
    if last.isEmpty { return forward(batch) }
    last.append(forward(batch))
    var all = Matrix(
      uninitializedRows: active.count, columns: pass.model.configuration.vocabularySize)
    var row = 0
    for part in last {
      all.replaceRows(from: row, with: part)
      row += part.rows
    }
    return all
  }

  /// Runs new tokens of some texts through the model; the logits behind the last of each.
  private mutating func forward(_ batch: [(text: Int, range: Range<Int>)]) -> Matrix {
    var tokens: [Int32] = []
    var positions: [Int32] = []
    var spans: [CachedSpan] = []
    var lastRows: [Int32] = []
    for (text, range) in batch {
      let start = tokens.count
      tokens += texts[text].tokens[range]
      positions += range.map { Int32($0) }
      let first = text * capacity
      spans.append(
        CachedSpan(rows: start..<tokens.count, keys: first..<first + range.upperBound))
      lastRows.append(Int32(tokens.count - 1))
      texts[text].cached = range.upperBound
    }
    pass.forward(tokens: tokens, positions: positions, .cached(spans), cache: &cache)
    pass.normHeadRows(lastRows)
    return Canonical.product(.nt, pass.headNormed, pass.model.weights.head)
  }
}

public enum GenerationError: Error, Equatable, CustomStringConvertible {
  case emptyPrompt
  case longPrompt(Int, limit: Int)
  case strangeToken(Int32)

  public var description: String {
    switch self {
    case .emptyPrompt: "the prompt has no token: give at least one word"
    case .longPrompt(let count, let limit):
      "the prompt has \(count) tokens and the model's context \(limit): shorten it"
    case .strangeToken(let token):
      "token \(token) is outside the model's vocabulary: the tokenizer is another model's"
    }
  }
}
