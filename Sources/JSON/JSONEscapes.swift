// A string's text out of bytes that a skimmer has accepted; see Specs/Records.md, "Skimming".

public enum JSONEscapes {
  /// Appends the text of a string, given the bytes between its quotes. Escapes that the skimmer
  /// would have refused are kept as they stand.
  public static func append(_ raw: UnsafeRawBufferPointer, to text: inout [UInt8]) {
    let count = raw.count
    var piece = 0
    var at = 0
    while at < count {
      guard unsafe raw[at] == 0x5C, at + 1 < count else {
        at += 1
        continue
      }
      let escape = at
      var replacement: UInt8?
      switch unsafe raw[at + 1] {
      case 0x62: replacement = 0x08
      case 0x66: replacement = 0x0C
      case 0x6E: replacement = 0x0A
      case 0x72: replacement = 0x0D
      case 0x74: replacement = 0x09
      case 0x22, 0x5C, 0x2F: replacement = unsafe raw[at + 1]
      default: break
      }
      if let replacement {
        unsafe text.append(contentsOf: UnsafeRawBufferPointer(rebasing: raw[piece..<escape]))
        text.append(replacement)
        at += 2
        piece = at
      } else if let (scalar, length) = unsafe scalar(raw, at: at) {
        unsafe text.append(contentsOf: UnsafeRawBufferPointer(rebasing: raw[piece..<escape]))
        UTF8.encode(scalar).map { text.append(contentsOf: $0) }
        at += length
        piece = at
      } else {
        at += 2
      }
    }
    unsafe text.append(contentsOf: UnsafeRawBufferPointer(rebasing: raw[piece..<count]))
  }

  /// The scalar that `\uXXXX`, or a surrogate pair of two of them, stands for.
  private static func scalar(
    _ raw: UnsafeRawBufferPointer, at start: Int
  ) -> (Unicode.Scalar, Int)? {
    guard let first = unsafe code(raw, at: start) else { return nil }
    if let scalar = Unicode.Scalar(first) { return (scalar, 6) }
    guard first < 0xDC00, let second = unsafe code(raw, at: start + 6), second & 0xFC00 == 0xDC00
    else { return nil }
    let pair = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
    return Unicode.Scalar(pair).map { ($0, 12) }
  }

  private static func code(_ raw: UnsafeRawBufferPointer, at start: Int) -> UInt32? {
    guard start + 6 <= raw.count, unsafe raw[start] == 0x5C, unsafe raw[start + 1] == 0x75 else {
      return nil
    }
    var code: UInt32 = 0
    for place in start + 2..<start + 6 {
      switch unsafe raw[place] {
      case let byte where byte >= 0x30 && byte <= 0x39: code = code << 4 | UInt32(byte - 0x30)
      case let byte where byte | 0x20 >= 0x61 && byte | 0x20 <= 0x66:
        code = code << 4 | UInt32((byte | 0x20) - 0x57)
      default: return nil
      }
    }
    return code
  }
}
