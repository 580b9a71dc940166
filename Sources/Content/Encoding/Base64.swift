// Base64 of RFC 4648 without padding, as DAG-JSON writes bytes (Specs/ContentAddresses.md, "As JSON").

public enum Base64 {
  private static let digits = BitDigits(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

  public static func text(of bytes: some Sequence<UInt8>) -> String { digits.text(of: bytes) }

  /// Nil for whatever `text(of:)` does not write.
  public static func bytes(of text: some Sequence<UInt8>) -> [UInt8]? { digits.bytes(of: text) }
}
