// A set of chunk places as bits, and its compressed form on the wire
// (Specs/Exchange.md, "Have-maps").

public struct PlaceSet: Hashable, Sendable {
  private var words: [UInt64]
  public private(set) var count = 0
  /// Places are below this.
  public let limit: Int

  public init(limit: Int, full: Bool = false) {
    self.limit = max(limit, 0)
    words = Array(repeating: 0, count: (self.limit + 63) / 64)
    if full { for place in 0..<self.limit { insert(place) } }
  }

  public func contains(_ place: Int) -> Bool {
    place >= 0 && place < limit && words[place >> 6] >> UInt64(place & 63) & 1 == 1
  }

  /// True when the place is new.
  @discardableResult
  public mutating func insert(_ place: Int) -> Bool {
    guard place >= 0, place < limit, !contains(place) else { return false }
    words[place >> 6] |= 1 << UInt64(place & 63)
    count += 1
    return true
  }

  @discardableResult
  public mutating func remove(_ place: Int) -> Bool {
    guard contains(place) else { return false }
    words[place >> 6] &= ~(1 << UInt64(place & 63))
    count -= 1
    return true
  }

  public var isFull: Bool { count == limit }
  public var isEmpty: Bool { count == 0 }

  /// The first place at or after `start`, going round once; nil when the set is empty.
  public func next(from start: Int) -> Int? {
    guard count > 0 else { return nil }
    var word = max(0, min(start, limit - 1)) >> 6
    var bits = words[word] & (~0 << UInt64(start & 63))
    for _ in 0...words.count {
      if bits != 0 { return word << 6 | bits.trailingZeroBitCount }
      word = word + 1 == words.count ? 0 : word + 1
      bits = words[word]
    }
    return nil
  }

  /// Alternating lengths of absent and present runs from `start` on, as LEB128; the first may be
  /// zero, the last absent run is left out.
  public func runs(from start: Int, count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var length: UInt32 = 0
    var isPresent = false
    for place in start..<min(start + count, limit) {
      if contains(place) == isPresent {
        length += 1
      } else {
        bytes.append(variable: length)
        (length, isPresent) = (1, !isPresent)
      }
    }
    if isPresent { bytes.append(variable: length) }
    return bytes
  }

  /// The same for a few places, ascending.
  static func runs(of places: ArraySlice<Int>, from start: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var end = start
    var begin: Int?
    for place in places {
      if let first = begin, place == end {
        begin = first
      } else {
        if let first = begin { bytes.append(variable: UInt32(truncatingIfNeeded: end - first)) }
        bytes.append(variable: UInt32(truncatingIfNeeded: place - end))
        begin = place
      }
      end = place + 1
    }
    if let first = begin { bytes.append(variable: UInt32(truncatingIfNeeded: end - first)) }
    return bytes
  }

  /// Adds the places that `runs` lists from `start` on; false when they are malformed, leave the
  /// set or speak of more than `count` places. Returns the places that are new in `fresh`.
  public mutating func insert(
    runs bytes: [UInt8], from start: Int, count: Int, fresh: (Int) -> Void = { _ in }
  ) -> Bool {
    var cursor = ByteCursor(bytes)
    var place = start
    var isPresent = false
    while !cursor.isAtEnd {
      guard let length = cursor.variable(), place + Int(length) <= min(start + count, limit) else {
        return false
      }
      if isPresent { for place in place..<place + Int(length) where insert(place) { fresh(place) } }
      place += Int(length)
      isPresent.toggle()
    }
    return true
  }
}
