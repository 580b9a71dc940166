// Base58 in Bitcoin's alphabet: the text of `did:key` (Specs/Identities.md, "did:key").

public enum Base58 {
  /// Longer texts are refused: the cost of reading grows with the square of the length.
  public static let longestText = 128

  private static let alphabet = Array(
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8)

  public static func text(of bytes: [UInt8]) -> String {
    let zeros = bytes.prefix { $0 == 0 }.count
    // Base 58 digits, least significant first.
    var digits: [UInt8] = []
    for byte in bytes.dropFirst(zeros) {
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
    let leading = [UInt8](repeating: alphabet[0], count: zeros)
    return String(
      decoding: leading + digits.reversed().map { alphabet[Int($0)] }, as: UTF8.self)
  }

  /// Nil when a character is outside the alphabet or the text is longer than `longestText`.
  public static func bytes(of text: some StringProtocol) -> [UInt8]? {
    guard text.utf8.count <= longestText else { return nil }
    let zeros = text.utf8.prefix { $0 == alphabet[0] }.count
    // Bytes, least significant first.
    var bytes: [UInt8] = []
    for character in text.utf8.dropFirst(zeros) {
      guard let digit = alphabet.firstIndex(of: character) else { return nil }
      var carry = digit
      for index in bytes.indices {
        carry += Int(bytes[index]) * 58
        bytes[index] = UInt8(carry & 255)
        carry >>= 8
      }
      while carry > 0 {
        bytes.append(UInt8(carry & 255))
        carry >>= 8
      }
    }
    return [UInt8](repeating: 0, count: zeros) + bytes.reversed()
  }
}
