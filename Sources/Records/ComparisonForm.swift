// The two forms in which texts are compared: exact and loose; see Specs/Duplicates.md, "Forms".

internal import UnicodeText

/// The exact form: Unicode's composed form (NFC), every run of white space one space, none at the
/// ends. Two texts with the same exact form are the same text for every reader. Compatibility
/// variants and case stay apart here (`x²` is not `x2`); the loose form joins them.
public enum ExactForm {
  /// Replaces `output` with the exact form of `text`. Bytes that are not UTF-8 stay as they are.
  public static func write(_ text: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    output.removeAll(keepingCapacity: true)
    if unsafe writeInert(text, to: &output) { return }
    output.removeAll(keepingCapacity: true)
    let bytes = unsafe Array(text)
    guard let string = String(validating: bytes, as: UTF8.self) else {
      output = bytes
      return
    }
    var scalars = Array(string.unicodeScalars)
    if !scalars.allSatisfy(InertScalars.composed) {
      scalars = Normalization.nfc.applied(to: scalars)
    }
    var isPending = false
    for scalar in scalars {
      if ScalarProperty.isWhitespace(scalar) {
        isPending = true
        continue
      }
      if isPending, !output.isEmpty { output.append(0x20) }
      isPending = false
      UTF8Text.append(scalar, to: &output)
    }
  }

  public static func of(_ text: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    unsafe text.withUnsafeBytes { unsafe write($0, to: &output) }
    return output
  }

  /// The texts that need no tables: valid UTF-8, all of it inert. False where there is anything
  /// else; `output` is of no use then.
  private static func writeInert(
    _ text: UnsafeRawBufferPointer, to output: inout [UInt8]
  ) -> Bool {
    let count = text.count
    var isInert = true
    // The form is never longer than the text, so the copy stays inside its room; the steps of
    // sixteen bytes read and write no further than the text's length from either start.
    output = unsafe Array(unsafeUninitializedCapacity: count) { room, length in
      let room = UnsafeMutableRawBufferPointer(room)
      var at = 0
      var to = 0
      while at < count {
        if at > 0, at + 16 <= count, unsafe isSettled(text, at: at) {
          let bytes = unsafe text.loadUnaligned(fromByteOffset: at, as: SIMD16<UInt8>.self)
          unsafe room.storeBytes(of: bytes, toByteOffset: to, as: SIMD16<UInt8>.self)
          at += 16
          to += 16
          continue
        }
        // A step's worth of bytes one by one, so that one tab does not slow down what follows.
        let stop = min(at + 16, count)
        while at < stop {
          let byte = unsafe text[at]
          if byte < 0x80 {
            at += 1
            if byte == 0x20 || byte >= 0x09 && byte <= 0x0D {
              if to > 0, unsafe room[to - 1] != 0x20 {
                unsafe room[to] = 0x20
                to += 1
              }
            } else {
              unsafe room[to] = byte
              to += 1
            }
          } else {
            guard let (scalar, width) = unsafe ScalarBytes.decoded(text, at: at),
              InertScalars.composed(scalar), scalar.value != 0x85, scalar.value != 0xA0
            else {
              isInert = false
              length = 0
              return
            }
            for place in 0..<width { unsafe room[to + place] = text[at + place] }
            at += width
            to += width
          }
        }
      }
      if to > 0, unsafe room[to - 1] == 0x20 { to -= 1 }
      length = to
    }
    return isInert
  }

  /// Sixteen bytes of ASCII without control characters, and no two spaces beside each other there
  /// or at the byte before: they stay as they are.
  @inline(__always) private static func isSettled(
    _ text: UnsafeRawBufferPointer, at start: Int
  ) -> Bool {
    let bytes = unsafe text.loadUnaligned(fromByteOffset: start, as: SIMD16<UInt8>.self)
    let before = unsafe text.loadUnaligned(fromByteOffset: start - 1, as: SIMD16<UInt8>.self)
    let space = SIMD16<UInt8>(repeating: 0x20)
    let one = SIMD16<UInt8>(repeating: 1)
    // Zero where both are spaces. The byte before may be a control character that became a space.
    let pair = (bytes ^ space) | (before ^ space)
    let marks =
      (pair &- one) & ~pair | (bytes &- space) | bytes | (before &- space) & ~before
    let top = unsafe unsafeBitCast(marks, to: SIMD2<UInt64>.self)
    return (top.x | top.y) & 0x8080_8080_8080_8080 == 0
  }
}

/// Scalars out of UTF-8 that may be anything.
enum ScalarBytes {
  /// The scalar that begins there and its length, or `nil` if the bytes are not well-formed.
  @inline(__always) static func decoded(
    _ text: UnsafeRawBufferPointer, at start: Int
  ) -> (Unicode.Scalar, Int)? {
    let lead = unsafe UInt32(text[start])
    let width = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    guard start + width <= text.count else { return nil }
    var value = width == 1 ? lead : lead & (0x7F >> UInt32(width))
    for place in 1..<max(width, 1) {
      let byte = unsafe UInt32(text[start + place])
      if byte & 0xC0 != 0x80 { return nil }
      value = value << 6 | byte & 0x3F
    }
    let least: UInt32 = width == 1 ? 0 : width == 2 ? 0x80 : width == 3 ? 0x800 : 0x10000
    guard lead < 0x80 || lead >= 0xC2, value >= least, lead <= 0xF4 else { return nil }
    return Unicode.Scalar(value).map { ($0, width) }
  }
}

/// Scalars that normalisation leaves alone whatever stands beside them. Text of nothing else needs
/// no tables; that is most text. Others may be as inert: this only saves time.
enum InertScalars {
  /// Starters that NFC neither changes nor composes with what follows them.
  static func composed(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x300 || script(scalar.value)
  }

  /// The same for NFKC.
  static func compatible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0xA0, 0xC0..<0x132: true
    default: script(scalar.value)
    }
  }

  private static func script(_ value: UInt32) -> Bool {
    switch value {
    case 0x0391...0x03A1, 0x03A3...0x03C9: true  // Greek letters
    case 0x0410...0x044F: true  // Cyrillic letters
    case 0x05D0...0x05EA, 0x0627...0x063A, 0x0641...0x064A: true  // Hebrew, Arabic letters
    case 0x2010, 0x2012...0x2016, 0x2018...0x201F: true  // dashes and quotes
    case 0x3001...0x3020, 0x3041...0x3096, 0x30A1...0x30FA: true  // Japanese
    case 0x4E00...0x9FFF, 0xAC00...0xD7A3: true  // ideographs, Hangul syllables
    case 0x1F300...0x1FAFF: true  // pictographs
    default: false
    }
  }
}
