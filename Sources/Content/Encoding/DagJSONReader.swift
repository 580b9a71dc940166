// Reading DAG-JSON into values (Specs/ContentAddresses.md, "As JSON"). Numbers are read here and
// not by the module JSON, because integers have up to 64 bits and a sign and must stay exact.

/// Why text is not DAG-JSON, and where.
public struct DagJSONError: Error, Equatable {
  public enum Rule: String, Sendable, Equatable {
    case syntax = "not JSON"
    case text = "not UTF-8, or an escape that is no character"
    case number = "a number out of range; integers lie between -2^64 and 2^64-1"
    case reserved = "the key '/' stands alone, before a CID or {\"bytes\": base64 without padding}"
    case duplicateKey = "map keys are unique"
    case depth = "nesting is at most 256 deep"
    case size = "the text has at most 8 MiB"
    case trailingBytes = "text follows the value"
  }

  public let offset: Int
  public let rule: Rule
}

extension DagJSONError: CustomStringConvertible {
  public var description: String { "DAG-JSON, byte \(offset): \(rule.rawValue)" }
}

extension Value {
  /// A block of 1 MiB can grow so much as text.
  public static let maximumDagJSONByteCount = 8 << 20

  public init(dagJSON text: [UInt8]) throws(DagJSONError) {
    guard text.count <= Self.maximumDagJSONByteCount else {
      throw DagJSONError(offset: Self.maximumDagJSONByteCount, rule: .size)
    }
    var reader = DagJSONReader(text)
    self = try reader.document()
  }
}

/// A cursor over the text. Each index is compared with the count before it is used.
struct DagJSONReader {
  private let text: [UInt8]
  private var at = 0

  init(_ text: [UInt8]) { self.text = text }

  private func fault(_ rule: DagJSONError.Rule, at place: Int? = nil) -> DagJSONError {
    DagJSONError(offset: place ?? at, rule: rule)
  }

  mutating func document() throws(DagJSONError) -> Value {
    let value = try value(depth: 0)
    skipSpace()
    guard at == text.count else { throw fault(.trailingBytes) }
    return value
  }

  private mutating func skipSpace() {
    while at < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[at]) { at += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard at < text.count, text[at] == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(DagJSONError) {
    skipSpace()
    guard take(character) else { throw fault(.syntax) }
  }

  private mutating func literal(_ word: StaticString, _ value: Value) throws(DagJSONError) -> Value
  {
    let length = word.utf8CodeUnitCount
    let found =
      text.count - at >= length
      && word.withUTF8Buffer { unsafe $0.elementsEqual(text[at..<at + length]) }
    guard found else { throw fault(.syntax) }
    at += length
    return value
  }

  private mutating func value(depth: Int) throws(DagJSONError) -> Value {
    skipSpace()
    guard at < text.count else { throw fault(.syntax) }
    switch text[at] {
    case UInt8(ascii: "n"): return try literal("null", .null)
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "{"): return try map(depth: depth)
    default: return try number()
    }
  }

  private mutating func array(depth: Int) throws(DagJSONError) -> Value {
    guard depth < DagCBORDecoder.maximumDepth else { throw fault(.depth) }
    at += 1
    var items: [Value] = []
    skipSpace()
    if take("]") { return .array(items) }
    while true {
      items.append(try value(depth: depth + 1))
      skipSpace()
      if take("]") { return .array(items) }
      try expect(",")
    }
  }

