// A file inside a proof, as chunks that travel like all others (Specs/Proofs.md, "Fraud proof").

public import Content

/// A block with its address.
public struct ProofBlock: Hashable, Sendable {
  public let cid: CID
  public let bytes: [UInt8]

  public init(_ value: Value) {
    bytes = value.encoded()
    cid = CID(of: bytes, codec: .dagCBOR)
  }

  public init(raw bytes: [UInt8]) {
    self.bytes = bytes
    cid = CID(of: bytes, codec: .raw)
  }
}

/// Where blocks are read from; nil for one that is not held.
public typealias BlockSource = (CID) throws -> [UInt8]?

/// `{bytes, chunks: [link]}`: raw blocks of 1 MiB, the last shorter.
public struct ChunkedFile: Hashable, Sendable {
  static let chunkBytes = 1 << 20
  /// Chunks of one file: 41 bytes each, far below a block's limit. 8 GiB.
  public static let chunkLimit = 8192

  public let byteCount: Int
  public let chunks: [CID]

  public var value: Value {
    ["bytes": Value(byteCount), "chunks": .array(chunks.map { .link($0) })]
  }

  public init(_ value: Value) throws(ProofError) {
    guard value.map?.entries.count == 2, let count: Int = value["bytes"]?.integer(),
      (0...Self.chunkLimit * Self.chunkBytes).contains(count),
      let items = value["chunks"]?.array,
      items.count == (count + Self.chunkBytes - 1) / Self.chunkBytes
    else { throw .shape("a file's chunks") }
    byteCount = count
    var chunks: [CID] = []
    for item in items {
      guard let link = item.link else { throw .shape("a file's chunks") }
      chunks.append(link)
    }
    self.chunks = chunks
  }

  /// The list and the chunks that it names.
  public static func cut(
    _ bytes: [UInt8]
  ) throws(ProofError) -> (file: ChunkedFile, chunks: [ProofBlock]) {
    guard bytes.count <= chunkLimit * chunkBytes else {
      throw .limit("a state of more than \(chunkLimit) MiB does not fit a proof")
    }
    let chunks = stride(from: 0, to: bytes.count, by: chunkBytes).map { start in
      ProofBlock(raw: Array(bytes[start..<min(start + chunkBytes, bytes.count)]))
    }
    return (ChunkedFile(byteCount: bytes.count, chunks: chunks.map(\.cid)), chunks)
  }

  private init(byteCount: Int, chunks: [CID]) {
    self.byteCount = byteCount
    self.chunks = chunks
  }

  /// The bytes; a chunk that is missing is named, and none is believed unhashed.
  public func bytes(from source: BlockSource) throws -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount)
    for cid in chunks {
      guard let chunk = try source(cid) else { throw ProofError.missing(cid) }
      guard CID(of: chunk, codec: .raw) == cid else {
        throw ProofError.contradiction("block \(cid) holds other bytes")
      }
      bytes += chunk
      guard bytes.count <= byteCount else { break }
    }
    guard bytes.count == byteCount else {
      throw ProofError.contradiction("the file's chunks are not as long as its list says")
    }
    return bytes
  }
}
