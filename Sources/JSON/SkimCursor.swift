// The skimmer's place in the bytes: strings by sixteen bytes at a time, the rest one by one; see
// Specs/Records.md, "Skimming".

/// The pointer is borrowed for the length of one `skim`. Reads stay below `readable`, and `at` never
/// passes `count` (which is not above `readable`): that is what `@safe` rests on.
@safe struct SkimCursor {
  private let base: UnsafeRawPointer
  let count: Int
  private let readable: Int
  var at = 0
  private var seen = SIMD16<UInt8>()
  private var seenAlone: UInt8 = 0

  init(base: UnsafeRawPointer, count: Int, readable: Int) {
    unsafe self.base = base
    self.count = count
    self.readable = readable
  }

  /// No string that was walked over had a byte beyond ASCII. Bytes just behind a string count too,
  /// so this may be false when all is ASCII, but not the reverse.
  var isASCII: Bool { seen.max() < 0x80 && seenAlone < 0x80 }

  @inline(__always) private func byte(_ place: Int) -> UInt8 {
    unsafe base.load(fromByteOffset: place, as: UInt8.self)
  }

  @inline(__always) mutating func skipSpace() {
    while at < count {
      let byte = byte(at)
      if byte > 0x20 { return }
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
      at += 1
    }
  }

  @inline(__always) mutating func take(_ wanted: UInt8) -> Bool {
    guard at < count, byte(at) == wanted else { return false }
    at += 1
    return true
  }

  /// What kind of value begins here; nothing has been checked but its first byte.
  @inline(__always) func kindHere() -> JSONKind? {
    guard at < count else { return nil }
    switch byte(at) {
    case 0x22: return .string
    case 0x7B: return .object
    case 0x5B: return .array
    case 0x2D, 0x30...0x39: return .number
    case 0x74, 0x66: return .bool
    case 0x6E: return .null
    default: return nil
    }
  }

  /// Walks over one value inside `depth` others. Nesting is a bit each, set for objects.
  mutating func value(_ kind: JSONKind, depth outer: Int) -> Bool {
    var kind = kind
    var depth = 0
    var low: UInt64 = 0
    var high: UInt64 = 0
    var inObject: Bool { low & 1 == 1 }
    while true {
      switch kind {
      case .string:
        at += 1
        guard string() != nil else { return false }
      case .number: guard number() else { return false }
      case .bool: guard word("true") || word("false") else { return false }
      case .null: guard word("null") else { return false }
      case .array, .object:
        depth += 1
        if depth + outer > JSONSkimmer.greatestDepth { return false }
        high = high << 1 | low >> 63
        low = low << 1 | (kind == .object ? 1 : 0)
        at += 1
        skipSpace()
        if take(kind == .object ? 0x7D : 0x5D) {
          depth -= 1
          low = low >> 1 | high << 63
          high >>= 1
        } else {
          if kind == .object { guard key() else { return false } }
          guard let next = kindHere() else { return false }
          kind = next
          continue
        }
      }
      while true {
        if depth == 0 { return true }
        skipSpace()
        if take(0x2C) { break }
        guard take(inObject ? 0x7D : 0x5D) else { return false }
        depth -= 1
        low = low >> 1 | high << 63
        high >>= 1
      }
      skipSpace()
      if inObject { guard key() else { return false } }
      guard let next = kindHere() else { return false }
      kind = next
    }
  }

  /// A key, its colon, and the space behind.
  @inline(__always) private mutating func key() -> Bool {
    guard take(0x22), string() != nil else { return false }
    skipSpace()
    guard take(0x3A) else { return false }
    skipSpace()
    return true
  }

  /// From behind the opening quote to behind the closing one; answers whether it has escapes.
  @inline(__always) mutating func string() -> Bool? {
    var isEscaped = false
    while true {
      plain()
      guard at < count else { return nil }
      let byte = byte(at)
      if byte == 0x22 {
        at += 1
        return isEscaped
      }
      guard byte == 0x5C else { return nil }
      isEscaped = true
      guard escape() else { return nil }
    }
  }