  private mutating func map(depth: Int) throws(DagJSONError) -> Value {
    // The two forms of "/" are deeper in text than in the value: they may go one further.
    guard depth <= DagCBORDecoder.maximumDepth + 1 else { throw fault(.depth) }
    let start = at
    at += 1
    var entries: [ValueMap.Entry] = []
    skipSpace()
    if !take("}") {
      repeat {
        skipSpace()
        let key = try string()
        try expect(":")
        entries.append(ValueMap.Entry(key: key, value: try value(depth: depth + 1)))
        skipSpace()
      } while take(",")
      try expect("}")
    }
    if entries.contains(where: { $0.key == "/" }) {
      guard entries.count == 1, let value = Self.reserved(entries[0].value) else {
        throw fault(.reserved, at: start)
      }
      return value
    }
    guard depth < DagCBORDecoder.maximumDepth || Self.isBytes(entries) else {
      throw fault(.depth, at: start)
    }
    entries.sort { ValueMap.precedes($0.key, $1.key) }
    for (left, right) in zip(entries, entries.dropFirst()) where ValueMap.same(left.key, right.key)
    {
      throw fault(.duplicateKey, at: start)
    }
    return .map(ValueMap(sorted: entries))
  }

  private static func isBytes(_ entries: [ValueMap.Entry]) -> Bool {
    entries.count == 1 && entries[0].key == "bytes"
  }

  /// What stands under "/".
  private static func reserved(_ value: Value) -> Value? {
    if let text = value.text {
      if let cid = try? CID(text) { return .link(cid) }
      return ForeignLink(text).map(Value.foreignLink)
    }
    guard let map = value.map, isBytes(map.entries), let text = map.entries[0].value.text else {
      return nil
    }
    return Base64.bytes(of: text.utf8).map(Value.bytes)
  }

  private mutating func number() throws(DagJSONError) -> Value {
    let start = at
    let isNegative = take("-")
    let digits = takeDigits()
    guard digits == 1 || digits > 1 && text[at - digits] != UInt8(ascii: "0") else {
      throw fault(.syntax, at: start)
    }
    var isInteger = true
    if take(".") {
      isInteger = false
      guard takeDigits() > 0 else { throw fault(.syntax) }
    }
    if take("e") || take("E") {
      isInteger = false
      if !take("+") { _ = take("-") }
      guard takeDigits() > 0 else { throw fault(.syntax) }
    }
    let spelling = String(decoding: text[start..<at], as: UTF8.self)
    if isInteger {
      guard let number = Int128(spelling), number >= -(1 << 64), number < 1 << 64,
        !(isNegative && number == 0)
      else { throw fault(.number, at: start) }
      return .integer(number)
    }
    guard let number = Double(spelling), number.isFinite else { throw fault(.number, at: start) }
    return .float(number)
  }

  private mutating func takeDigits() -> Int {
    let start = at
    while at < text.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[at]) { at += 1 }
    return at - start
  }

  private mutating func string() throws(DagJSONError) -> String {
    let start = at
    guard take("\"") else { throw fault(.syntax) }
    var bytes: [UInt8] = []
    while at < text.count {
      let byte = text[at]
      at += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: bytes, as: UTF8.self) else {
          throw fault(.text, at: start)
        }
        return string
      case UInt8(ascii: "\\"): try escape(&bytes)
      case ..<0x20: throw fault(.syntax, at: at - 1)
      default: bytes.append(byte)
      }
    }
    throw fault(.syntax)
  }

  private mutating func escape(_ bytes: inout [UInt8]) throws(DagJSONError) {
    guard at < text.count else { throw fault(.syntax) }
    let letter = text[at]
    at += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(letter)
    case UInt8(ascii: "b"): bytes.append(0x08)
    case UInt8(ascii: "f"): bytes.append(0x0C)
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "u"):
      let place = at
      var code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code), take("\\"), take("u") {
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw fault(.text, at: place) }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw fault(.text, at: place) }
      bytes.append(contentsOf: Array(String(scalar).utf8))
    default: throw fault(.syntax, at: at - 1)
    }
  }

  private mutating func hexadecimal() throws(DagJSONError) -> UInt32 {
    guard text.count - at >= 4,
      let code = UInt32(String(decoding: text[at..<at + 4], as: UTF8.self), radix: 16),
      text[at] != UInt8(ascii: "+"), text[at] != UInt8(ascii: "-")
    else { throw fault(.syntax) }
    at += 4
    return code
  }
}
