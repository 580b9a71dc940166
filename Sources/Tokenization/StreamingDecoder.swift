// Decoding token by token, for text that is shown while it is generated; see Specs/Tokenizers.md,
// "Streaming".

internal import UnicodeText

/// Takes ids one at a time and gives the text that is certain by then. All pieces together, with what
/// `finish` gives, are exactly what decoding all ids at once gives: an unfinished character, and a run of
/// fallback bytes, are held back until it is clear what they become.
public struct StreamingDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skipsSpecialTokens: Bool
  private let plan: Plan
  /// Byte-level: bytes that may be the start of a character. Otherwise a run of fallback bytes.
  private var held: [UInt8] = []
  private var ids: [Int32] = []
  /// Characters still to be stripped at the start of the text.
  private var stripping: Int
  private var isFirst = true

  /// How the decoder's steps can be taken token by token.
  private enum Plan: Sendable {
    case bytes
    case tokens(before: [DecoderStep], fallback: Bool, strip: [UInt8])
    /// No such way is known: everything comes at the end.
    case whole
  }

  public init(_ tokenizer: Tokenizer, skipsSpecialTokens: Bool = true) {
    self.tokenizer = tokenizer
    self.skipsSpecialTokens = skipsSpecialTokens
    var strip = 0
    plan = Self.plan(tokenizer.decoder.steps, &strip)
    stripping = strip
  }

  private static func plan(_ steps: [DecoderStep]?, _ stripping: inout Int) -> Plan {
    guard let steps else { return .whole }
    if steps == [.byteLevel] { return .bytes }
    var before: [DecoderStep] = []
    var fallback = false
    var fused = false
    var strip: [UInt8] = []
    for step in steps {
      switch step {
      case .replace, .metaspace:
        // After the fallback the pieces are no longer tokens.
        if fallback || fused { return .whole }
        before.append(step)
      case .byteFallback:
        if fused || fallback { return .whole }
        fallback = true
      case .fuse: fused = true
      case .strip(let character, let start, let stop):
        if !fused || stop > 0 || !strip.isEmpty { return .whole }
        strip = character
        stripping = start
      case .byteLevel: return .whole
      }
    }
    return .tokens(before: before, fallback: fallback, strip: strip)
  }

  /// The text that this token makes certain; often empty.
  public mutating func append(_ id: Int32) -> String {
    if skipsSpecialTokens, tokenizer.contents.isSpecial(id) { return "" }
    switch plan {
    case .whole:
      ids.append(id)
      return ""
    case .bytes:
      tokenizer.contents.appendBytes(of: id, to: &held)
      let tail = UTF8Text.unfinishedTail(of: held)
      let ready = Array(held.dropLast(tail))
      held = Array(held.suffix(tail))
      return String(decoding: ready, as: UTF8.self)
    case .tokens(let before, let fallback, let strip):
      guard let written = tokenizer.contents.written(id) else { return "" }
      var token = written
      for step in before {
        switch step {
        case .replace(let pattern, let content):
          token = TokenDecoder.replaced(token, pattern, content)
        case .metaspace(let replacement, let dropsFirst):
          token = TokenDecoder.replaced(
            token, replacement, isFirst && dropsFirst ? [] : [UInt8(ascii: " ")])
        default: break
        }
      }
      isFirst = false
      var ready: [UInt8] = []
      if fallback, let byte = TokenDecoder.fallbackByte(token) {
        held.append(byte)
      } else {
        ready = released() + token
      }
      return stripped(ready, strip)
    }
  }

  /// What is left when no token follows.
  public mutating func finish() -> String {
    switch plan {
    case .whole:
      let text = tokenizer.decode(ids, skipsSpecialTokens: skipsSpecialTokens)
      ids = []
      return text
    case .bytes:
      let text = String(decoding: held, as: UTF8.self)
      held = []
      return text
    case .tokens(_, _, let strip): return stripped(released(), strip)
    }
  }

  private mutating func released() -> [UInt8] {
    let run = held
    held = []
    if UTF8Text.isValid(run) { return run }
    return run.flatMap { _ in [0xEF, 0xBF, 0xBD] as [UInt8] }
  }

  /// Strips what is left to strip while the text is at its start.
  private mutating func stripped(_ bytes: [UInt8], _ character: [UInt8]) -> String {
    var rest = bytes[...]
    while stripping > 0, !rest.isEmpty {
      if rest.starts(with: character) {
        rest = rest.dropFirst(character.count)
        stripping -= 1
      } else {
        stripping = 0
      }
    }
    return String(decoding: rest, as: UTF8.self)
  }
}