  /// Moves to the next quote, backslash or control character, or to `count`.
  @inline(__always) private mutating func plain() {
    while at + 16 <= readable {
      let bytes = unsafe base.loadUnaligned(fromByteOffset: at, as: SIMD16<UInt8>.self)
      seen |= bytes
      // The top bit of a lane tells a match: x - 1 & ~x has it where x is zero. The comparisons of
      // Swift's vectors work lane by lane (6.3); its arithmetic does not.
      let quote = bytes ^ SIMD16(repeating: 0x22)
      let slash = bytes ^ SIMD16(repeating: 0x5C)
      let one = SIMD16<UInt8>(repeating: 1)
      let stop =
        ((quote &- one) & ~quote | (slash &- one) & ~slash
          | (bytes &- SIMD16(repeating: 0x20)) & ~bytes) & SIMD16(repeating: 0x80)
      let halves = unsafe unsafeBitCast(stop, to: SIMD2<UInt64>.self)
      if halves.x != 0 {
        at = min(at + halves.x.trailingZeroBitCount >> 3, count)
        return
      }
      if halves.y != 0 {
        at = min(at + 8 + halves.y.trailingZeroBitCount >> 3, count)
        return
      }
      at += 16
      if at >= count {
        at = count
        return
      }
    }
    while at < count {
      let byte = byte(at)
      if byte == 0x22 || byte == 0x5C || byte < 0x20 { return }
      seenAlone |= byte
      at += 1
    }
  }

  private mutating func escape() -> Bool {
    guard at + 1 < count else { return false }
    switch byte(at + 1) {
    case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74:
      at += 2
      return true
    case 0x75:
      guard let first = hexDigits(at + 2) else { return false }
      at += 6
      if first & 0xF800 != 0xD800 { return true }
      guard first < 0xDC00, at + 1 < count, byte(at) == 0x5C, byte(at + 1) == 0x75,
        let second = hexDigits(at + 2), second & 0xFC00 == 0xDC00
      else { return false }
      at += 6
      return true
    default: return false
    }
  }

  private func hexDigits(_ start: Int) -> UInt32? {
    guard start + 4 <= count else { return nil }
    var code: UInt32 = 0
    for place in start..<start + 4 {
      switch byte(place) {
      case let byte where byte >= 0x30 && byte <= 0x39: code = code << 4 | UInt32(byte - 0x30)
      case let byte where byte | 0x20 >= 0x61 && byte | 0x20 <= 0x66:
        code = code << 4 | UInt32((byte | 0x20) - 0x57)
      default: return nil
      }
    }
    return code
  }

  private mutating func digits() -> Int {
    let start = at
    while at < count, byte(at) >= 0x30, byte(at) <= 0x39 { at += 1 }
    return at - start
  }

  private mutating func number() -> Bool {
    let start = at
    if byte(at) == 0x2D { at += 1 }
    guard at < count else { return false }
    let isZero = byte(at) == 0x30
    var length = digits()
    if length == 0 || isZero && length > 1 { return false }
    if at < count, byte(at) == 0x2E {
      at += 1
      let fraction = digits()
      if fraction == 0 { return false }
      length += fraction
    }
    var exponent = 0
    if at < count, byte(at) | 0x20 == 0x65 {
      at += 1
      if at < count, byte(at) == 0x2B || byte(at) == 0x2D { at += 1 }
      exponent = digits()
      if exponent == 0 { return false }
    }
    // With fewer digits than these the value is far below 1e308, where doubles end.
    if length + (exponent > 0 ? 100 : 0) < 300 && exponent < 3 { return true }
    let text = unsafe String(
      decoding: UnsafeRawBufferPointer(start: base + start, count: at - start), as: UTF8.self)
    return Double(text)?.isFinite ?? false
  }

  private mutating func word(_ word: StaticString) -> Bool {
    guard at + word.utf8CodeUnitCount <= count else { return false }
    for place in 0..<word.utf8CodeUnitCount
    where byte(at + place) != (unsafe word.utf8Start[place]) {
      return false
    }
    at += word.utf8CodeUnitCount
    return true
  }

  /// Up to eight bytes from there as a little-endian number.
  @inline(__always) func prefix(at start: Int, length: Int) -> UInt64 {
    if start + 8 <= readable {
      let word = unsafe UInt64(
        littleEndian: base.loadUnaligned(fromByteOffset: start, as: UInt64.self))
      return length >= 8 ? word : word & (1 << UInt64(length * 8) - 1)
    }
    var word: UInt64 = 0
    for place in 0..<min(length, 8) { word |= UInt64(byte(start + place)) << UInt64(place * 8) }
    return word
  }

  func equals(_ bytes: [UInt8], at start: Int) -> Bool {
    for (place, wanted) in bytes.enumerated() where byte(start + place) != wanted { return false }
    return true
  }

  /// The text of a string literal with its quotes, which has been walked over before.
  func unescaped(_ range: Range<Int>) -> String? {
    let literal = unsafe UnsafeRawBufferPointer(start: base, count: count)[range]
    return unsafe (try? JSONValue(parsing: UnsafeRawBufferPointer(rebasing: literal)))?.string
  }
}
