// Reading DAG-CBOR strictly: every malformed byte is refused with its offset and the rule it
// breaks (Specs/ContentAddresses.md, "Refusals").

public import Cryptography

/// A cursor over one encoded item, for code that knows what to expect and wants no tree.
///
/// Read the items in order: `map()`, then for each entry `key` and its value; `array()`, then
/// its items. The reader is as strict as `Value(decoding:)`, save that keys of maps that are read
/// one by one are held to the order in which the caller asks for them.
public struct DagCBORDecoder: Sendable {
  /// Deeper nesting is refused, so that no reader needs a deep stack.
  public static let maximumDepth = 256

  private let input: [UInt8]
  public private(set) var offset = 0

  public init(_ input: [UInt8]) { self.input = input }

  public var isAtEnd: Bool { offset == input.count }

  /// Refuses what follows the item.
  public func finish() throws(DagCBORError) {
    guard isAtEnd else { throw DagCBORError(offset: offset, rule: .trailingBytes) }
  }

  /// Any item, as a tree.
  public mutating func value() throws(DagCBORError) -> Value {
    try scan { (scanner) throws(DagCBORError) in try scanner.value(depth: 0) }
  }

  /// Checks any item and gives the place of its bytes.
  @discardableResult
  public mutating func skip() throws(DagCBORError) -> Range<Int> {
    let start = offset
    try scan { (scanner) throws(DagCBORError) in try scanner.skip(depth: 0) }
    return start..<offset
  }

  /// Checks any item and gives the addresses in it.
  public mutating func links() throws(DagCBORError) -> [CID] {
    try scan { (scanner) throws(DagCBORError) in
      var links: [CID]? = []
      try scanner.skip(depth: 0, links: &links)
      return links ?? []
    }
  }

  /// The count of the array that begins here.
  public mutating func array() throws(DagCBORError) -> Int {
    try scan { (scanner) throws(DagCBORError) in
      let head = try scanner.head()
      return try scanner.items(Self.expect(head, .array), depth: 0)
    }
  }

  /// The count of the map that begins here.
  public mutating func map() throws(DagCBORError) -> Int {
    try scan { (scanner) throws(DagCBORError) in
      let head = try scanner.head()
      return try scanner.items(Self.expect(head, .map), depth: 0)
    }
  }

  /// Passes over the text `expected`, or refuses what stands here instead.
  public mutating func key(_ expected: StaticString) throws(DagCBORError) {
    try scan { (scanner) throws(DagCBORError) in
      let head = try Self.expect(try scanner.head(), .text)
      let bytes = unsafe try scanner.take(head.argument)
      guard expected.withUTF8Buffer({ unsafe $0.elementsEqual(bytes) }) else {
        throw DagCBORError(offset: head.offset, rule: .expected)
      }
    }
  }

  public mutating func text() throws(DagCBORError) -> String {
    try scan { (scanner) throws(DagCBORError) in
      let head = try scanner.head()
      return try scanner.string(Self.expect(head, .text).argument)
    }
  }

  public mutating func bytes() throws(DagCBORError) -> [UInt8] {
    try scan { (scanner) throws(DagCBORError) in
      let head = try scanner.head()
      return unsafe Array(try scanner.take(Self.expect(head, .bytes).argument))
    }
  }

  /// A byte string of exactly 32 bytes, without a heap allocation.
  public mutating func digest() throws(DagCBORError) -> Digest {
    try scan { (scanner) throws(DagCBORError) in
      let head = try scanner.head()
      let bytes = unsafe try scanner.take(Self.expect(head, .bytes).argument)
      guard let digest = unsafe Digest(span: RawSpan(_unsafeBytes: bytes)) else {
        throw DagCBORError(offset: head.offset, rule: .expected)
      }
      return digest
    }
  }

  public mutating func unsigned() throws(DagCBORError) -> UInt64 {
    try scan { (scanner) throws(DagCBORError) in
      try Self.expect(try scanner.head(), .unsigned).argument
    }
  }

  public mutating func float() throws(DagCBORError) -> Double {
    try scan { (scanner) throws(DagCBORError) in
      Double(bitPattern: try Self.expect(try scanner.head(), .float).argument)
    }
  }

  public mutating func bool() throws(DagCBORError) -> Bool {
    try scan { (scanner) throws(DagCBORError) in
      let head = try Self.expect(try scanner.head(), .simple)
      guard let bool = try scanner.simple(head).bool else {
        throw DagCBORError(offset: head.offset, rule: .expected)
      }
      return bool
    }
  }

  /// An address that can be followed here.
  public mutating func link() throws(DagCBORError) -> CID {
    try scan { (scanner) throws(DagCBORError) in
      let head = try Self.expect(try scanner.head(), .tag)
      guard case .link(let cid) = try scanner.link(head) else {
        throw DagCBORError(offset: head.offset, rule: .expected)
      }
      return cid
    }
  }

  /// Passes over a null if one stands here.
  public mutating func takeNull() -> Bool {
    guard offset < input.count, input[offset] == 0xF6 else { return false }
    offset += 1
    return true
  }

  private static func expect(
    _ head: DagCBORHead, _ kind: DagCBORHead.Kind
  ) throws(DagCBORError) -> DagCBORHead {
    guard head.kind == kind else { throw DagCBORError(offset: head.offset, rule: .expected) }
    return head
  }

  @inline(__always)
  private mutating func scan<Result>(
    _ body: (inout DagCBORScanner) throws(DagCBORError) -> Result
  ) throws(DagCBORError) -> Result {
    let start = offset
    let (result, end) = try unsafe input.span.withUnsafeBytes { (bytes) throws(DagCBORError) in
      var scanner = unsafe DagCBORScanner(bytes, at: start)
      let result = try body(&scanner)
      return (result, scanner.offset)
    }
    offset = end
    return result
  }
}

extension Value {
  /// A block holds one value and nothing else.
  public static let maximumByteCount = 1 << 20

  public init(decoding bytes: [UInt8]) throws(DagCBORError) {
    try Self.checkSize(bytes)
    var decoder = DagCBORDecoder(bytes)
    self = try decoder.value()
    try decoder.finish()
  }

  /// Refuses what `init(decoding:)` refuses, without making a tree.
  public static func check(_ bytes: [UInt8]) throws(DagCBORError) {
    try checkSize(bytes)
    var decoder = DagCBORDecoder(bytes)
    try decoder.skip()
    try decoder.finish()
  }

  private static func checkSize(_ bytes: [UInt8]) throws(DagCBORError) {
    guard bytes.count <= maximumByteCount else {
      throw DagCBORError(offset: maximumByteCount, rule: .size)
    }
  }
}
