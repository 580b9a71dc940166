// From a record's bytes to what its duplicates are found by; see Specs/Duplicates.md.

internal import Cryptography

/// The first half of the SHA-256 of a record's exact form. Records with equal keys have equal exact
/// forms: nobody can make another text for a given key.
public struct ExactKey: Sendable, Hashable, Comparable {
  public static let byteCount = 16

  public let high: UInt64
  public let low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  init(_ digest: Digest) {
    (high, low) = unsafe digest.withUnsafeBytes { bytes in
      unsafe (
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      )
    }
  }

  public static func < (left: ExactKey, right: ExactKey) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}

/// Computes keys and signatures. One that is used for many records allocates next to nothing.
public struct DuplicateReader: Sendable {
  private var contents: RecordContentReader
  private var content: [UInt8] = []
  /// The exact form of the last record.
  private(set) var form: [UInt8] = []
  private var tokens = LooseTokens()

  /// The last record's.
  public private(set) var signature = DuplicateSignature()

  public init(format: RecordFormat, header: CSVHeader? = nil) {
    contents = RecordContentReader(format: format, header: header)
  }

  /// Reads one record's own bytes.
  public mutating func read(_ record: UnsafeRawBufferPointer) {
    content.removeAll(keepingCapacity: true)
    unsafe contents.append(record, to: &content)
    unsafe content.withUnsafeBytes { content in
      unsafe ExactForm.write(content, to: &form)
      unsafe tokens.read(content)
    }
    signature.write(tokens: tokens.hashes)
  }

  /// The last record's. `DuplicateRows` hashes many forms together, which is faster.
  public var key: ExactKey { ExactKey(SHA256.hash(form)) }

  public mutating func read(_ record: [UInt8]) {
    unsafe record.withUnsafeBytes { unsafe read($0) }
  }

  /// The sorted set of the record's shingles, for true similarities.
  public mutating func shingles(of record: [UInt8]) -> [UInt64] {
    Shingles.set(of: contents.content(of: record))
  }
}
