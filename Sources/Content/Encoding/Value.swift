// The DAG-CBOR data model as a tree (Specs/ContentAddresses.md, "Data model").

/// A value that has exactly one encoding.
public enum Value: Hashable, Sendable {
  case null
  case bool(Bool)
  /// From −2⁶⁴ to 2⁶⁴−1; nothing else has an encoding.
  case integer(Int128)
  /// Finite only.
  case float(Double)
  case bytes([UInt8])
  case text(String)
  case array([Value])
  case map(ValueMap)
  case link(CID)
  /// Kept and written back, never followed.
  case foreignLink(ForeignLink)
}

/// Unique text keys in encoding order: shorter first, then bytewise.
public struct ValueMap: Hashable, Sendable {
  public struct Entry: Hashable, Sendable {
    public let key: String
    public var value: Value

    public init(key: String, value: Value) {
      self.key = key
      self.value = value
    }

    public static func == (left: Entry, right: Entry) -> Bool {
      ValueMap.same(left.key, right.key) && left.value == right.value
    }
  }

  /// Sorted in encoding order.
  public private(set) var entries: [Entry]

  public init() { entries = [] }

  /// Sorts the entries; of two with one key the later wins.
  public init(_ entries: [Entry]) {
    self.init()
    for entry in entries { self[entry.key] = entry.value }
  }

  /// Trusts the caller that `sorted` is sorted and unique: the decoder has checked it.
  init(sorted: [Entry]) { entries = sorted }

  public subscript(key: String) -> Value? {
    get {
      let place = place(of: key)
      return place < entries.count && Self.same(entries[place].key, key)
        ? entries[place].value : nil
    }
    set {
      let place = place(of: key)
      let found = place < entries.count && Self.same(entries[place].key, key)
      switch (found, newValue) {
      case (true, let value?): entries[place].value = value
      case (true, nil): entries.remove(at: place)
      case (false, let value?): entries.insert(Entry(key: key, value: value), at: place)
      case (false, nil): break
      }
    }
  }

  private func place(of key: String) -> Int {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if Self.precedes(entries[middle].key, key) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Byte for byte: Swift's `==` also calls differently composed spellings equal.
  static func same(_ left: String, _ right: String) -> Bool {
    left.utf8.elementsEqual(right.utf8)
  }

  static func precedes(_ left: String, _ right: String) -> Bool {
    let (leftCount, rightCount) = (left.utf8.count, right.utf8.count)
    if leftCount != rightCount { return leftCount < rightCount }
    return left.utf8.lexicographicallyPrecedes(right.utf8)
  }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .text(value) }
  public init(integerLiteral value: Int64) { self = .integer(Int128(value)) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: Value...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, Value)...) {
    self = .map(ValueMap(elements.map { ValueMap.Entry(key: $0.0, value: $0.1) }))
  }
}

extension Value {
  /// Equal when their encodings are equal.
  public static func == (left: Value, right: Value) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.integer(let left), .integer(let right)): left == right
    case (.float(let left), .float(let right)): left.bitPattern == right.bitPattern
    case (.bytes(let left), .bytes(let right)): left == right
    case (.text(let left), .text(let right)): ValueMap.same(left, right)
    case (.array(let left), .array(let right)): left == right
    case (.map(let left), .map(let right)): left == right
    case (.link(let left), .link(let right)): left == right
    case (.foreignLink(let left), .foreignLink(let right)): left == right
    default: false
    }
  }

  public init(_ number: some BinaryInteger) { self = .integer(Int128(truncatingIfNeeded: number)) }

  public var text: String? { if case .text(let text) = self { text } else { nil } }
  public var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
  public var array: [Value]? { if case .array(let items) = self { items } else { nil } }
  public var map: ValueMap? { if case .map(let map) = self { map } else { nil } }
  public var link: CID? { if case .link(let cid) = self { cid } else { nil } }
  public var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
  public var float: Double? { if case .float(let float) = self { float } else { nil } }
  /// Nil unless the value is an integer that fits.
  public func integer<Number: FixedWidthInteger>(as type: Number.Type = Number.self) -> Number? {
    if case .integer(let number) = self { Number(exactly: number) } else { nil }
  }
  /// The value under `key` of a map; nil for anything else.
  public subscript(key: String) -> Value? { map?[key] }
}
