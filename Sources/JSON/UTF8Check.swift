// Where a run of bytes stops being UTF-8; see Specs/Records.md, "JSON".

enum UTF8Check {
  /// The offset of the first byte of the first ill-formed sequence, following table 3-7 of the
  /// Unicode standard; `nil` if there is none.
  static func firstFault(in bytes: UnsafeRawBufferPointer) -> Int? {
    let count = bytes.count
    var at = 0
    while at < count {
      let lead = unsafe bytes[at]
      if lead < 0x80 {
        at += 1
        continue
      }
      let length: Int
      var range: ClosedRange<UInt8> = 0x80...0xBF
      switch lead {
      case 0xC2...0xDF: length = 2
      case 0xE0: (length, range) = (3, 0xA0...0xBF)
      case 0xED: (length, range) = (3, 0x80...0x9F)
      case 0xE1...0xEF: length = 3
      case 0xF0: (length, range) = (4, 0x90...0xBF)
      case 0xF1...0xF3: length = 4
      case 0xF4: (length, range) = (4, 0x80...0x8F)
      default: return at
      }
      guard at + length <= count else { return at }
      guard unsafe range.contains(bytes[at + 1]) else { return at }
      for place in 2..<max(length, 2) {
        guard unsafe (0x80...0xBF).contains(bytes[at + place]) else { return at }
      }
      at += length
    }
    return nil
  }
}
