// The secret half of an author: an Ed25519 key in guarded memory (Specs/Identities.md).

internal import CSodium

/// A key pair that signs. The secret lives in memory that libsodium locks, surrounds with guard
/// pages and zeroes when it is freed; it is never printed, logged or compared.
///
/// Safe to share between threads: nothing changes after `init`.
@safe public final class Identity: @unchecked Sendable {
  public static let seedByteCount = 32

  public let publicKey: PublicKey
  /// 64 bytes, seed and public key; owned by this object, freed (and zeroed) in `deinit`.
  private let secret: UnsafeMutableRawPointer

  /// The identity that `seed` determines; nil unless it has 32 bytes. The caller wipes the seed.
  public init?(seed: [UInt8]) {
    guard seed.count == Self.seedByteCount else { return nil }
    Sodium.start()
    guard let secret = unsafe sodium_malloc(Int(crypto_sign_ed25519_SECRETKEYBYTES)) else {
      return nil
    }
    var key = [UInt8](repeating: 0, count: PublicKey.byteCount)
    let result = unsafe crypto_sign_ed25519_seed_keypair(
      &key, secret.assumingMemoryBound(to: UInt8.self), seed)
    guard result == 0, let publicKey = PublicKey(bytes: key) else {
      unsafe sodium_free(secret)
      return nil
    }
    unsafe sodium_mprotect_readonly(secret)
    self.publicKey = publicKey
    unsafe self.secret = secret
  }

  deinit {
    unsafe sodium_free(secret)
  }

  /// The 64-byte signature over `message`; the same message always gives the same signature.
  public func sign(_ message: [UInt8]) -> [UInt8] {
    var signature = [UInt8](repeating: 0, count: PublicKey.signatureByteCount)
    unsafe crypto_sign_ed25519_detached(
      &signature, nil, message, UInt64(message.count), secret.assumingMemoryBound(to: UInt8.self))
    return signature
  }

  public var did: String { publicKey.did }

  /// Gives the seed to `body`, and zeroes the copy afterwards.
  func withSeed<Result>(_ body: ([UInt8]) throws -> Result) rethrows -> Result {
    var seed = unsafe [UInt8](
      UnsafeRawBufferPointer(start: secret, count: Self.seedByteCount))
    defer { Sodium.wipe(&seed) }
    return try body(seed)
  }
}

extension Identity: CustomStringConvertible, CustomReflectable {
  /// The public half only, also in a debugger's or a test's dump.
  public var description: String { did }
  public var customMirror: Mirror { Mirror(self, children: ["did": did]) }
}

enum Sodium {
  private static let started: Void = {
    guard sodium_init() >= 0 else { fatalError("libsodium could not be started") }
  }()

  /// libsodium asks to be started once; guarded memory needs it.
  static func start() { _ = started }

  static func wipe(_ bytes: inout [UInt8]) {
    unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe sodium_memzero(buffer.baseAddress, buffer.count)
    }
  }
}
