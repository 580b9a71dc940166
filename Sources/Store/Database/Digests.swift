// Digests and CIDs as columns: a digest is 32 bytes, a CID its 36 bytes in binary form.
// Specs/Store.md, "Database".

public import Content
public import Cryptography

extension Digest: Bindable {
  public var sqlValue: SQLValue { .bytes(bytes) }
}

extension CID: Bindable {
  public var sqlValue: SQLValue { .bytes(bytes) }
}

extension Statement {
  /// Binds without a heap allocation.
  public func bind(_ index: Int, _ value: Digest) throws(DatabaseError) {
    try unsafe value.withUnsafeBytes { (buffer) throws(DatabaseError) in
      let bytes = unsafe buffer.bindMemory(to: UInt8.self)
      try bind(index, unsafe bytes.span)
    }
  }

  /// Nil unless the column holds 32 bytes.
  public func digest(_ column: Int) -> Digest? {
    withBytes(column) { unsafe Digest(span: $0.bytes) }
  }

  /// Nil unless the column holds a CID in its binary form.
  public func cid(_ column: Int) -> CID? {
    try? CID(bytes: bytes(column))
  }
}
