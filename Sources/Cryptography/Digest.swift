// A SHA-256 digest as a value: what every address, head and state hash is made of
// (Specs/ContentAddresses.md).

/// Thirty-two bytes, compared as unsigned big-endian numbers, stored without a heap allocation.
public struct Digest: Hashable, Sendable, Comparable {
  public static let byteCount = 32

  /// The four words, most significant first.
  let words: (UInt64, UInt64, UInt64, UInt64)

  init(words: (UInt64, UInt64, UInt64, UInt64)) {
    self.words = words
  }

  /// Nil unless exactly 32 bytes are given.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    var parts: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    for (index, byte) in bytes.enumerated() {
      let value = UInt64(byte)
      switch index >> 3 {
      case 0: parts.0 = parts.0 << 8 | value
      case 1: parts.1 = parts.1 << 8 | value
      case 2: parts.2 = parts.2 << 8 | value
      default: parts.3 = parts.3 << 8 | value
      }
    }
    words = parts
  }

  // The two that hot code uses, without the generic one's look-ups of types at run time.

  public init?(bytes: [UInt8]) { unsafe self.init(span: bytes.span.bytes) }

  public init?(bytes: ArraySlice<UInt8>) { unsafe self.init(span: bytes.span.bytes) }

  /// Reads 32 bytes from `span`; nil when it holds another number of bytes.
  public init?(span: RawSpan) {
    guard span.byteCount == Self.byteCount else { return nil }
    func word(_ at: Int) -> UInt64 {
      unsafe span.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self).bigEndian
    }
    words = (word(0), word(8), word(16), word(24))
  }

  public var bytes: [UInt8] {
    unsafe withUnsafeBytes { unsafe [UInt8]($0) }
  }

  /// Calls `body` with the digest's 32 bytes in order.
  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let ordered: [4 of UInt64] = [
      words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian,
    ]
    return try unsafe ordered.span.withUnsafeBytes { (buffer) throws(Failure) in
      try unsafe body(buffer)
    }
  }

  /// The first eight bytes as a number: a fair hash for sampling and buckets.
  public var prefix: UInt64 { words.0 }

  public static func == (left: Digest, right: Digest) -> Bool {
    left.words == right.words
  }

  public static func < (left: Digest, right: Digest) -> Bool {
    left.words < right.words
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.3)
  }
}

extension Digest: CustomStringConvertible {
  /// Lower-case hexadecimal.
  public var description: String { Hexadecimal.text(of: bytes) }
}
