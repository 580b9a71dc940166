// The key of a private Datanet (Specs/Session.md, "Private Datanets"): from the system's randomness.

import Cryptography

enum DatanetKey {
  static func make() -> Digest {
    var generator = SystemRandomNumberGenerator()
    return SHA256.hash((0..<64).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
  }
}
