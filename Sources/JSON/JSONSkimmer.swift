// Checks that bytes are one JSON document and finds the members of its top-level object, without
// building anything; see Specs/Records.md, "Skimming".

/// What a member's value is.
public enum JSONKind: UInt8, Sendable, Equatable {
  case null, bool, number, string, array, object
}

/// Where a wanted member's value lies.
public struct JSONField: Sendable, Equatable {
  public var kind: JSONKind
  /// Of a string, the bytes between its quotes; of any other value, all of its bytes.
  public var start: Int
  public var end: Int
  /// A string holds at least one backslash, so its bytes are not yet its text.
  public var isEscaped: Bool

  public var range: Range<Int> { start..<end }

  public init(kind: JSONKind, start: Int, end: Int, isEscaped: Bool) {
    self.kind = kind
    self.start = start
    self.end = end
    self.isEscaped = isEscaped
  }
}

/// One that is used for many documents allocates nothing. It accepts exactly what `JSONReader`
/// accepts under `duplicateKeys: .report`, except that a wanted key must not be repeated. To learn
/// why a document was refused, read it with `JSONReader`.
public struct JSONSkimmer: Sendable {
  /// A skimmer looks for no more keys than this.
  public static let greatestWanted = 32
  /// A wanted key has no more bytes than this.
  public static let greatestKeyLength = 63
  /// Nesting is followed this deep, as by the reader's default.
  public static let greatestDepth = 128

  /// What the last document held, in the order of the wanted keys.
  public private(set) var fields: [JSONField?]
  /// The kind of the last document's own value.
  public private(set) var kind = JSONKind.null
  /// The last document has bytes beyond ASCII.
  public private(set) var isASCII = true

  private let wanted: [WantedKey]
  /// Bit n is set when a wanted key has n bytes; most other keys fall at this comparison.
  private let lengths: UInt64

  private struct WantedKey: Sendable {
    let bytes: [UInt8]
    /// The first eight bytes, little-endian, zeros behind.
    let prefix: UInt64
  }

  /// Keys beyond the two limits are a mistake of the caller.
  public init(wanted keys: [String]) {
    precondition(keys.count <= JSONSkimmer.greatestWanted)
    wanted = keys.map { key in
      let bytes = Array(key.utf8)
      precondition(bytes.count <= JSONSkimmer.greatestKeyLength)
      var prefix: UInt64 = 0
      for (place, byte) in bytes.prefix(8).enumerated() { prefix |= UInt64(byte) << (place * 8) }
      return WantedKey(bytes: bytes, prefix: prefix)
    }
    lengths = wanted.reduce(0) { $0 | 1 << UInt64($1.bytes.count) }
    fields = Array(repeating: nil, count: keys.count)
  }

  /// Skims the first `count` bytes of `buffer`. Bytes behind them may be looked at, as far as the
  /// buffer goes, but do not matter: that spares copying a record to give it room.
  public mutating func skim(_ buffer: UnsafeRawBufferPointer, count: Int) -> Bool {
    precondition(count <= buffer.count)
    for place in fields.indices { fields[place] = nil }
    guard let base = buffer.baseAddress, count > 0 else { return false }
    var cursor = unsafe SkimCursor(base: base, count: count, readable: buffer.count)
    guard document(&cursor) else { return false }
    isASCII = cursor.isASCII
    if isASCII { return true }
    return unsafe UTF8Check.firstFault(in: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      == nil
  }

  public mutating func skim(_ bytes: [UInt8]) -> Bool {
    unsafe bytes.withUnsafeBytes { unsafe skim($0, count: $0.count) }
  }

  /// Skims the one value that begins at `start`, which may be followed by anything, and answers
  /// where it ends. UTF-8 is not looked at: this is for parts of a document that has been skimmed.
  public mutating func skimValue(
    _ buffer: UnsafeRawBufferPointer, from start: Int, count: Int
  ) -> Int? {
    precondition(count <= buffer.count && start >= 0)
    for place in fields.indices { fields[place] = nil }
    guard let base = buffer.baseAddress, start < count else { return nil }
    var cursor = unsafe SkimCursor(base: base, count: count, readable: buffer.count)
    cursor.at = start
    return value(&cursor) ? cursor.at : nil
  }

  private mutating func document(_ cursor: inout SkimCursor) -> Bool {
    cursor.skipSpace()
    guard value(&cursor) else { return false }
    cursor.skipSpace()
    return cursor.at == cursor.count
  }

  private mutating func value(_ cursor: inout SkimCursor) -> Bool {
    guard let kind = cursor.kindHere() else { return false }
    self.kind = kind
    return kind == .object ? members(&cursor) : cursor.value(kind, depth: 0)
  }

  private mutating func members(_ cursor: inout SkimCursor) -> Bool {
    cursor.at += 1
    cursor.skipSpace()
    if cursor.take(0x7D) { return true }
    while true {
      guard cursor.take(0x22) else { return false }
      let start = cursor.at
      guard let isEscaped = cursor.string() else { return false }
      let place = wantedPlace(cursor, start: start, end: cursor.at - 1, isEscaped: isEscaped)
      cursor.skipSpace()
      guard cursor.take(0x3A) else { return false }
      cursor.skipSpace()
      guard let kind = cursor.kindHere() else { return false }
      var field = JSONField(kind: kind, start: cursor.at, end: 0, isEscaped: false)
      if kind == .string {
        cursor.at += 1
        field.start = cursor.at
        guard let isEscaped = cursor.string() else { return false }
        field.isEscaped = isEscaped
        field.end = cursor.at - 1
      } else {
        guard cursor.value(kind, depth: 1) else { return false }
        field.end = cursor.at
      }
      if let place {
        if fields[place] != nil { return false }
        fields[place] = field
      }
      cursor.skipSpace()
      if cursor.take(0x7D) { return true }
      guard cursor.take(0x2C) else { return false }
      cursor.skipSpace()
    }
  }

  private func wantedPlace(
    _ cursor: SkimCursor, start: Int, end: Int, isEscaped: Bool
  ) -> Int? {
    if isEscaped {
      // Rare: the key is unescaped to be compared.
      guard let key = cursor.unescaped(start - 1..<end + 1) else { return nil }
      return wanted.firstIndex { $0.bytes.elementsEqual(key.utf8) }
    }
    let length = end - start
    guard length <= JSONSkimmer.greatestKeyLength, lengths >> UInt64(length) & 1 == 1 else {
      return nil
    }
    let prefix = cursor.prefix(at: start, length: length)
    return wanted.firstIndex { key in
      key.bytes.count == length && key.prefix == prefix
        && (length <= 8 || cursor.equals(key.bytes, at: start))
    }
  }
}
