// A patch with its new bytes as one block, for a store that keeps it in the chunk's place
// (Specs/Chunking.md, "Rebuilding").

/// `[[bases …], [part …]]`; a part is `[base, offset, length]` or the new bytes themselves.
public struct StoredPatch: Hashable, Sendable {
  public enum Part: Hashable, Sendable {
    case held(base: Int, range: Range<Int>)
    case new([UInt8])
  }

  public let bases: [CID]
  public let parts: [Part]
  public let byteCount: Int

  /// Takes the new bytes out of `bytes`, which are the chunk's.
  public init?(_ patch: ChunkPatch, bytes: [UInt8]) {
    guard bytes.count == patch.chunk.byteCount else { return nil }
    let bases = patch.bases
    self.bases = bases
    parts = patch.parts.map { part in
      switch part {
      case .new(let range): .new(Array(bytes[range]))
      case .held(let place):
        .held(base: bases.firstIndex(of: place.chunk) ?? 0, range: place.range)
      }
    }
    byteCount = bytes.count
  }

  public func encoded() -> [UInt8] {
    var encoder = DagCBOREncoder()
    encoder.array(count: 2)
    encoder.array(count: bases.count)
    for base in bases { encoder.link(base) }
    encoder.array(count: parts.count)
    for part in parts {
      switch part {
      case .new(let bytes): encoder.bytes(bytes)
      case .held(let base, let range):
        encoder.array(count: 3)
        encoder.unsigned(UInt64(base))
        encoder.unsigned(UInt64(range.lowerBound))
        encoder.unsigned(UInt64(range.count))
      }
    }
    return encoder.bytes
  }

  /// Nil when `bytes` are not a patch or describe more than a block.
  public init?(decoding bytes: [UInt8]) {
    guard let fields = try? Value(decoding: bytes).array, fields.count == 2,
      let bases = fields[0].array?.compactMap(\.link), bases.count == fields[0].array?.count,
      bases.count <= ChunkPatch.maximumBaseCount, let values = fields[1].array
    else { return nil }
    var parts: [Part] = []
    var total = 0
    for value in values {
      if let bytes = value.bytes {
        parts.append(.new(bytes))
        total += bytes.count
      } else if let numbers = value.array, numbers.count == 3,
        let base = numbers[0].integer(as: Int.self), bases.indices.contains(base),
        let offset = numbers[1].integer(as: Int.self),
        let length = numbers[2].integer(as: Int.self),
        (0...Block.maximumByteCount).contains(offset),
        (1...Block.maximumByteCount).contains(length)
      {
        parts.append(.held(base: base, range: offset..<offset + length))
        total += length
      } else {
        return nil
      }
      guard total <= Block.maximumByteCount else { return nil }
    }
    self.bases = bases
    self.parts = parts
    byteCount = total
  }

  /// The bytes of the chunk; the caller compares their address. Nil when a base is too short.
  public func applied(_ source: BlockSource) throws -> [UInt8]? {
    var held: [[UInt8]] = []
    for base in bases { held.append(try source(base)) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount)
    for part in parts {
      switch part {
      case .new(let new): bytes.append(contentsOf: new)
      case .held(let base, let range):
        guard range.upperBound <= held[base].count else { return nil }
        bytes.append(contentsOf: held[base][range])
      }
    }
    return bytes
  }
}
