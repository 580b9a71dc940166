// ChaCha20-Poly1305 through libcrypto, as the Noise protocol uses it: a 64-bit counter makes the
// nonce (Specs/Session.md, "Sealing"). libcrypto is three times libsodium's speed in bulk.

internal import CCrypto

/// One key for one direction. The context is freed in `deinit`; one owner, one thread at a time.
@safe public struct ChaChaPoly: ~Copyable, @unchecked Sendable {
  public static let keyByteCount = 32
  public static let tagByteCount = 16

  private let context: OpaquePointer
  private var sealing: Bool?
  private let key: Digest

  public init(key: Digest) {
    guard let fresh = unsafe EVP_CIPHER_CTX_new() else { fatalError("ChaChaPoly: out of memory") }
    unsafe context = fresh
    self.key = key
  }

  deinit {
    unsafe EVP_CIPHER_CTX_free(context)
  }

  private static let algorithm = ChaChaPolyAlgorithm()

  /// Sets the nonce; the key only when the direction changes, since that costs more.
  private mutating func begin(sealing wanted: Bool, counter: UInt64) -> Bool {
    var nonce: [12 of UInt8] = .init(repeating: 0)
    for index in 0..<8 {
      nonce[4 + index] = UInt8(truncatingIfNeeded: counter >> UInt64(index * 8))
    }
    let nonceSpan = nonce.span
    let fresh = sealing != wanted
    sealing = wanted
    return unsafe nonceSpan.withUnsafeBufferPointer { nonce in
      guard fresh else {
        return unsafe EVP_CipherInit_ex(context, nil, nil, nil, nonce.baseAddress, -1) == 1
      }
      return unsafe key.withUnsafeBytes { key in
        unsafe EVP_CipherInit_ex(
          context, Self.algorithm.pointer, nil,
          key.baseAddress?.assumingMemoryBound(to: UInt8.self), nonce.baseAddress, wanted ? 1 : 0)
          == 1
      }
    }
  }

  private func run(
    _ input: UnsafeRawBufferPointer, associated: [UInt8], into output: UnsafeMutablePointer<UInt8>
  ) -> Bool {
    var written: Int32 = 0
    if !associated.isEmpty {
      guard
        unsafe EVP_CipherUpdate(context, nil, &written, associated, Int32(associated.count)) == 1
      else { return false }
    }
    guard input.count > 0, let base = input.baseAddress else { return true }
    return unsafe EVP_CipherUpdate(
      context, output, &written, base.assumingMemoryBound(to: UInt8.self), Int32(input.count)) == 1
  }

  /// Writes the sealed form of `input` and the two bytes of `trailer`, as one text, to the beginning
  /// of `output`: as many bytes and a tag, for which there must be room. The trailer spares a caller
  /// the copy that putting both together would cost. Gives the number of bytes written.
  public mutating func seal(
    _ input: UnsafeRawBufferPointer, trailer: (UInt8, UInt8)? = nil, counter: UInt64,
    associated: [UInt8] = [], into output: UnsafeMutableRawBufferPointer
  ) -> Int {
    let count = input.count + (trailer == nil ? 0 : 2)
    precondition(output.count >= count + Self.tagByteCount, "no room for what is sealed")
    guard begin(sealing: true, counter: counter),
      let base = unsafe output.baseAddress?.assumingMemoryBound(to: UInt8.self),
      unsafe run(input, associated: associated, into: base),
      unsafe seal(trailer, at: base.advanced(by: input.count)),
      unsafe finish(at: base.advanced(by: count))
    else { fatalError("ChaChaPoly: libcrypto refused to seal") }
    return count + Self.tagByteCount
  }

  private func seal(_ trailer: (UInt8, UInt8)?, at place: UnsafeMutablePointer<UInt8>) -> Bool {
    guard let trailer else { return true }
    unsafe (place[0], place[1]) = trailer
    var written: Int32 = 0
    return unsafe EVP_CipherUpdate(context, place, &written, place, 2) == 1
  }

  private func finish(at tag: UnsafeMutablePointer<UInt8>) -> Bool {
    var written: Int32 = 0
    guard unsafe EVP_CipherFinal_ex(context, tag, &written) == 1 else { return false }
    return unsafe EVP_CIPHER_CTX_ctrl(
      context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagByteCount), tag) == 1
  }

  /// The plain form of `input`, which ends with its tag, in memory of its own; nil when a bit of
  /// input, nonce or associated data is not what was sealed.
  public mutating func open(
    _ input: UnsafeRawBufferPointer, counter: UInt64, associated: [UInt8] = []
  ) -> [UInt8]? {
    let count = input.count - Self.tagByteCount
    guard count >= 0, begin(sealing: false, counter: counter) else { return nil }
    var opened = false
    // One spare byte, so that an empty message has an address to be finished at.
    let plain = unsafe [UInt8](unsafeUninitializedCapacity: count + 1) { buffer, used in
      guard let base = buffer.baseAddress else { return }
      // libcrypto only reads the tag, although it asks for memory that it may change.
      let tag = unsafe UnsafeMutableRawPointer(mutating: input.baseAddress?.advanced(by: count))
      guard
        unsafe EVP_CIPHER_CTX_ctrl(
          context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagByteCount), tag) == 1,
        unsafe run(
          UnsafeRawBufferPointer(rebasing: input[..<count]), associated: associated, into: base)
      else { return }
      var written: Int32 = 0
      opened = unsafe EVP_CipherFinal_ex(context, base.advanced(by: count), &written) == 1
      // What does not hold is shown to nobody.
      used = opened ? count : 0
    }
    return opened ? plain : nil
  }

  public mutating func seal(
    _ input: [UInt8], counter: UInt64, associated: [UInt8] = []
  ) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: input.count + Self.tagByteCount) { buffer, used in
      used = unsafe input.withUnsafeBytes {
        unsafe seal(
          $0, counter: counter, associated: associated, into: UnsafeMutableRawBufferPointer(buffer))
      }
    }
  }

  /// Nil when anything is not what was sealed.
  public mutating func open(
    _ input: [UInt8], counter: UInt64, associated: [UInt8] = []
  ) -> [UInt8]? {
    unsafe input.withUnsafeBytes {
      unsafe open($0, counter: counter, associated: associated)
    }
  }
}

/// The fetched algorithm. Safe to share: libcrypto never changes it after the fetch.
@safe private final class ChaChaPolyAlgorithm: @unchecked Sendable {
  let pointer: OpaquePointer

  init() {
    guard let fetched = unsafe EVP_CIPHER_fetch(nil, "ChaCha20-Poly1305", nil) else {
      fatalError("ChaChaPoly: libcrypto offers no ChaCha20-Poly1305")
    }
    unsafe pointer = fetched
  }
}
