// X25519 key agreement through libsodium (Specs/Session.md, "Keys").

internal import CSodium

public enum X25519 {
  public static let byteCount = 32

  /// The public key of `secret`; nil unless it has 32 bytes.
  public static func publicKey(of secret: [UInt8]) -> [UInt8]? {
    guard secret.count == byteCount else { return nil }
    var output = [UInt8](repeating: 0, count: byteCount)
    let result = unsafe crypto_scalarmult_curve25519_base(&output, secret)
    return result == 0 ? output : nil
  }

  /// The shared secret; nil for a wrong length or a point of small order, whose product is zero.
  public static func agree(secret: [UInt8], with publicKey: [UInt8]) -> [UInt8]? {
    guard secret.count == byteCount, publicKey.count == byteCount else { return nil }
    var output = [UInt8](repeating: 0, count: byteCount)
    let result = unsafe crypto_scalarmult_curve25519(&output, secret, publicKey)
    return result == 0 ? output : nil
  }
}
