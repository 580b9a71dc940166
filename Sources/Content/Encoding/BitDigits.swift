// Bytes as digits of five or six bits each: what base32 and base64 of RFC 4648 share, without padding.

/// An alphabet of 2^`width` letters.
struct BitDigits: Sendable {
  let width: Int
  private let letters: [UInt8]
  /// By letter; 255 for what is none.
  private let values: [UInt8]

  init(_ letters: StaticString) {
    self.letters = Array(letters.description.utf8)
    width = self.letters.count.trailingZeroBitCount
    var values = [UInt8](repeating: 255, count: 256)
    for (value, letter) in self.letters.enumerated() { values[Int(letter)] = UInt8(value) }
    self.values = values
  }

  func text(of bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.underestimatedCount * 8 + width - 1) / width)
    let mask = UInt32(letters.count - 1)
    var pending: UInt32 = 0
    var bits = 0
    for byte in bytes {
      pending = pending << 8 | UInt32(byte)
      bits += 8
      while bits >= width {
        bits -= width
        text.append(letters[Int(pending >> UInt32(bits) & mask)])
      }
      pending &= (1 << UInt32(bits)) - 1
    }
    if bits > 0 { text.append(letters[Int(pending << UInt32(width - bits) & mask)]) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Nil when a letter is outside the alphabet, the length is impossible, or the bits that fill up
  /// the last letter are not zero: each value has one spelling.
  func bytes(of text: some Sequence<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.underestimatedCount * width / 8)
    var pending: UInt32 = 0
    var bits = 0
    for letter in text {
      let value = values[Int(letter)]
      guard value != 255 else { return nil }
      pending = pending << UInt32(width) | UInt32(value)
      bits += width
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: pending >> UInt32(bits)))
        pending &= (1 << UInt32(bits)) - 1
      }
    }
    return bits < width && pending == 0 ? bytes : nil
  }
}
