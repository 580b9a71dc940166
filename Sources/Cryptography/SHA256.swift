// SHA-256 through libcrypto, whole and streaming (Specs/ContentAddresses.md).
// libcrypto uses the CPU's SHA instructions: four times libsodium's speed where they exist.

internal import CCrypto

/// An incremental SHA-256. One owner; not shared between threads. The context is freed in `deinit`.
@safe public struct SHA256: ~Copyable {
  private let context: OpaquePointer

  public init() {
    guard let fresh = unsafe EVP_MD_CTX_new() else { fatalError("SHA-256: out of memory") }
    unsafe context = fresh
    unsafe Self.start(context)
  }

  deinit {
    unsafe EVP_MD_CTX_free(context)
  }

  /// The algorithm is looked up once for the process: a look-up costs more than hashing a claim.
  private static let algorithm: SHA256Algorithm = SHA256Algorithm()

  private static func start(_ context: OpaquePointer) {
    guard unsafe EVP_DigestInit_ex(context, algorithm.pointer, nil) == 1 else {
      fatalError("SHA-256: libcrypto refused to start")
    }
  }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return }
    unsafe _ = EVP_DigestUpdate(context, base, bytes.count)
  }

  public mutating func update(_ bytes: RawSpan) {
    unsafe bytes.withUnsafeBytes { unsafe update($0) }
  }

  public mutating func update(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes { unsafe update($0) }
  }

  /// The digest of all bytes so far; the hash starts afresh afterwards.
  public mutating func finish() -> Digest {
    var output = InlineArray<4, UInt64>(repeating: 0)
    var span = output.mutableSpan
    unsafe span.withUnsafeMutableBytes { buffer in
      unsafe _ = EVP_DigestFinal_ex(
        context, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), nil)
    }
    unsafe Self.start(context)
    return Digest(
      words: (
        output[0].bigEndian, output[1].bigEndian, output[2].bigEndian, output[3].bigEndian
      ))
  }

  public static func hash(_ bytes: UnsafeRawBufferPointer) -> Digest {
    var hash = SHA256()
    unsafe hash.update(bytes)
    return hash.finish()
  }

  public static func hash(_ bytes: RawSpan) -> Digest {
    unsafe bytes.withUnsafeBytes { unsafe hash($0) }
  }

  public static func hash(_ bytes: [UInt8]) -> Digest {
    unsafe bytes.withUnsafeBytes { unsafe hash($0) }
  }
}

/// The fetched algorithm. Safe to share: libcrypto never changes it after the fetch.
@safe private final class SHA256Algorithm: @unchecked Sendable {
  let pointer: OpaquePointer

  init() {
    guard let fetched = unsafe EVP_MD_fetch(nil, "SHA2-256", nil) else {
      fatalError("SHA-256: libcrypto offers no SHA-256")
    }
    unsafe pointer = fetched
  }
}
