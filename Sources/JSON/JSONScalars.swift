// Numbers and strings of the JSON reader; see Specs/Records.md, "JSON".

extension JSONCursor {
  /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
  mutating func number() throws(JSONFailure) -> JSONValue {
    let start = at
    let negative = byte(at) == 0x2D
    if negative { at += 1 }
    var mantissa: UInt64 = 0
    var digits = 0
    var exact = true
    func take(_ digit: UInt8) {
      let (product, overflow) = mantissa.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(digit &- 0x30))
      if overflow || carry { exact = false }
      mantissa = sum
      digits += 1
    }
    guard let first = digit() else { throw unexpected("a digit") }
    if first == 0x30, at + 1 < count, (0x30...0x39).contains(byte(at + 1)) {
      throw failure(.leadingZero, at: at)
    }
    while let digit = digit() {
      take(digit)
      at += 1
    }
    var whole = true
    var exponent = 0
    if at < count, byte(at) == 0x2E {
      whole = false
      at += 1
      guard digit() != nil else { throw unexpected("a digit") }
      while let digit = digit() {
        take(digit)
        exponent -= 1
        at += 1
      }
    }
    if at < count, byte(at) | 0x20 == 0x65 {
      whole = false
      at += 1
      var below = false
      if at < count, byte(at) == 0x2B || byte(at) == 0x2D {
        below = byte(at) == 0x2D
        at += 1
      }
      guard digit() != nil else { throw unexpected("a digit") }
      var power = 0
      while let digit = digit() {
        // Beyond this many the value is zero or out of range whatever the mantissa; see `read`.
        if power < 1_000_000 { power = power * 10 + Int(digit - 0x30) }
        at += 1
      }
      exponent += below ? -power : power
    }
    if whole, exact, !(negative && mantissa == 0) {
      if let value = negative ? Int64(negating: mantissa) : Int64(exactly: mantissa) {
        return .integer(value)
      }
    }
    if exact, mantissa < 1 << 53, abs(exponent) <= 22 {
      // Both factors are exact, so one rounding gives the nearest double (Clinger's fast path).
      let scale = powersOfTen[abs(exponent)]
      let value = exponent < 0 ? Double(mantissa) / scale : Double(mantissa) * scale
      return .double(negative ? -value : value)
    }
    let text = unsafe String(
      decoding: UnsafeRawBufferPointer(rebasing: base[start..<at]), as: UTF8.self)
    guard let value = Double(text), value.isFinite else {
      throw failure(.numberOutOfRange, at: start)
    }
    return .double(value)
  }

  private func digit() -> UInt8? {
    guard at < count else { return nil }
    let byte = byte(at)
    return byte >= 0x30 && byte <= 0x39 ? byte : nil
  }

  /// Reads a string from its opening quote to past its closing one.
  mutating func string() throws(JSONFailure) -> String {
    at += 1
    let start = at
    skipPlain()
    if at < count, byte(at) == 0x22 {
      at += 1
      let raw = unsafe UnsafeRawBufferPointer(rebasing: base[start..<at - 1])
      let text = unsafe String(validating: raw.assumingMemoryBound(to: UInt8.self), as: UTF8.self)
      if let text { return text }
      throw invalidUTF8(from: start)
    }
    var bytes: [UInt8] = []
    var piece = start
    while true {
      guard at < count else { throw unexpected("'\"'") }
      unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: base[piece..<at]))
      switch byte(at) {
      case 0x22:
        at += 1
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        throw invalidUTF8(from: start)
      case 0x5C: try escape(into: &bytes)
      default: throw failure(.controlCharacter(byte(at)), at: at)
      }
      piece = at
      skipPlain()
    }
  }

  /// Moves to the next quote, backslash or control character, eight bytes at a time.
  private mutating func skipPlain() {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let tops: UInt64 = 0x8080_8080_8080_8080
    while at + 8 <= count {
      let word = UInt64(
        littleEndian: unsafe base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
      let quote = word ^ (ones &* 0x22)
      let slash = word ^ (ones &* 0x5C)
      // The lowest top bit that this sets is exact; higher ones may be false, and are not used.
      let found =
        ((quote &- ones) & ~quote | (slash &- ones) & ~slash | (word &- (ones &* 0x20)) & ~word)
        & tops
      if found != 0 {
        at += found.trailingZeroBitCount >> 3
        return
      }
      at += 8
    }
    while at < count {
      let byte = byte(at)
      if byte == 0x22 || byte == 0x5C || byte < 0x20 { return }
      at += 1
    }
  }

  /// The fault lies in the raw bytes from `start` to here, escapes being ASCII.
  private func invalidUTF8(from start: Int) -> JSONFailure {
    let fault = unsafe UTF8Check.firstFault(in: UnsafeRawBufferPointer(rebasing: base[start..<at]))
    return failure(.invalidUTF8, at: start + (fault ?? 0))
  }

  private mutating func escape(into bytes: inout [UInt8]) throws(JSONFailure) {
    let start = at
    at += 1
    guard at < count else { throw unexpected("an escape") }
    let letter = byte(at)
    at += 1
    switch letter {
    case 0x22, 0x5C, 0x2F: bytes.append(letter)
    case 0x62: bytes.append(0x08)
    case 0x66: bytes.append(0x0C)
    case 0x6E: bytes.append(0x0A)
    case 0x72: bytes.append(0x0D)
    case 0x74: bytes.append(0x09)
    case 0x75:
      var code = try fourHexDigits(from: start)
      if code >= 0xDC00 && code < 0xE000 { throw failure(.loneSurrogate, at: start) }
      if code >= 0xD800 && code < 0xDC00 {
        guard at + 1 < count, byte(at) == 0x5C, byte(at + 1) == 0x75 else {
          throw failure(.loneSurrogate, at: start)
        }
        at += 2
        let low = try fourHexDigits(from: at - 2)
        guard low >= 0xDC00 && low < 0xE000 else {
          throw failure(.loneSurrogate, at: start)
        }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      if let scalar = Unicode.Scalar(code) { bytes.append(contentsOf: UTF8.encode(scalar)!) }
    default: throw failure(.invalidEscape, at: start)
    }
  }

  private mutating func fourHexDigits(from start: Int) throws(JSONFailure) -> UInt32 {
    guard at + 4 <= count else { throw failure(.unexpectedEnd, at: count) }
    var code: UInt32 = 0
    for _ in 0..<4 {
      let digit: UInt8
      switch byte(at) {
      case let byte where byte >= 0x30 && byte <= 0x39: digit = byte - 0x30
      case let byte where byte | 0x20 >= 0x61 && byte | 0x20 <= 0x66: digit = (byte | 0x20) - 0x57
      default: throw failure(.invalidEscape, at: start)
      }
      code = code << 4 | UInt32(digit)
      at += 1
    }
    return code
  }
}

/// The powers of ten that a double holds exactly.
private let powersOfTen: [Double] = [
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
  1e18, 1e19, 1e20, 1e21, 1e22,
]

extension Int64 {
  /// Minus the magnitude, if that fits.
  fileprivate init?(negating magnitude: UInt64) {
    guard magnitude <= UInt64(Int64.max) + 1 else { return nil }
    self = Int64(truncatingIfNeeded: 0 &- magnitude)
  }
}
