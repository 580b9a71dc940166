// The vocabulary: bytes of every token by id, and ids by bytes; see Specs/Tokenizers.md, "Vocabulary".

/// Hashes for the tables of this module. The seed differs per process, so that nobody can prepare
/// collisions; a hash decides only where something is looked for, never an order that can be seen.
enum TableHash {
  static let seed = UInt64(bitPattern: Int64(Hasher().finalize())) | 1

  @inline(always) static func bytes(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> UInt64 {
    var hash = seed ^ UInt64(truncatingIfNeeded: end - start)
    for index in start..<end {
      hash = (hash ^ UInt64(text[index])) &* 0x9E37_79B9_7F4A_7C15
    }
    return mixed(hash)
  }

  @inline(always) static func mixed(_ value: UInt64) -> UInt64 {
    var hash = value ^ (value >> 32)
    hash = hash &* 0xD6E8_FEB8_6659_FD93
    return hash ^ (hash >> 32)
  }

  @inline(always) static func pair(_ key: UInt64) -> UInt64 {
    mixed((key ^ seed) &* 0x9E37_79B9_7F4A_7C15)
  }
}

struct TokenTable: Sendable {
  /// All tokens' bytes, one after another, in the order in which they were added.
  private var bytes: [UInt8] = []
  private var starts: [UInt32] = [0]
  private(set) var ids: [Int32] = []
  /// Places of tokens by hash; -1 is free. At most half are taken.
  private var slots: [Int32] = [-1, -1]
  /// Places by id; -1 for an id that no token has.
  private var places: [Int32] = []

  var count: Int { ids.count }
  /// One more than the greatest id.
  var idBound: Int { places.count }

  /// Adds a token. False if the bytes are there already. Of two tokens with one id, the later one is
  /// what the id decodes to.
  mutating func add(_ token: Span<UInt8>, id: Int32) -> Bool {
    if (count + 1) * 2 > slots.count { grow() }
    let slot = slot(of: token, 0, token.count)
    if slots[slot] >= 0 { return false }
    slots[slot] = Int32(truncatingIfNeeded: count)
    while places.count <= Int(id) { places.append(-1) }
    places[Int(id)] = Int32(truncatingIfNeeded: count)
    ids.append(id)
    for index in token.indices { bytes.append(token[index]) }
    starts.append(UInt32(truncatingIfNeeded: bytes.count))
    return true
  }

  mutating func add(_ token: [UInt8], id: Int32) -> Bool { add(token.span, id: id) }

  private mutating func grow() {
    slots = Array(repeating: -1, count: slots.count * 4)
    for place in 0..<count {
      let (start, end) = (Int(starts[place]), Int(starts[place + 1]))
      let slot = slot(of: bytes.span, start, end)
      slots[slot] = Int32(truncatingIfNeeded: place)
    }
  }

  /// The slot that holds the token, or the free one where it belongs.
  private func slot(of text: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: TableHash.bytes(text, start, end)) & mask
    while slots[slot] >= 0 {
      if equals(Int(slots[slot]), text, start, end) { return slot }
      slot = (slot + 1) & mask
    }
    return slot
  }

  @inline(always) private func equals(
    _ place: Int, _ text: Span<UInt8>, _ start: Int, _ end: Int
  ) -> Bool {
    let first = Int(starts[place])
    guard Int(starts[place + 1]) - first == end - start else { return false }
    for offset in 0..<(end - start) where bytes[first + offset] != text[start + offset] {
      return false
    }
    return true
  }

  func id(of text: Span<UInt8>, _ start: Int, _ end: Int) -> Int32? {
    let place = slots[slot(of: text, start, end)]
    return place < 0 ? nil : ids[Int(place)]
  }

  func id(of token: [UInt8]) -> Int32? { id(of: token.span, 0, token.count) }

  /// The bytes of the token with this id.
  func bytes(of id: Int32) -> ArraySlice<UInt8>? {
    guard id >= 0, id < places.count, places[Int(id)] >= 0 else { return nil }
    let place = Int(places[Int(id)])
    return bytes[Int(starts[place])..<Int(starts[place + 1])]
  }

  /// The bytes of the token that was added as number `place`.
  func token(at place: Int) -> ArraySlice<UInt8> {
    bytes[Int(starts[place])..<Int(starts[place + 1])]
  }

  @inline(always) func length(of id: Int32) -> Int {
    guard id >= 0, id < places.count, places[Int(id)] >= 0 else { return 0 }
    let place = Int(places[Int(id)])
    return Int(starts[place + 1] - starts[place])
  }
}

/// Ranks and results of merges by pair of ids.
struct MergeTable: Sendable {
  private struct Entry {
    var key: UInt64
    var rank: UInt32
    var result: UInt32
  }

  private static let free = UInt64.max
  private var entries = [Entry](repeating: Entry(key: free, rank: 0, result: 0), count: 2)
  private(set) var count = 0

  @inline(always) static func key(_ left: UInt32, _ right: UInt32) -> UInt64 {
    UInt64(left) << 32 | UInt64(right)
  }

  /// Of a repeated pair the later rank counts.
  mutating func set(_ left: UInt32, _ right: UInt32, rank: UInt32, result: UInt32) {
    if (count + 1) * 2 > entries.count {
      let old = entries
      entries = Array(
        repeating: Entry(key: Self.free, rank: 0, result: 0), count: old.count * 4)
      for entry in old where entry.key != Self.free { entries[slot(entry.key)] = entry }
    }
    let key = Self.key(left, right)
    let slot = slot(key)
    if entries[slot].key == Self.free { count += 1 }
    entries[slot] = Entry(key: key, rank: rank, result: result)
  }

  /// True when a merge takes this id. A walk over all merges, for loading.
  func mentions(_ id: UInt32) -> Bool {
    entries.contains {
      $0.key != Self.free
        && (UInt32(truncatingIfNeeded: $0.key >> 32) == id
          || UInt32(truncatingIfNeeded: $0.key) == id)
    }
  }

  @inline(always) private func slot(_ key: UInt64) -> Int {
    let mask = entries.count - 1
    var slot = Int(truncatingIfNeeded: TableHash.pair(key)) & mask
    while entries[slot].key != Self.free, entries[slot].key != key { slot = (slot + 1) & mask }
    return slot
  }

  @inline(always) func find(_ left: UInt32, _ right: UInt32) -> (rank: UInt32, result: UInt32)? {
    let entry = entries[slot(Self.key(left, right))]
    return entry.key == Self.free ? nil : (entry.rank, entry.result)
  }
}
