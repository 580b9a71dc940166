// An object's members in the order in which they stand, with fast lookup; see Specs/Records.md.

/// Keys are compared by their bytes. Swift's `==` on strings takes `é` in one scalar and in two for
/// equal, and U+212A for the letter K; a tokenizer's vocabulary holds both, so a `Dictionary` keyed
/// by `String` would lose entries.
public struct JSONObject: Sendable {
  public private(set) var keys: [String]
  public private(set) var values: [JSONValue]
  /// Open addressing by key hash, with places in `keys`; -1 is free. Empty while the object is small.
  private var slots: [Int32]

  /// Up to here a walk over the keys is faster than hashing.
  private static let walked = 12
  /// An object holds no more members than this, because slots are 32-bit.
  static let greatestCount = 1 << 30

  public init() {
    keys = []
    values = []
    slots = []
  }

  /// Of a repeated key the last value stays, at the place of the first.
  public init(_ members: some Sequence<(String, JSONValue)>) {
    self.init()
    for (key, value) in members { self[key] = value }
  }

  public var count: Int { keys.count }
  public var isEmpty: Bool { keys.isEmpty }

  /// The members in order.
  public var members: Zip2Sequence<[String], [JSONValue]> { zip(keys, values) }

  /// Setting `nil` removes the member and closes the gap.
  public subscript(key: String) -> JSONValue? {
    get { place(of: key).map { values[$0] } }
    set {
      switch (place(of: key), newValue) {
      case (let place?, let value?): values[place] = value
      case (nil, let value?): append(key, value)
      case (let place?, nil):
        keys.remove(at: place)
        values.remove(at: place)
        rebuild()
      case (nil, nil): break
      }
    }
  }

  public func contains(_ key: String) -> Bool { place(of: key) != nil }

  /// Where a key stands among the members.
  public func place(of key: String) -> Int? {
    if slots.isEmpty {
      return keys.firstIndex { $0.utf8.elementsEqual(key.utf8) }
    }
    let place = slots[slot(of: key)]
    return place < 0 ? nil : Int(place)
  }

  /// Adds a member unless the key is there already; answers its earlier place in that case.
  mutating func add(_ key: String, _ value: JSONValue) -> Int? {
    if let place = place(of: key) { return place }
    append(key, value)
    return nil
  }

  mutating func replace(at place: Int, with value: JSONValue) { values[place] = value }

  private mutating func append(_ key: String, _ value: JSONValue) {
    keys.append(key)
    values.append(value)
    if slots.isEmpty ? keys.count > JSONObject.walked : keys.count * 2 > slots.count {
      rebuild()
    } else if !slots.isEmpty {
      slots[slot(of: key)] = Int32(truncatingIfNeeded: keys.count - 1)
    }
  }

  private mutating func rebuild() {
    guard keys.count > JSONObject.walked else {
      slots = []
      return
    }
    var size = 32
    while size < keys.count * 4 { size *= 2 }
    slots = Array(repeating: -1, count: size)
    for (place, key) in keys.enumerated() {
      slots[slot(of: key)] = Int32(truncatingIfNeeded: place)
    }
  }

  /// The slot that holds the key, or the free one where it belongs. At most half of them are taken,
  /// so the walk ends. The hash is seeded per process, so that nobody can prepare collisions; it
  /// decides only where a key is looked for, never an order that can be seen.
  private func slot(of key: String) -> Int {
    var hasher = Hasher()
    var key = key
    key.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    var slot = hasher.finalize() & (slots.count - 1)
    while slots[slot] >= 0 {
      if keys[Int(slots[slot])].utf8.elementsEqual(key.utf8) { return slot }
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }
}

extension JSONObject: Equatable {
  public static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.count == right.count
      && zip(left.keys, right.keys).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
      && left.values == right.values
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}
