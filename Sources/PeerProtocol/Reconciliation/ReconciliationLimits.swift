// What a round of reconciliation may cost (Specs/Reconciliation.md, "Limits").

enum ReconciliationLimits {
  /// Symbols in one sketch: about 5,000 differing authors; lists are cheaper beyond.
  static let symbols = 16_384
  /// At most 2¹⁷ buckets: 192 KiB of fingerprints, one message.
  static let bucketBits = 17
  /// Bits of a bucket's fingerprint.
  static let bucketFingerprintBits = 12
  /// Bytes of one message's payload; longer lists are sent in several.
  static let messageBytes = 192 << 10
  /// States in one message.
  static let states = 20_000
  /// Authors that a summary may speak of; more are not compared.
  static let authors: UInt64 = 1 << 32
}
