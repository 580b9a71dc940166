// Base58 in Bitcoin's alphabet: how version 0 CIDs and `did:key` are written
// (Specs/ContentAddresses.md, "Text").

public enum Base58 {
  /// Longer texts are refused: the conversion takes quadratic time.
  public static let maximumCharacterCount = 256

  private static let alphabet = Array(
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8)

  public static func text(of bytes: some Collection<UInt8>) -> String {
    let zeros = bytes.prefix { $0 == 0 }.count
    // Least significant first.
    var digits: [UInt8] = []
    for byte in bytes {
      var carry = Int(byte)
      for index in digits.indices {
        carry += Int(digits[index]) << 8
        digits[index] = UInt8(carry % 58)
        carry /= 58
      }
      while carry > 0 {
        digits.append(UInt8(carry % 58))
        carry /= 58
      }
    }
    let text =
      Array(repeating: alphabet[0], count: zeros) + digits.reversed().map { alphabet[Int($0)] }
    return String(decoding: text, as: UTF8.self)
  }

  /// Nil when a character is outside the alphabet or the text is too long.
  public static func bytes(of text: some StringProtocol) -> [UInt8]? {
    guard text.utf8.count <= maximumCharacterCount else { return nil }
    var bytes: [UInt8] = []
    for character in text.utf8 {
      guard let digit = alphabet.firstIndex(of: character) else { return nil }
      var carry = digit
      for index in bytes.indices {
        carry += Int(bytes[index]) * 58
        bytes[index] = UInt8(carry & 0xFF)
        carry >>= 8
      }
      if carry > 0 { bytes.append(UInt8(carry)) }
    }
    let zeros = text.utf8.prefix { $0 == alphabet[0] }.count
    return Array(repeating: 0, count: zeros) + bytes.reversed()
  }
}
