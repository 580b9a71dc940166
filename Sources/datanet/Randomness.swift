// Random bytes from the kernel: here, and nowhere in the pure modules, which take them as arguments.

import Glibc

enum Randomness {
  /// The kernel gives at most this much at once.
  private static let piece = 256

  static func bytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      var part = [UInt8](repeating: 0, count: min(piece, count - bytes.count))
      // It fails only on kernels without the call, where no key would be safe.
      guard unsafe getentropy(&part, part.count) == 0 else { fatalError("no random bytes") }
      bytes += part
    }
    return bytes
  }
}
