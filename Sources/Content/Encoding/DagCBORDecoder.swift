// Reading DAG-CBOR strictly: every malformed byte is refused with its offset and the rule it
// breaks (Specs/ContentAddresses.md, "Refusals").

/// Why bytes are not DAG-CBOR, and where.
public struct DagCBORError: Error, Equatable {
  public enum Rule: String, Sendable, Equatable {
    case endOfInput = "the input ends inside an item"
    case trailingBytes = "bytes follow the item"
    case shortestInteger = "a number is not in its shortest form"
    case reserved = "a reserved or unknown head"
    case indefinite = "indefinite lengths are not allowed"
    case tag = "tag 42 is the only tag"
    case link = "a link is a byte string of a zero byte and a CID"
    case simple = "only false, true and null are simple values"
    case halfFloat = "floats have 64 bits"
    case finiteFloat = "NaN and infinities are not allowed"
    case text = "text is valid UTF-8"
    case key = "map keys are text"
    case keyOrder = "map keys are in order, shorter first, then bytewise"
    case duplicateKey = "map keys are unique"
    case depth = "nesting is at most 256 deep"
    case size = "a block holds at most 1 MiB"
  }

  public let offset: Int
  public let rule: Rule
}

extension DagCBORError: CustomStringConvertible {
  public var description: String { "DAG-CBOR, byte \(offset): \(rule.rawValue)" }
}

/// A cursor over one encoded item. Lengths are checked against what is left before anything is
/// allocated, so an absurd length costs nothing.
public struct DagCBORDecoder {
  /// Deeper nesting is refused, so that no reader needs a deep stack.
  public static let maximumDepth = 256

  let input: [UInt8]
  public private(set) var offset = 0

  public init(_ input: [UInt8]) { self.input = input }

  public var isAtEnd: Bool { offset == input.count }

  func refuse(_ rule: DagCBORError.Rule, at place: Int) -> DagCBORError {
    DagCBORError(offset: place, rule: rule)
  }

  /// The major type and argument at the cursor, which moves behind them.
  mutating func head() throws(DagCBORError) -> (major: UInt8, argument: UInt64, place: Int) {
    let place = offset
    guard place < input.count else { throw refuse(.endOfInput, at: place) }
    let major = input[place] >> 5
    let info = input[place] & 31
    offset += 1
    if info < 24 { return (major, UInt64(info), place) }
    if major == 7 { return try special(info, place) }
    guard info < 28 else { throw refuse(info == 31 ? .indefinite : .reserved, at: place) }
    let count = 1 << Int(info - 24)
    guard input.count - offset >= count else { throw refuse(.endOfInput, at: input.count) }
    var argument: UInt64 = 0
    for index in 0..<count { argument = argument << 8 | UInt64(input[offset + index]) }
    offset += count
    let least: UInt64 = count == 1 ? 24 : 1 << UInt64(count * 4)
    guard argument >= least else { throw refuse(.shortestInteger, at: place) }
    return (major, argument, place)
  }

  /// Major type 7 beyond the short forms: a 64-bit float or a refusal.
  private mutating func special(
    _ info: UInt8, _ place: Int
  ) throws(DagCBORError) -> (major: UInt8, argument: UInt64, place: Int) {
    switch info {
    case 27: break
    case 25, 26: throw refuse(.halfFloat, at: place)
    case 24: throw refuse(.simple, at: place)
    case 31: throw refuse(.indefinite, at: place)
    default: throw refuse(.reserved, at: place)
    }
    guard input.count - offset >= 8 else { throw refuse(.endOfInput, at: input.count) }
    var bits: UInt64 = 0
    for index in 0..<8 { bits = bits << 8 | UInt64(input[offset + index]) }
    offset += 8
    guard Double(bitPattern: bits).isFinite else { throw refuse(.finiteFloat, at: place) }
    return (8, bits, place)
  }

  /// The next `count` bytes, which must be there.
  mutating func take(_ count: UInt64) throws(DagCBORError) -> ArraySlice<UInt8> {
    guard count <= UInt64(input.count - offset) else { throw refuse(.endOfInput, at: input.count) }
    let start = offset
    offset += Int(count)
    return input[start..<offset]
  }

  mutating func string(_ count: UInt64) throws(DagCBORError) -> String {
    let start = offset
    let slice = try take(count)
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw refuse(.text, at: start)
    }
    return text
  }

  public mutating func value(depth: Int = 0) throws(DagCBORError) -> Value {
    let (major, argument, place) = try head()
    switch major {
    case 0: return .integer(Int128(argument))
    case 1: return .integer(-1 - Int128(argument))
    case 2: return .bytes(Array(try take(argument)))
    case 3: return .text(try string(argument))
    case 4, 5:
      guard depth < Self.maximumDepth else { throw refuse(.depth, at: place) }
      let least = major == 4 ? argument : argument.multipliedReportingOverflow(by: 2).partialValue
      guard argument <= UInt64(input.count), least <= UInt64(input.count - offset) else {
        throw refuse(.endOfInput, at: input.count)
      }
      return major == 4
        ? try array(Int(argument), depth: depth + 1) : try map(Int(argument), depth: depth + 1)
    case 6: return try link(argument, place)
    case 7:
      switch argument {
      case 20: return .bool(false)
      case 21: return .bool(true)
      case 22: return .null
      default: throw refuse(.simple, at: place)
      }
    default: return .float(Double(bitPattern: argument))
    }
  }

  private mutating func array(_ count: Int, depth: Int) throws(DagCBORError) -> Value {
    var items: [Value] = []
    items.reserveCapacity(min(count, 4096))
    for _ in 0..<count { items.append(try value(depth: depth)) }
    return .array(items)
  }

  private mutating func map(_ count: Int, depth: Int) throws(DagCBORError) -> Value {
    var entries: [ValueMap.Entry] = []
    entries.reserveCapacity(min(count, 4096))
    for _ in 0..<count {
      let (major, length, place) = try head()
      guard major == 3 else { throw refuse(.key, at: place) }
      let key = try string(length)
      if let last = entries.last, !ValueMap.precedes(last.key, key) {
        let same = last.key.utf8.elementsEqual(key.utf8)
        throw refuse(same ? .duplicateKey : .keyOrder, at: place)
      }
      entries.append(ValueMap.Entry(key: key, value: try value(depth: depth)))
    }
    return .map(ValueMap(sorted: entries))
  }

  mutating func link(_ tag: UInt64, _ place: Int) throws(DagCBORError) -> Value {
    guard tag == 42 else { throw refuse(.tag, at: place) }
    let (major, length, inner) = try head()
    guard major == 2 else { throw refuse(.link, at: inner) }
    let bytes = try take(length)
    guard bytes.first == 0 else { throw refuse(.link, at: inner) }
    if let cid = try? CID(bytes: bytes.dropFirst()) { return .link(cid) }
    guard let foreign = ForeignLink(bytes: bytes.dropFirst()) else {
      throw refuse(.link, at: inner)
    }
    return .foreignLink(foreign)
  }
}

extension Value {
  /// A block holds one value and nothing else.
  public static let maximumByteCount = 1 << 20

  public init(decoding bytes: [UInt8]) throws(DagCBORError) {
    guard bytes.count <= Self.maximumByteCount else {
      throw DagCBORError(offset: Self.maximumByteCount, rule: .size)
    }
    var decoder = DagCBORDecoder(bytes)
    self = try decoder.value()
    guard decoder.isAtEnd else {
      throw DagCBORError(offset: decoder.offset, rule: .trailingBytes)
    }
  }
}
