// From the beginning of a CID's text to a range of `mark`s. Specs/ClaimStore.md.

internal import Content

enum CIDPrefix {
  /// The marks of claims whose address can begin with `text`; nil when none can.
  static func marks(_ text: String) -> ClosedRange<Int64>? {
    let whole = 1 + (CID.byteCount * 8 + 4) / 5
    guard text.utf8.first == UInt8(ascii: "b"), text.utf8.count <= whole else { return nil }
    let missing = whole - text.utf8.count
    func bound(_ filler: Character) -> [UInt8]? {
      // 36 bytes fill 57.6 characters: the last character keeps two bits free.
      var filled = text + String(repeating: filler, count: missing)
      if missing > 0, filler != "a" { filled = filled.dropLast() + "4" }
      return Base32.bytes(of: filled.utf8.dropFirst())
    }
    guard let low = bound("a"), let high = bound("7"), low.count == CID.byteCount else {
      return nil
    }
    let head: [UInt8] = [1, CID.Codec.dagCBOR.rawValue, 0x12, 0x20]
    // Short texts may cover the head only in part.
    func mark(_ bytes: [UInt8], _ otherwise: UInt64) -> Int64? {
      var value = otherwise
      if bytes.starts(with: head) {
        value = bytes[4..<12].reduce(0) { $0 << 8 | UInt64($1) }
      }
      return Int64(bitPattern: value ^ 1 << 63)
    }
    guard !high.lexicographicallyPrecedes(head),
      !(head + [UInt8](repeating: 0xFF, count: 32)).lexicographicallyPrecedes(low),
      let least = mark(low, 0), let most = mark(high, .max), least <= most
    else { return nil }
    return least...most
  }
}
