// Base32 of RFC 4648, lower case, without padding (Specs/ContentAddresses.md).

public enum Base32 {
  private static let digits = BitDigits("abcdefghijklmnopqrstuvwxyz234567")

  public static func text(of bytes: some Sequence<UInt8>) -> String { digits.text(of: bytes) }

  /// Nil for whatever `text(of:)` does not write.
  public static func bytes(of text: some Sequence<UInt8>) -> [UInt8]? { digits.bytes(of: text) }
}
