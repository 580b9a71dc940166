// SipHash-2-4 through libsodium: a keyed 64-bit hash, for tables that strangers must not be able
// to unbalance (Specs/Reconciliation.md, "Keys").

internal import CSodium

public struct SipHash: Sendable {
  private let key: [16 of UInt8]

  /// Uses the first sixteen bytes of `key`.
  public init(key: Digest) {
    var bytes: [16 of UInt8] = .init(repeating: 0)
    for (index, byte) in key.bytes.prefix(16).enumerated() { bytes[index] = byte }
    self.key = bytes
  }

  /// The hash of up to eight words, each as its little-endian bytes. Numbers are hashed as they
  /// stand in memory on the machines this runs on, which are little-endian.
  public func hash(_ words: [8 of UInt64], count: Int) -> UInt64 {
    var output: UInt64 = 0
    let span = words.span
    let keySpan = key.span
    unsafe withUnsafeMutableBytes(of: &output) { output in
      unsafe span.withUnsafeBytes { input in
        unsafe keySpan.withUnsafeBufferPointer { key in
          guard let place = unsafe output.bindMemory(to: UInt8.self).baseAddress,
            let keyBytes = key.baseAddress
          else { return }
          unsafe _ = crypto_shorthash_siphash24(
            place, input.bindMemory(to: UInt8.self).baseAddress,
            UInt64(min(max(count, 0), 8) * 8), keyBytes)
        }
      }
    }
    return UInt64(littleEndian: output)
  }
}

extension Digest {
  /// The digest's four words, the first eight bytes in the first word.
  public var fourWords: (UInt64, UInt64, UInt64, UInt64) { words }
}
