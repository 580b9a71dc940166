// HMAC-SHA256 (RFC 2104) and the two- and three-output HKDF of the Noise protocol
// (Specs/Session.md, "Keys").

public enum HMAC {
  private static let blockByteCount = 64

  public static func sha256(key: [UInt8], _ message: [UInt8]) -> Digest {
    var padded = key.count > blockByteCount ? SHA256.hash(key).bytes : key
    padded += [UInt8](repeating: 0, count: blockByteCount - padded.count)
    var hash = SHA256()
    hash.update(padded.map { $0 ^ 0x36 })
    hash.update(message)
    let inner = hash.finish()
    hash.update(padded.map { $0 ^ 0x5C })
    hash.update(inner.bytes)
    return hash.finish()
  }

  /// Noise's HKDF: `count` outputs of 32 bytes, each naming the one before.
  public static func expand(chainingKey: Digest, input: [UInt8], count: Int) -> [Digest] {
    let secret = sha256(key: chainingKey.bytes, input).bytes
    var outputs: [Digest] = []
    for index in 1...max(count, 1) {
      let previous = outputs.last?.bytes ?? []
      outputs.append(sha256(key: secret, previous + [UInt8(truncatingIfNeeded: index)]))
    }
    return outputs
  }
}
