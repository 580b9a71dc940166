// The symmetric half of a Noise handshake: chaining key, transcript hash and the current cipher
// (Noise revision 34, section 5.2; Specs/Session.md).

internal import Cryptography

struct SymmetricState {
  private(set) var chainingKey: Digest
  private(set) var transcript: Digest
  private var key: Digest?
  private var counter: UInt64 = 0

  init(protocolName: String) {
    let name = Array(protocolName.utf8)
    let padded = name + [UInt8](repeating: 0, count: max(0, Digest.byteCount - name.count))
    transcript = Digest(bytes: padded) ?? SHA256.hash(name)
    chainingKey = transcript
  }

  mutating func mix(hash bytes: [UInt8]) {
    transcript = SHA256.hash(transcript.bytes + bytes)
  }

  mutating func mix(key input: [UInt8]) {
    let outputs = HMAC.expand(chainingKey: chainingKey, input: input, count: 2)
    chainingKey = outputs[0]
    key = outputs[1]
    counter = 0
  }

  mutating func mix(keyAndHash input: [UInt8]) {
    let outputs = HMAC.expand(chainingKey: chainingKey, input: input, count: 3)
    chainingKey = outputs[0]
    mix(hash: outputs[1].bytes)
    key = outputs[2]
    counter = 0
  }

  mutating func encryptAndHash(_ plain: [UInt8]) -> [UInt8] {
    guard let key else {
      mix(hash: plain)
      return plain
    }
    var cipher = ChaChaPoly(key: key)
    let sealed = cipher.seal(plain, counter: counter, associated: transcript.bytes)
    counter += 1
    mix(hash: sealed)
    return sealed
  }

  /// Nil when the bytes are not what the other side sealed.
  mutating func decryptAndHash(_ sealed: [UInt8]) -> [UInt8]? {
    guard let key else {
      mix(hash: sealed)
      return sealed
    }
    var cipher = ChaChaPoly(key: key)
    guard let plain = cipher.open(sealed, counter: counter, associated: transcript.bytes) else {
      return nil
    }
    counter += 1
    mix(hash: sealed)
    return plain
  }

  var isKeyed: Bool { key != nil }

  /// The keys of the two directions, the initiator's first.
  func split() -> (initiator: Digest, responder: Digest) {
    let outputs = HMAC.expand(chainingKey: chainingKey, input: [], count: 2)
    return (outputs[0], outputs[1])
  }
}
